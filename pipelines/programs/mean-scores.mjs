// The mean of the probabilities that two models give to the same images, as logits. Takes two CSVs of scores of the classes real and fake:
//     node mean-scores.mjs first.csv second.csv > mean.csv
import { readFileSync } from 'node:fs';

const [first, second] = process.argv.slice(2).map((file) => {
  const [header, ...rows] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return { header, rows };
});
const keyOf = ({ header }, row) => ['split', 'key'].map((name) => row[header.indexOf(name)]).join();

/** The probability of a fake: the softmax of both scores. */
function probabilityOf({ header }, row) {
  const scoreOf = (name) => Number(row[header.indexOf(`score.${name}`)]);
  return 1 / (1 + Math.exp(scoreOf('real') - scoreOf('fake')));
}

/** Nearer to 0 or 1, a probability has no logit of finite size. */
const least = 1e-12;

const others = new Map(second.rows.map((row) => [keyOf(second, row), row]));
const columns = ['score.real', 'score.fake'].map((name) => first.header.indexOf(name));
console.log(first.header.join());
for (const row of first.rows) {
  const other = others.get(keyOf(first, row));
  if (other === undefined)
    throw new Error(`The second file has no scores of ${keyOf(first, row)}.`);
  const mean = (probabilityOf(first, row) + probabilityOf(second, other)) / 2;
  const fake = Math.min(1 - least, Math.max(least, mean));
  const values = [Math.log1p(-fake), Math.log(fake)];
  console.log(row.map((cell, i) => values[columns.indexOf(i)] ?? cell).join());
}
