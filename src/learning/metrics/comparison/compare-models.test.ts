import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { perfectAreaBound } from '../intervals/auc-interval.ts';
import { assertClose, drawnScores, golden } from '../intervals/testing-intervals.ts';
import type { BinaryRow } from '../scores/binary-view.ts';
import { areaDifference } from './area-difference.ts';
import { classAnswers } from './class-answers.ts';
import { compareClassifiers, compareModels } from './compare-models.ts';
import { holm } from './holm.ts';
import { matchRows, matchScores } from './match-scores.ts';
import { mcnemar } from './mcnemar.ts';

const good = drawnScores(60, 40, 2, 1);
const { labels } = good;
const noise = drawnScores(60, 40, 0, 2).scores;
const all = [good.scores, good.scores.map((score, i) => score + noise[i]!), noise];

/**
 * The models' scores, centred so that 0 separates the classes; `group` names the video of an image.
 */
function matched(group?: (image: number) => string) {
  const result = matchScores(
    all.map((scores, model) => ({
      name: `model ${model}`,
      rows: scores.map((score, i) => ({
        key: `${i}`,
        split: 'test',
        label: labels[i] === 0 ? (0 as const) : (1 as const),
        negative: 1,
        positive: score,
        ...(group !== undefined && { group: group(i) }),
      })),
    })),
  );
  assert.ok(result.ok);
  return result.value;
}

test('every pair is tested by DeLong and McNemar, and Holm adjusts over the pairs', () => {
  const pairs = compareModels(matched(), { level: 0.95, seed: 1 });
  assert.deepEqual(
    pairs.map(({ one, other }) => [one, other]),
    [
      [0, 1],
      [0, 2],
      [1, 2],
    ],
  );
  for (const { one, other, auc, accuracy, onlyOneRight, onlyOtherRight } of pairs) {
    const a = all[one]!;
    const b = all[other]!;
    const { difference, p } = areaDifference({ labels }, [a, b], 0.95);
    assert.deepEqual([auc.difference, auc.p, auc.test], [difference, p, 'delong']);
    const isRight = (scores: readonly number[], i: number) => scores[i]! > 1 === (labels[i] === 1);
    const countOnly = (right: readonly number[], wrong: readonly number[]) =>
      labels.filter((_, i) => isRight(right, i) && !isRight(wrong, i)).length;
    const expected = mcnemar(countOnly(a, b), countOnly(b, a));
    assert.deepEqual(
      [onlyOneRight, onlyOtherRight, accuracy.p, accuracy.test],
      [expected.onlyOne, expected.onlyOther, expected.p, `mcnemar-${expected.method}`],
    );
    assert.ok(
      Math.abs(accuracy.difference - (onlyOneRight! - onlyOtherRight!) / labels.length) < 1e-12,
    );
    assert.ok(accuracy.low <= accuracy.difference && accuracy.difference <= accuracy.high);
  }
  assert.deepEqual(
    pairs.map(({ auc }) => auc.adjustedP),
    holm(pairs.map(({ auc }) => auc.p)),
  );
});

test('frames of videos are tested by exchanging whole videos', () => {
  const pairs = compareModels(
    matched((image) => `video ${labels[image]} ${image % 12}`),
    { level: 0.95, draws: 200, seed: 1 },
  );
  for (const { auc, accuracy } of pairs) {
    assert.deepEqual([auc.test, accuracy.test], ['group-exchange', 'group-exchange']);
    assert.ok(auc.p >= 1 / 201 && auc.adjustedP >= auc.p);
    assert.ok(auc.low < auc.difference && auc.difference < auc.high);
  }
});

/** Two models that are alike, on videos of ten frames that are alike too. */
function alikeOn(videos: number, seed: number) {
  const random = new Random('videos', seed);
  const models = [0, 1].map((): BinaryRow[] => []);
  for (let video = 0; video < 2 * videos; video++) {
    const label = video < videos ? (0 as const) : (1 as const);
    const ofVideo = models.map(() => random.normal());
    for (let frame = 0; frame < 10; frame++) {
      for (const [m, rows] of models.entries()) {
        const fake = label - 0.5 + ofVideo[m]! + 0.5 * random.normal();
        rows.push({
          key: `${video} ${frame}`,
          split: 'test',
          label,
          negative: 0,
          positive: fake,
          group: `video ${video}`,
        });
      }
    }
  }
  const result = matchScores(models.map((rows, m) => ({ name: `model ${m}`, rows })));
  assert.ok(result.ok);
  return result.value;
}

