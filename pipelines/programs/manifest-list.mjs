// Lists the images of a folder {split}/{class}/, with the groups that its manifest.csv names: a file `split,label,file` or `path,label,split` with a column
// `near_duplicate_group`, `group` or `source_video`, the first of them that there is. Without a manifest, images have no groups.
//     node manifest-list.mjs folder > list.csv
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [folder] = process.argv.slice(2);
const manifest = join(folder, 'manifest.csv');
console.log('path,label,split,group');
if (existsSync(manifest)) {
  const [header, ...lines] = readFileSync(manifest, 'utf8').trimEnd().split(/\r?\n/);
  const columns = header.split(',');
  const group = ['near_duplicate_group', 'group', 'source_video'].find((name) =>
    columns.includes(name),
  );
  for (const line of lines) {
    const cells = line.split(',');
    const cell = (name) => cells[columns.indexOf(name)] ?? '';
    const label = cell('label');
    const split = cell('split');
    const path = columns.includes('path') ? cell('path') : `${split}/${label}/${cell('file')}`;
    console.log([path, label, split, group === undefined ? '' : cell(group)].join(','));
  }
} else {
  for (const split of ['train', 'val', 'test']) {
    for (const label of ['real', 'fake']) {
      const images = readdirSync(join(folder, split, label), {
        recursive: true,
        withFileTypes: true,
      })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .sort();
      for (const image of images) console.log(`${image},${label},${split},`);
    }
  }
}
