// How much wider intervals become when groups are resampled, as CSV. Takes two lists of files, one path a line: metrics of evaluate with groups,
// those of the same scores without, and two tables of tests of roc-det:
//     node interval-widths.mjs grouped.txt ungrouped.txt tests.csv ungrouped-tests.csv > widths.csv
import { readFileSync } from 'node:fs';

const [grouped, ungrouped, tests, ungroupedTests] = process.argv.slice(2);
const listed = (file) => readFileSync(file, 'utf8').trimEnd().split('\n');
const width = ([low, high]) => high - low;

function widthsOfMetrics(statistic) {
  const widthOf = (file) =>
    width(JSON.parse(readFileSync(file, 'utf8')).splits.test.intervals[statistic]);
  const narrow = listed(ungrouped).map(widthOf);
  return listed(grouped).map((file, i) => ({ grouped: widthOf(file), ungrouped: narrow[i] }));
}

/** The widths of the intervals of differences, by the pair of models in either order. */
function widthsOfTests() {
  const read = (file) => {
    const [header, ...rows] = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    const cell = (row, name) => row[header.indexOf(name)];
    const key = (row) => [cell(row, 'one'), cell(row, 'other')].sort().join(',');
    return new Map(
      rows.map((row) => [key(row), width([cell(row, 'aucLow'), cell(row, 'aucHigh')].map(Number))]),
    );
  };
  const narrow = read(ungroupedTests);
  return [...read(tests)].map(([pair, value]) => ({ grouped: value, ungrouped: narrow.get(pair) }));
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

console.log('interval,intervals,width by groups,width by images,ratio,least ratio,greatest ratio');
for (const [name, widths] of [
  ['accuracy', widthsOfMetrics('accuracy')],
  ['AUC', widthsOfMetrics('auc')],
  ['difference of two AUCs', widthsOfTests()],
]) {
  const ratios = widths.map((each) => each.grouped / each.ungrouped);
  const cells = [
    median(widths.map((each) => each.grouped)),
    median(widths.map((each) => each.ungrouped)),
    median(ratios),
    Math.min(...ratios),
    Math.max(...ratios),
  ];
  console.log([name, widths.length, ...cells].join(','));
}
