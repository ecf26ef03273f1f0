import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatScores, type ScoreRow } from '../../src/metrics/scores-file.ts';
import { StageError } from '../../src/stage.ts';
import { assertGolden, digestOf } from '../../test/golden.ts';
import { StageBench } from '../../test/stage-bench.ts';
import { defaultTitle, rocChart } from './chart.ts';
import { rankSplit } from './ranking.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Four images; of the four pairs, one is ranked the wrong way round: AUC 0.75. */
const rows: readonly ScoreRow[] = [
  { key: 'a', split: 'test', label: 0, real: 0, fake: 0.1 },
  { key: 'b', split: 'test', label: 0, real: 1, fake: 1.4 },
  { key: 'c', split: 'test', label: 1, real: -1, fake: -0.65 },
  { key: 'd', split: 'test', label: 1, real: 2, fake: 2.8 },
];

/** A number in [0, 1) that looks random: the finalizer of MurmurHash3. */
function hash(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

const roc = async (bench: StageBench, scores: string, settings: object = {}) => {
  const input = join(bench.root, 'scores.csv');
  writeFileSync(input, scores);
  await bench.run(spec, run, { with: settings, inputs: { scores: input } });
};

test('images are ranked by the difference of their scores, and by each score for its own class', () => {
  const { difference, fakeScore, realScore, real, fake } = rankSplit('test', rows);
  assert.deepEqual([real, fake, difference.auc, fakeScore.auc, realScore.auc], [2, 2, 0.75, 0.5, 0.5]);
  assert.deepEqual(
    difference.points.map(({ x, y }) => [x, y]),
    [
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ],
  );
});

test('a perfect model has an area of 1 by every score, and where scores are probabilities all three rank alike', () => {
  const areas = (rows: readonly ScoreRow[]) => {
    const { difference, fakeScore, realScore } = rankSplit('test', rows);
    return [difference.auc, fakeScore.auc, realScore.auc];
  };
  const perfect = rows.map((row) => ({ ...row, real: -row.label, fake: row.label }));
  assert.deepEqual(areas(perfect), [1, 1, 1]);
  const fake = [0.25, 0.75, 0.5, 0.875];
  const probabilities = rows.map((row, index) => ({ ...row, real: 1 - fake[index]!, fake: fake[index]! }));
  assert.deepEqual(areas(probabilities), [0.75, 0.75, 0.75]);
});

test('the default title says the finding, and which instance of a matrix it is', () => {
  assert.equal(defaultTitle(rankSplit('test', rows), { seed: '2' }), 'ROC on test, seed 2: AUC 0.750');
});

test('the chart holds the three curves with their areas, and the line of chance', () => {
  assertGolden(rocChart(rankSplit('test', rows)), new URL('golden/four-images.golden.json', import.meta.url));
});

test('of a hundred thousand images only the points that change the picture are drawn', () => {
  const many = Array.from({ length: 100_000 }, (_, index): ScoreRow => {
    const label = index % 2 === 0 ? 0 : 1;
    return { key: `${index}`, split: 'test', label, real: 0, fake: hash(index) + 0.3 * label };
  });
  const ranking = rankSplit('test', many);
  const drawn = JSON.stringify(rocChart(ranking)).match(/"point":\d+,/g)?.length ?? 0;
  assert.ok(ranking.difference.points.length > 10_000);
  assert.ok(drawn < 4000, `${drawn} points`);
});

test('a run gives the chart, the areas as JSON, and the same as a table for the eyes', async () => {
  using bench = new StageBench();
  const others = rows.map((row) => ({ ...row, split: 'val', fake: -row.fake }));
  await roc(bench, formatScores([...others, ...rows]));
  assert.deepEqual(JSON.parse(readFileSync(bench.output('metrics', spec.outputs['metrics']), 'utf8')), {
    split: 'test',
    images: 4,
    real: 2,
    fake: 2,
    auc: { difference: 0.75, fake: 0.5, real: 0.5 },
  });
  assert.deepEqual(readdirSync(bench.output('chart')), ['chart.png', 'chart.svg', 'chart.vl.json']);
  assert.deepEqual(bench.highlights, [
    {
      title: 'AUC on test',
      columns: ['ranked by', 'positive', 'AUC', 'images'],
      rows: [
        ['fake − real', 'fake', '0.7500', 4],
        ['score of fake alone', 'fake', '0.5000', 4],
        ['score of real alone', 'real', '0.5000', 4],
      ],
    },
  ]);
  assert.deepEqual(bench.warnings, []);
});

test('results change only with the version of the kind', async () => {
  using bench = new StageBench();
  await roc(bench, formatScores(rows));
  const metrics = bench.output('metrics', spec.outputs['metrics']);
  const digest = digestOf(join(bench.output('chart'), 'chart.vl.json'), metrics);
  assert.deepEqual({ version: spec.version, digest }, { version: 2, digest: 'e840e73065b4fe41' });
});

test('a split of one class has nothing to rank, and the stage says so', async () => {
  using bench = new StageBench();
  await assert.rejects(
    roc(bench, formatScores(rows.slice(0, 2))),
    new StageError(
      'expected real and fake images in the split "test", got 2 real and 0 fake: with one class there is nothing to rank',
    ),
  );
});

test('a split that the scores do not have is named, with those that they have', async () => {
  using bench = new StageBench();
  await assert.rejects(
    roc(bench, formatScores(rows), { split: 'tset' }),
    new StageError('expected images of the split "tset" in the scores, got only "test"'),
  );
});

test('scores that cannot be read say where', async () => {
  using bench = new StageBench();
  await assert.rejects(
    roc(bench, 'key,split,label,real,fake\na,test,2,0,1\n'),
    new StageError('input "scores": Line 2: expected the label 0 (real) or 1 (fake), got "2"'),
  );
});
