// A Markdown table of metrics of evaluate with their intervals, a row for each model and a column for each number. Takes for each column its heading,
// the name of the number, and a list of files, one path a line, each named `net=<name>.json`:
//     node interval-table.mjs 'AUC on val' val.auc list.txt 'accuracy on test' test.accuracy list.txt > table.md
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const words = process.argv.slice(2);
const columns = Array.from({ length: words.length / 3 }, (_, i) => ({
  heading: words[3 * i],
  path: words[3 * i + 1],
  files: new Map(
    readFileSync(words[3 * i + 2], 'utf8')
      .trimEnd()
      .split('\n')
      .map((file) => [/net=(.*)\.json$/.exec(basename(file))[1], file]),
  ),
}));

function cellOf({ path, files }, net) {
  if (!files.has(net)) return '–';
  const { splits } = JSON.parse(readFileSync(files.get(net), 'utf8'));
  const split = path.split('.')[0];
  const name = path.split('.')[1];
  const isShare = name !== 'auc';
  const write = (value) => (isShare ? `${(100 * value).toFixed(1)} %` : value.toFixed(3));
  const ends = splits[split].intervals[name];
  const value = write(splits[split][name]);
  return ends ? `${value} (${ends.map(write).join(' to ')})` : value;
}

const nets = new Set(columns.flatMap(({ files }) => [...files.keys()]));
const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
line(['', ...columns.map(({ heading }) => heading)]);
line(['---', ...columns.map(() => '---')]);
for (const net of nets) line([`\`${net}\``, ...columns.map((column) => cellOf(column, net))]);
