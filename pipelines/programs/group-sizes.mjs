// How much the groups of a split reduce its number of images: their effective number if the images of a group were copies (Kish 1965), and how
// many times as wide intervals then are. Takes a CSV of scores:
//     node group-sizes.mjs scores.csv test > sizes.json
import { readFileSync } from 'node:fs';

const [file, split] = process.argv.slice(2);
const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
const columns = header.split(',');
const sizes = new Map();
let images = 0;
for (const line of lines) {
  const cells = line.split(',');
  if (cells[columns.indexOf('split')] !== split) continue;
  images++;
  // An image without a group is a group of its own.
  const group = cells[columns.indexOf('group')] || `image ${images}`;
  sizes.set(group, (sizes.get(group) ?? 0) + 1);
}
const squares = [...sizes.values()].reduce((sum, size) => sum + size ** 2, 0);
const effective = images ** 2 / squares;
console.log(
  JSON.stringify({ images, groups: sizes.size, effective, bound: Math.sqrt(images / effective) }),
);
