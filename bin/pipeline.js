#!/bin/sh
':' //; trap RESTAGE_HANGUP=heeded HUP; export RESTAGE_HANGUP=ignored; kill -HUP $$; exec node "$0" "$@"
// To a shell this file is the line above, to Node all but that. The shell sees whether SIGHUP is ignored, as under nohup:
// a signal that is cannot be caught. Node, which resets all signals when it starts, could not.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
// A fresh clone has no dist/, of which Node would tell with a trace of its own.
if (existsSync(main)) await import(main.href);
else {
  const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
  process.stderr.write(`error: Restage is not built in ${root}: run \`npm ci\` there\n`);
  process.exitCode = 2;
}
