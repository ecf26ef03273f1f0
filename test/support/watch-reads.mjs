// Loaded by --import: writes down the objects and outputs that the process of a run opens, in the
// file READS. A copy that the system makes opens nothing here.
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const isNode = /job-main|stage-main/.test(process.argv[1] ?? '');
const outputs = /\/(cache\/objects|artifacts)\/(?!.*report\.html$)/;
const { appendFileSync } = fs;

function watch(target, name) {
  const original = target[name];
  target[name] = (path, ...rest) => {
    if (outputs.test(path)) appendFileSync(process.env.READS, `${path}\n`);
    return original(path, ...rest);
  };
}

if (!isNode) {
  for (const name of ['openSync', 'readFileSync', 'createReadStream']) watch(fs, name);
  for (const name of ['open', 'readFile']) watch(promises, name);
  syncBuiltinESMExports();
}
