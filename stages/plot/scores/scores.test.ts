import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatScores, type ScoreRow } from '../../../src/learning/metrics/scores-file.ts';
import { StageError } from '../../../src/stage.ts';
import { assertGolden } from '../../../test/support/golden.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';
import { confusionChart } from './confusion-chart.ts';
import { errorsChart } from './errors-chart.ts';
import { histogramChart } from './histogram-chart.ts';
import { errorsAt, type ModelScores, type SplitScores } from './read-scores.ts';

const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);

/** Scores of a model by the differences of its real and of its fake images. */
function model(name: string, real: readonly number[], fake: readonly number[]): ModelScores {
  const labels = Uint8Array.from([...real.map(() => 0), ...fake.map(() => 1)]);
  return { name, labels, differences: Float64Array.from([...real, ...fake]), real: real.length, fake: fake.length };
}

const alone: SplitScores = { split: 'test', shared: { seed: '7' }, models: [model('', [-2, -1, 0, 1], [-1, 2])] };
const two: SplitScores = {
  split: 'test',
  shared: {},
  models: [model('a', [-1, 1], [1, 2]), model('b', [1, 2], [1, -2])],
};

/** The title and the subtitle, each on one line. */
function told(chart: unknown): readonly string[] {
  const { title } = chart as { title: { text: string[]; subtitle: string[] } };
  return [title.text.join(' '), title.subtitle.join(' ')];
}

test('a histogram has a bar for each bin and class, none of them on both sides of the threshold', () => {
  const options = { bins: 4, scale: 'share', threshold: 0 } as const;
  assertGolden(histogramChart(alone, options), golden('histogram'));
  const { vconcat } = histogramChart(alone, options) as unknown as {
    vconcat: { data: { values: { class: string; difference: number; images: number }[] } }[];
  };
  const bins = vconcat[0]!.data.values.filter((row) => row.class === 'real');
  assert.deepEqual(
    bins.map(({ difference, images }) => [difference, images]),
    [
      [-3, 1],
      [-2, 1],
      [-1, 1],
      [0, 1],
      [1, 0],
      [2, 0],
    ], // -2 and 0 belong to the bins that end there
  );
  assert.deepEqual(told(histogramChart(alone, options)), [
    'On test, 25.0 % of real and 50.0 % of fake images are on the wrong side of 0, seed 7',
    '4 real and 2 fake images; AUC 0.688; to the right of the line an image is called fake',
  ]);
  assert.equal(
    told(histogramChart(two, options))[0],
    'On test, fewest are on the wrong side of 0 with a: 50.0 % of real and 0.0 % of fake images',
  );
});

test('a confusion has counts and shares of the row, with what is called what and the larger class', () => {
  assertGolden(confusionChart(alone, { threshold: 0 }), golden('confusion'));
  assert.deepEqual(told(confusionChart(alone, { threshold: 0 })), [
    '66.7 % of test are called right; always guessing real is right for 66.7 %, seed 7',
    '4 real and 2 fake images; called real 4, called fake 2; in each cell images and their share of the row',
  ]);
  assert.equal(told(confusionChart(alone, { threshold: -9 }))[0], 'Every image of test is called fake, seed 7');
  assert.equal(
    told(confusionChart(two, { threshold: 0 }))[0],
    'Most of test called right: a, 75.0 %; always guessing real is right for 50.0 %',
  );
});

test('models that share the first place are all named, and a threshold of one’s own is said', () => {
  const [a] = two.models;
  const alike = (count: number) => ({
    ...two,
    models: ['a', 'c', 'd', 'e'].slice(0, count).map((name) => ({ ...a!, name })),
  });
  const [title, subtitle] = told(confusionChart(alike(2), { threshold: 1.5 }));
  assert.equal(title, 'Most of test called right: a and c, 75.0 %; always guessing real is right for 50.0 %');
  assert.match(subtitle!, /; fake is what scores above 1\.5; /);
  assert.match(told(confusionChart(alike(4), { threshold: 0 }))[0]!, /^Most of test called right: 4 models alike, /);
  assert.match(
    told(histogramChart(alike(2), { bins: 4, scale: 'share', threshold: 0 }))[0]!,
    /^On test, fewest are on the wrong side of 0 with a and c: /,
  );
});

test('the errors against the threshold meet at the equal error rate', () => {
  assertGolden(errorsChart(alone, { threshold: 0 }), golden('errors'));
  assert.deepEqual(told(errorsChart(alone, { threshold: 0 })), [
    'Equal error rate 50.0 % on test, seed 7',
    '4 real and 2 fake images; point: equal error rate; line: threshold 0',
  ]);
  // Thresholds are chosen on validation alone.
  assert.doesNotMatch(JSON.stringify(errorsChart(alone, { threshold: 0 })), /EER [\d.]+ % at/);
  const validation = errorsChart({ ...alone, split: 'val' }, { threshold: 0 });
  assert.equal(told(validation)[0], 'Equal error rate 50.0 % on val, at the threshold −0.5, seed 7');
  assert.match(JSON.stringify(validation), /"EER 50.0 % at −0.5"/);
  assert.equal(told(errorsChart(two, { threshold: 0 }))[0], 'Lowest equal error rate on test: a, 25.0 %');
});

test('what lies on the threshold is called real, as a tie of the two scores is', () => {
  assert.deepEqual(errorsAt(alone.models[0]!, 0), { falsePositives: 1, falseNegatives: 1, mean: 0.375 });
  assert.deepEqual(errorsAt(alone.models[0]!, -0.5), { falsePositives: 2, falseNegatives: 1, mean: 0.5 });
});

const row = (split: string, label: 0 | 1, fake: number): ScoreRow => ({
  key: `${split}${fake}`,
  split,
  label,
  real: 0,
  fake,
});

test('scores are drawn without a word of Vega, one model or several', async () => {
  using bench = new StageBench();
  const path = join(bench.root, 'scores.csv');
  writeFileSync(path, formatScores([row('test', 0, -1), row('test', 0, 2), row('test', 1, 3), row('val', 1, 1)]));
  for (const chart of ['histogram', 'confusion', 'errors']) {
    for (const labels of [[{}], [{ net: 'a' }, { net: 'b' }]]) {
      const scores = labels.map((one) => ({ path, labels: one }));
      await bench.run(spec, run, { inputs: { scores }, with: { chart, threshold: 1 } });
      assert.deepEqual(bench.warnings, []);
    }
    assert.match(readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8'), /2 real and 1 fake image/);
  }
  const fails = (message: string, split: string) =>
    assert.rejects(bench.run(spec, run, { inputs: { scores: path }, with: { split } }), new StageError(message));
  await fails('input "scores": expected real and fake images in "val", got 0 real and 1 fake', 'val');
  await fails(
    'input "scores": expected images of the split "tset", got none. Did you mean "test"? There are test, val. Set "split".',
    'tset',
  );
});