test('of few videos, too, one in twenty comparisons of models that are alike finds a difference, not one in nine', () => {
  const sets = 400;
  const pairs = Array.from({ length: sets }, (_, seed) => {
    return compareModels(alikeOn(5, seed), { level: 0.95, draws: 100, seed })[0]!;
  });
  for (const measure of ['auc', 'accuracy'] as const) {
    const significant = pairs.filter((pair) => pair[measure].p < 0.05).length;
    const covered = pairs.filter(
      (pair) => pair[measure].low <= 0 && pair[measure].high >= 0,
    ).length;
    assert.ok(significant / sets < 0.07, `${measure}: ${significant} of ${sets}`);
    assert.ok(covered / sets > 0.92, `${measure}: ${covered} of ${sets} intervals hold 0`);
  }
});

test('images with two equal scores are half right, so the accuracy is tested by exchanging images', () => {
  const rowsOf = (fakes: readonly number[]) =>
    fakes.map((fake, i) => ({
      key: `${i}`,
      split: 'test',
      label: (i % 2) as 0 | 1,
      negative: 0,
      positive: fake,
    }));
  const right = [-1, 1, -1, 1, -1, 1, -1, 1];
  const matched = matchScores([
    { name: 'right', rows: rowsOf(right) },
    { name: 'tied', rows: rowsOf(right.map(() => 0)) },
  ]);
  assert.ok(matched.ok);
  const { accuracy, onlyOneRight, onlyOtherRight } = compareModels(matched.value, {
    level: 0.95,
    seed: 1,
  })[0]!;
  assert.deepEqual([accuracy.difference, onlyOneRight, onlyOtherRight], [0.5, 4, 0]);
  assert.deepEqual([accuracy.test, accuracy.p], ['exchange', 2 / 2 ** 8]);
});

test('models that decide and rank alike do not differ; others without a mistake may differ on other images', () => {
  const labels = [0, 0, 1, 1, 0, 0, 1, 1] as const;
  const compared = (rivalScores: readonly number[], group?: (image: number) => string) => {
    const models = [[0, 1, 3, 4, 0, 1, 3, 4], rivalScores].map((scores) =>
      scores.map((fake, i) => ({
        key: `${i}`,
        split: 'test',
        label: labels[i]!,
        negative: 2,
        positive: fake,
        ...(group !== undefined && { group: group(i) }),
      })),
    );
    const matched = matchScores(models.map((rows, i) => ({ name: `${i}`, rows })));
    assert.ok(matched.ok);
    const [pair] = compareModels(matched.value, { level: 0.95, seed: 1 });
    return [pair!.auc, pair!.accuracy].map(({ difference, low, high, p }) => [
      difference,
      low,
      high,
      p,
    ]);
  };
  const pairsOfImages = (image: number) => `${labels[image]} ${image >> 2}`;
  for (const [group, bound] of [
    [undefined, perfectAreaBound(4, 0.95)],
    [pairsOfImages, perfectAreaBound(2, 0.95)],
  ] as const) {
    assert.deepEqual(compared([0, 1, 3, 4, 0, 1, 3, 4], group), [
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]);
    assert.deepEqual(compared([1, 0, 3, 4, 0, 1, 3, 4], group), [
      [0, bound - 1, 1 - bound, 1],
      [0, 0, 0, 1],
    ]);
  }
});

test('one model has no pairs', () => {
  const { models, ...rest } = matched();
  assert.deepEqual(
    compareModels({ ...rest, models: models.slice(0, 1) }, { level: 0.95, seed: 1 }),
    [],
  );
});

