// Leaves the column `group` out of a CSV of scores, so that intervals resample single images:
//     node without-groups.mjs scores.csv > ungrouped.csv
import { readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
const column = header.split(',').indexOf('group');
const kept = (line) =>
  line
    .split(',')
    .filter((_, i) => i !== column)
    .join(',');
console.log([header, ...lines].map(kept).join('\n'));
