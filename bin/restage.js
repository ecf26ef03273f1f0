#!/bin/sh
':' //; trap RESTAGE_HANGUP=heeded HUP; export RESTAGE_HANGUP=ignored; kill -HUP $$; exec node --max-semi-space-size=4 "$0" "$@"
// To a shell this file is the line above; Node skips that line. The shell finds out whether SIGHUP is ignored, as under
// nohup, since a shell cannot trap a signal that is ignored. Node could not: it resets all signals when it starts. A quarter
// of the usual space for new objects takes no more time, and 25 MB less: a run may wait on a login node for days.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

module.enableCompileCache?.(); // from Node 22.1: compiled code is kept between commands

const main = new URL('../dist/main.js', import.meta.url);
// In a fresh clone there is no dist/, and Node would answer with a stack trace.
if (existsSync(main)) await import(main.href);
else {
  const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
  process.stderr.write(`error: Restage is not built in ${root}: run \`npm ci\` there\n`);
  process.exitCode = 2;
}