/** The decisions of a classifier, whose classes stand in an order of its own. */
function answersOf(
  labels: readonly number[],
  scores: readonly (readonly number[])[],
  { group, order }: { group?: (image: number) => string; order?: readonly number[] } = {},
) {
  const classes = scores[0]!.map((_, c) => c);
  const columns = order ?? classes;
  const names = columns.map((c) => `class ${c}`);
  return classAnswers({
    classes: names,
    names: [...names, 'of another model'],
    rows: labels.map((label, i) => ({
      key: `${i}`,
      split: 'test',
      label: columns.indexOf(label),
      scores: columns.map((c) => scores[i]![c]!),
      group: group?.(i),
    })),
  });
}

test('classifiers of several classes are tested by which decisions are right, to SciPy’s p', () => {
  for (const { labels, one, other, only, difference, p } of golden.classifiers) {
    const reversed = one[0]!.map((_, c) => c).toReversed();
    const matched = matchRows([
      { name: 'one', rows: answersOf(labels, one) },
      { name: 'other', rows: answersOf(labels, other, { order: reversed }) },
    ]);
    assert.ok(matched.ok);
    const [pair] = compareClassifiers(matched.value, { level: 0.95, seed: 1 });
    assert.deepEqual([pair!.onlyOneRight, pair!.onlyOtherRight], only);
    assertClose([pair!.accuracy.difference, pair!.accuracy.p], [difference, p]);
    const isExact = only[0] + only[1] < 25;
    assert.equal(pair!.accuracy.test, isExact ? 'mcnemar-exact' : 'mcnemar-chi-square');
    assert.ok(pair!.accuracy.low < difference && difference < pair!.accuracy.high);
  }
});

test('classifiers of two classes have the accuracy that detectors have, and frames of videos their exchanges', () => {
  const detectors = matched((image) => `video ${labels[image]} ${image % 12}`);
  const options = { level: 0.95, draws: 200, seed: 1 };
  const answers = matchRows(
    all.map((scores, model) => ({
      name: `model ${model}`,
      rows: answersOf(
        labels,
        scores.map((score) => [1, score]),
        { group: (image) => `video ${labels[image]} ${image % 12}` },
      ),
    })),
  );
  assert.ok(answers.ok);
  assert.deepEqual(
    compareClassifiers(answers.value, options),
    compareModels(detectors, options).map(({ auc: _, ...comparison }) => comparison),
  );
});

test('an image whose highest score several classes share is right in part, and one of an unknown class is left out', () => {
  const rows = answersOf(
    [2, 0, 3, 1],
    [
      [2, 5, 5],
      [1, 1, 1],
      [9, 0, 0],
      [3, 2, 1],
    ],
  );
  assert.deepEqual(
    rows.map(({ key, right }) => [key, right]),
    [
      ['0', 1 / 2],
      ['1', 1 / 3],
      ['3', 0],
    ],
  );
});

/** Two classifiers of four classes with the same evidence, each with noise of its own. */
function alikeClassifiers(images: number, seed: number) {
  const random = new Random('classifiers', seed);
  const labels = Array.from({ length: images }, (_, i) => i % 4);
  const models = ['one', 'other'].map((name) => {
    const scores = labels.map((label) =>
      [0, 1, 2, 3].map((c) => (c === label ? 1 : 0) + random.normal()),
    );
    return { name, rows: answersOf(labels, scores) };
  });
  const result = matchRows(models);
  assert.ok(result.ok);
  return result.value;
}

test('of classifiers that are alike, at most one in twenty comparisons finds a difference', () => {
  const sets = 400;
  const pairs = Array.from(
    { length: sets },
    (_, seed) =>
      compareClassifiers(alikeClassifiers(80, seed), { level: 0.95, draws: 100, seed })[0]!,
  );
  const significant = pairs.filter(({ accuracy }) => accuracy.p < 0.05).length;
  const covered = pairs.filter(({ accuracy }) => accuracy.low <= 0 && accuracy.high >= 0).length;
  assert.ok(significant / sets <= 0.05, `${significant} of ${sets}`);
  assert.ok(covered / sets > 0.92, `${covered} of ${sets} intervals hold 0`);
});
