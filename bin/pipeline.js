#!/usr/bin/env node
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
