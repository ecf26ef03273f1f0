import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { auc } from '../ranking/auc.ts';
import { countAtThresholds } from '../ranking/threshold-counts.ts';
import type { BinaryRow } from '../scores/binary-view.ts';
import type { ClassAnswer } from './class-answers.ts';
import { compareClassifierRuns, compareRuns } from './compare-runs.ts';
import { matchRows, matchScores } from './match-scores.ts';
import { rightness } from './row-statistics.ts';

const options = { level: 0.95, draws: 400, seed: 1 };

/**
 * A run of a model that is right more often the larger `skill` is; every run sees the same images
 * in its own way.
 */
function run(skill: number, seed: number): BinaryRow[] {
  const random = new Random('run', seed);
  return Array.from({ length: 120 }, (_, i) => {
    const label = (i % 2) as 0 | 1;
    const hard = new Random('image', i).normal();
    return {
      key: `${i}`,
      split: 'test',
      label,
      negative: 0,
      positive: hard + skill * (2 * label - 1) + 0.5 * random.normal(),
    };
  });
}

function compared(...groups: (readonly BinaryRow[])[][]) {
  const matched = matchScores(groups.flat().map((rows, i) => ({ name: `run ${i}`, rows })));
  assert.ok(matched.ok);
  let next = 0;
  return compareRuns(
    matched.value,
    groups.map((runs) => runs.map(() => next++)),
    options,
  );
}

const areaOf = (rows: readonly BinaryRow[]) =>
  auc(
    countAtThresholds(
      rows.map(({ label }) => label),
      rows.map(({ positive }) => positive),
    ),
  );
const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test('models are compared by the means of their runs, which other runs and other images would change', () => {
  const runsOf = (skill: number, model: number) =>
    [0, 1, 2].map((seed) => run(skill, 10 * model + seed));
  const good = runsOf(1, 0);
  const bad = runsOf(0.3, 1);
  const [{ auc: area, accuracy }] = compared(good, bad) as [ReturnType<typeof compared>[0]];
  assert.ok(
    Math.abs(area.difference - (meanOf(good.map(areaOf)) - meanOf(bad.map(areaOf)))) < 1e-12,
  );
  assert.ok(area.low > 0 && area.p < 0.01 && accuracy.p < 0.05);
  assert.equal(area.test, 'runs-and-images');

  // Runs that are all alike leave the images alone as a cause; runs that differ make the interval
  // wider.
  const widthOf = (runs: readonly BinaryRow[][]) => {
    const [pair] = compared([...runs], [run(0.3, 1), run(0.3, 1), run(0.3, 1)]);
    return pair!.auc.high - pair!.auc.low;
  };
  assert.ok(
    widthOf([run(0.5, 1), run(1, 2), run(2, 3)]) > 1.5 * widthOf([run(1, 2), run(1, 2), run(1, 2)]),
  );
});

test('the same runs on both sides do not differ, and a single run does not show the spread of runs', () => {
  const runs = [0, 1].map((seed) => run(1, seed));
  const [same] = compared(runs, runs);
  assert.deepEqual([same!.auc.difference, same!.auc.p], [0, 1]);
  const [lone] = compared([run(1, 0)], runs);
  assert.ok(
    Number.isNaN(lone!.auc.p) && Number.isNaN(lone!.auc.low) && !Number.isNaN(lone!.auc.difference),
  );
});

test('with two classes, classifiers are compared as detectors are by their accuracy', () => {
  const groups = [0.9, 0.4].map((skill, model) =>
    [0, 1, 2].map((seed) => run(skill, 10 * model + seed)),
  );
  const answers = groups.flat().map((rows, i) => ({
    name: `run ${i}`,
    rows: rows.map(
      ({ key, split, label, ...scores }): ClassAnswer => ({
        key,
        split,
        label: `class ${label}`,
        right: rightness(label, { negative: scores.negative, positive: scores.positive }),
      }),
    ),
  }));
  const matched = matchRows(answers);
  assert.ok(matched.ok);
  const indices = [
    [0, 1, 2],
    [3, 4, 5],
  ];
  const [pair] = compareClassifierRuns(matched.value, indices, options);
  const [detectors] = compared(...groups);
  assert.deepEqual(pair!.accuracy, detectors!.accuracy);
});
