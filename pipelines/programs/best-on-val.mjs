// Of several metrics of evaluate, those with the greatest AUC on val, with their name. Takes a list of files, one path a line, each named
// `net=<name>.json`:
//     node best-on-val.mjs list.txt > best.json
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const [list] = process.argv.slice(2);
const candidates = readFileSync(list, 'utf8')
  .trimEnd()
  .split('\n')
  .map((file) => ({
    name: /^net=(.*)\.json$/.exec(basename(file))[1],
    ...JSON.parse(readFileSync(file, 'utf8')),
  }));
const best = candidates.reduce((best, candidate) =>
  candidate.splits.val.auc > best.splits.val.auc ? candidate : best,
);
console.log(JSON.stringify({ candidates: candidates.length, ...best }));
