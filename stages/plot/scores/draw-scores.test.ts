import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultNames } from '../../../src/default-class-names.ts';
import type { BinaryRow } from '../../../src/learning/metrics/scores/binary-view.ts';
import type { ScoreTable } from '../../../src/learning/metrics/scores/scores-file.ts';
import { formatPairs } from '../../../src/learning/metrics/testing-scores.ts';
import { StageError } from '../../../src/stage.ts';
import { chartContent } from '../../../test/support/chart-content.ts';
import { assertGolden } from '../../../test/support/golden.ts';
import { StageBench } from '../../../test/support/stage-bench.ts';
import run from '../run.ts';
import { spec } from '../spec.ts';
import { classConfusionChart } from './class-confusion.ts';
import { confusionChart } from './confusion.ts';
import { confusionAbove, type ModelScores, type SplitScores } from './draw-scores.ts';
import { errorsChart } from './errors.ts';
import { histogramChart } from './histogram.ts';

const golden = (name: string) => new URL(`golden/${name}.golden.json`, import.meta.url);

/** Scores of a model by the differences of its real and of its fake images. */
function model(name: string, real: readonly number[], fake: readonly number[]): ModelScores {
  const labels = Uint8Array.from([...real.map(() => 0), ...fake.map(() => 1)]);
  return {
    name,
    labels,
    differences: Float64Array.from([...real, ...fake]),
    negative: real.length,
    positive: fake.length,
    sides: defaultNames,
    unit: 'image',
    videos: undefined,
  };
}

const alone: SplitScores = {
  split: 'test',
  shared: { seed: '7' },
  models: [model('', [-2, -1, 0, 1], [-1, 2])],
};
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
  const { vconcat } = chartContent<{
    vconcat: { data: { values: { series: string; difference: number; images: number }[] } }[];
  }>(histogramChart(alone, options));
  const bins = vconcat[0]!.data.values.filter((row) => row.series === 'real');
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
    'Score differences by class on test, seed 7',
    '4 real and 2 fake images; AUC 0.688; wrong: 25.0 % of real, 50.0 % of fake; right of the line an image is called fake',
  ]);
  assert.match(
    JSON.stringify(histogramChart(two, options)),
    /"a: 50\.0 % of real, 0\.0 % of fake wrong"/,
  );
});

test('a confusion matrix has counts and shares of the row, and the subtitle says what guessing gives', () => {
  assertGolden(confusionChart(alone, { threshold: 0 }), golden('confusion'));
  assert.deepEqual(told(confusionChart(alone, { threshold: 0 })), [
    'Confusion on test, seed 7: 66.7 % called right',
    '4 real and 2 fake images; called real 4, called fake 2; always guessing real is right for 66.7 %; shares are of the row',
  ]);
  assert.match(
    told(confusionChart(alone, { threshold: -9 }))[1]!,
    /; called real 0, called fake 6; /,
  );
  assert.deepEqual(told(confusionChart(two, { threshold: 1.5 })), [
    'Confusion on test',
    '2 real and 2 fake images; always guessing real is right for 50.0 %; fake is what scores above 1.5; shares are of the row',
  ]);
});

test('the errors against the threshold meet at the equal error rate', () => {
  assertGolden(errorsChart(alone, { threshold: 0 }), golden('errors'));
  assert.deepEqual(told(errorsChart(alone, { threshold: 0 })), [
    'Error rates by threshold on test, seed 7: equal at 50.0 %',
    '4 real and 2 fake images; point: equal error rate; line: threshold 0',
  ]);
  // Thresholds are chosen on validation alone.
  assert.deepEqual(told(errorsChart({ ...alone, split: 'val' }, { threshold: 0 })), [
    'Error rates by threshold on val, seed 7: equal at 50.0 %',
    '4 real and 2 fake images; point: equal error rate 50.0 % at −0.5; line: threshold 0',
  ]);
  assert.equal(told(errorsChart(two, { threshold: 0 }))[0], 'Error rates by threshold on test');
  assert.match(JSON.stringify(errorsChart(two, { threshold: 0 })), /"a: EER 25\.0 %"/);
});

test('what lies on the threshold is called real, as a tie of the two scores is', () => {
  const errors = (threshold: number) => {
    const { falsePositives, falseNegatives } = confusionAbove(alone.models[0]!, threshold);
    return [falsePositives, falseNegatives];
  };
  assert.deepEqual(
    [errors(0), errors(-0.5)],
    [
      [1, 1],
      [2, 1],
    ],
  );
});

const row = (split: string, label: 0 | 1, fake: number): BinaryRow => ({
  key: `${split}${fake}`,
  split,
  label,
  negative: 0,
  positive: fake,
});

