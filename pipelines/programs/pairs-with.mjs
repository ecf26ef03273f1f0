// Of the tests of all pairs of models, those with the best one on val or with a named one, as a Markdown table. Takes the tests of roc-det, the best
// of best-on-val.mjs, and a name:
//     node pairs-with.mjs tests.csv best.json SimpleNet > pairs.md
import { readFileSync } from 'node:fs';

const [tests, best, named] = process.argv.slice(2);
const { name } = JSON.parse(readFileSync(best, 'utf8'));
const [header, ...rows] = readFileSync(tests, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split(','));
const decimals = (value) => Number(value).toFixed(3).replace('-', '−');
const shortP = (p) => (p < 0.001 ? 'below 0.001' : decimals(p));

const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
line(['higher AUC', 'lower AUC', 'difference', 'p after Holm', 'test']);
line(['---', '---', '---', '---', '---']);
for (const row of rows) {
  const cell = (column) => row[header.indexOf(column)];
  const pair = [cell('one'), cell('other')];
  if (![name, named].some((model) => pair.includes(model))) continue;
  const interval = `${decimals(cell('aucDifference'))} (${decimals(cell('aucLow'))} to ${decimals(cell('aucHigh'))})`;
  const models = pair.map((model) => `\`${model}\``);
  line([...models, interval, shortP(cell('aucAdjustedP')), cell('aucTest')]);
}
