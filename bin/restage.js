#!/bin/sh
':' //; trap RESTAGE_HANGUP=heeded HUP; export RESTAGE_HANGUP=ignored; kill -HUP $$; exec node --max-semi-space-size=4 "$0" "$@"
// To a shell this file is the line above; Node skips that line. The shell finds out whether SIGHUP is ignored, as under
// nohup, since a shell cannot trap a signal that is ignored. Node could not: it resets all signals when it starts. A quarter
// of the usual space for new objects takes no more time, and 25 MB less: a run may wait on a login node for days.
// CommonJS, as package.json beside it says: Node loads it in less time.
const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');

const start = join(__dirname, '../dist/start.cjs');
// In a fresh clone there is no dist/, and Node would answer with a stack trace.
if (existsSync(start)) require(start);
else {
  const root = dirname(__dirname);
  process.stderr.write(`error: Restage is not built in ${root}: run \`npm ci\` there\n`);
  process.exitCode = 2;
}
