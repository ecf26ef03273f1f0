// Lists the images of a folder {split}/{class}/, of train only so many, divided equally among the classes:
//     node cut-list.mjs folder 1499 > list.csv
// Which ones are kept is decided by the digests of their names, so that a shorter list is part of a longer one.
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const [folder, most] = process.argv.slice(2);
const digest = (name) => createHash('sha256').update(name).digest('hex');
const classes = ['real', 'fake'];
console.log('path,label,split');
for (const split of ['train', 'val', 'test']) {
  for (const [label, name] of classes.entries()) {
    const images = readdirSync(join(folder, split, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort((a, b) => (digest(a) < digest(b) ? -1 : 1));
    // Of an odd number, the first class has one more.
    const count = Math.ceil((Number(most) - label) / classes.length);
    for (const image of split === 'train' ? images.slice(0, count) : images)
      console.log(`${image},${name},${split}`);
  }
}