test('scores are drawn without any spec by the user, of one model or several', async () => {
  using bench = new StageBench();
  const path = join(bench.root, 'scores.csv');
  const other = join(bench.root, 'other.csv');
  writeFileSync(
    path,
    formatPairs([row('test', 0, -1), row('test', 0, 2), row('test', 1, 3), row('val', 1, 1)]),
  );
  writeFileSync(other, formatPairs([row('test', 0, -2), row('test', 0, 4), row('test', 1, 1)]));
  for (const chart of ['histogram', 'confusion', 'errors']) {
    for (const labels of [[{}], [{ net: 'a' }, { net: 'b' }]]) {
      const scores = labels.map((one, i) => ({ path: i === 0 ? path : other, labels: one }));
      await bench.run(spec, run, { inputs: { scores }, with: { chart, threshold: 1 } });
      assert.deepEqual(bench.warnings, []);
    }
    assert.match(
      readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8'),
      /2 real and 1 fake image/,
    );
  }
  const fails = (message: string, split: string) =>
    assert.rejects(
      bench.run(spec, run, { inputs: { scores: path }, with: { split } }),
      new StageError(message),
    );
  await fails(
    'input "scores": expected real and fake images in the split "val", got 0 real and 1 fake',
    'val',
  );
  await fails(
    'input "scores": expected images of the split "tset", got none. Did you mean "test"? There are test, val. Set "split".',
    'tset',
  );
});

test('of several classes the matrix is drawn, of many the most confused pairs', () => {
  const table = (count: number): ScoreTable => {
    const classes = Array.from({ length: count }, (_, c) => `class ${c}`);
    const rows = Array.from({ length: 3 * count }, (_, i) => {
      const called = i % 3 === 0 ? (i + 1) % count : i % count;
      return {
        key: `${i}`,
        split: 'test',
        label: i % count,
        scores: classes.map((_, c) => (c === called ? 1 : 0)),
      };
    });
    return { classes, names: classes, rows };
  };
  const drawn = (count: number) =>
    JSON.stringify(
      classConfusionChart([table(count)], { split: 'test', unit: 'image', over: [] }, (...parts) =>
        parts.join(': '),
      ),
    );
  const four = drawn(4);
  const many = drawn(100);
  assert.match(four, /Confusion on test: 66\.7 % called right/);
  assert.match(
    four,
    /\{"row":"class 0","column":"class 1","images":1,"value":0\.333333,"text":"1\\n33 %"\}/,
  );
  assert.match(many, /Most confused classes on test: 66\.7 % called right/);
  assert.match(many, /"name":"class 0 called class 1"/);
});

test('several files of more than two classes are refused, since each needs a chart of its own', async () => {
  using bench = new StageBench();
  const path = join(bench.root, 'scores.csv');
  writeFileSync(
    path,
    'key,split,label,score.a,score.b,score.c\n1,test,a,1,0,0\n2,test,b,0,1,0\n3,test,c,0,1,0\n',
  );
  const scores = ['one', 'other'].map((net) => ({ path, labels: { net } }));
  const message =
    'The chart "confusion of more than two classes" draws one item of the input "scores", got 2: ' +
    'select one, as in stage[axis=value].scores, or give the stage the matrix.';
  await assert.rejects(
    bench.run(spec, run, { inputs: { scores }, with: { chart: 'confusion' } }),
    new StageError(message),
  );
});

test('seeds of more than two classes are one matrix over them, and other models are refused', async () => {
  using bench = new StageBench();
  const head = 'key,split,label,score.cat,score.dog,score.bird\n';
  const scores = (name: string, called: string) => {
    const path = join(bench.root, name);
    writeFileSync(path, `${head}a,test,cat,${called}\nb,test,dog,0,1,0\nc,test,bird,0,0,1\n`);
    return path;
  };
  const first = { path: scores('1.csv', '1,0,0'), labels: { net: 'a', seed: '1' } };
  const second = { path: scores('2.csv', '0,1,0'), labels: { net: 'a', seed: '2' } };
  const settings = { chart: 'confusion', over: ['seed'] } as const;
  await bench.run(spec, run, { inputs: { scores: [first, second] }, with: settings });
  const chart = readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8');
  assert.match(chart, /83.3 % called right/);
  const other = { ...second, labels: { net: 'b', seed: '2' } };
  await assert.rejects(
    bench.run(spec, run, { inputs: { scores: [first, other] }, with: settings }),
    {
      message:
        'The chart "confusion" draws one model, got 2, which differ by net: select one, or name these axes by "over" too.',
    },
  );
});

test('of several classes the evidence for a side follows what the setting says the scores are', async () => {
  using bench = new StageBench();
  const scores = join(bench.root, 'scores.csv');
  const lines = [
    'a,test,cat,0.5,0.25,0.25',
    'b,test,dog,0.25,0.5,0.25',
    'c,test,owl,0.25,0.25,0.5',
  ];
  writeFileSync(scores, ['key,split,label,score.cat,score.dog,score.owl', ...lines].join('\n'));
  const drawn = async (settings: object) => {
    const given = { chart: 'errors', positive: ['dog', 'owl'], ...settings };
    await bench.run(spec, run, { with: given, inputs: { scores: [scores] } });
    return readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8');
  };
  const usual = await drawn({});
  assert.equal(await drawn({ scoresAre: 'probabilities' }), usual);
  assert.notEqual(await drawn({ scoresAre: 'logits' }), usual);
});
