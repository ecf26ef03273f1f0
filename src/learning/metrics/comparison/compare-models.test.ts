import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delongTest } from '../intervals/delong.ts';
import { drawnScores } from '../intervals/testing-intervals.ts';
import { compareModels } from './compare-models.ts';
import { holm } from './holm.ts';
import { matchScores } from './match-scores.ts';
import { mcnemarOf } from './mcnemar.ts';

const good = drawnScores(60, 40, 2, 1);
const { labels } = good;
const noise = drawnScores(60, 40, 0, 2).scores;
const all = [good.scores, good.scores.map((score, i) => score + noise[i]!), noise];

/** The models' scores, centred so that 0 separates the classes; `group` names the video of an image. */
function matched(group?: (image: number) => string) {
  const result = matchScores(
    all.map((scores, model) => ({
      name: `model ${model}`,
      rows: scores.map((score, i) => ({
        key: `${i}`,
        split: 'test',
        label: labels[i] === 0 ? (0 as const) : (1 as const),
        real: 1,
        fake: score,
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
    const [a, b] = [all[one]!, all[other]!];
    const { difference, p } = delongTest(
      labels,
      a.map((score) => score - 1),
      b.map((score) => score - 1),
      0.95,
    );
    assert.deepEqual([auc.difference, auc.p, auc.test], [difference, p, 'delong']);
    const classes = [a, b].map((scores) => scores.map((score) => (score > 1 ? 1 : 0)));
    const mcnemar = mcnemarOf(labels, classes[0]!, classes[1]!);
    assert.deepEqual(
      [onlyOneRight, onlyOtherRight, accuracy.p, accuracy.test],
      [mcnemar.onlyOne, mcnemar.onlyOther, mcnemar.p, `mcnemar-${mcnemar.method}`],
    );
    assert.ok(Math.abs(accuracy.difference - (onlyOneRight! - onlyOtherRight!) / labels.length) < 1e-12);
    assert.ok(accuracy.low <= accuracy.difference && accuracy.difference <= accuracy.high);
  }
  assert.deepEqual(
    pairs.map(({ auc }) => auc.adjustedP),
    holm(pairs.map(({ auc }) => auc.p)),
  );
});

test('frames of videos are tested by drawing whole videos', () => {
  const pairs = compareModels(
    matched((image) => `video ${labels[image]} ${image % 12}`),
    { level: 0.95, draws: 200, seed: 1 },
  );
  for (const { auc, accuracy } of pairs) {
    assert.deepEqual([auc.test, accuracy.test], ['group-bootstrap', 'group-bootstrap']);
    assert.ok(auc.p >= 2 / 201 && auc.adjustedP >= auc.p);
  }
});

test('models that decide and rank alike do not differ; others without a mistake may differ on other images', () => {
  const labels = [0, 0, 1, 1, 0, 0, 1, 1] as const;
  const compared = (other: readonly number[], group?: (image: number) => string) => {
    const models = [[0, 1, 3, 4, 0, 1, 3, 4], other].map((scores) =>
      scores.map((fake, i) => ({
        ...{ key: `${i}`, split: 'test', label: labels[i]!, real: 2, fake },
        ...(group !== undefined && { group: group(i) }),
      })),
    );
    const matched = matchScores(models.map((rows, i) => ({ name: `${i}`, rows })));
    assert.ok(matched.ok);
    const [pair] = compareModels(matched.value, { level: 0.95, seed: 1 });
    return [pair!.auc, pair!.accuracy].map(({ difference, low, high, p }) => [difference, low, high, p]);
  };
  const pairsOfImages = (image: number) => `${labels[image]} ${image >> 2}`;
  for (const group of [undefined, pairsOfImages]) {
    assert.deepEqual(compared([0, 1, 3, 4, 0, 1, 3, 4], group), [
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]);
    assert.deepEqual(compared([1, 0, 3, 4, 0, 1, 3, 4], group), [
      [0, Number.NaN, Number.NaN, 1],
      [0, 0, 0, 1],
    ]);
  }
});

test('one model has no pairs', () => {
  const { models, ...rest } = matched();
  assert.deepEqual(compareModels({ ...rest, models: models.slice(0, 1) }, { level: 0.95, seed: 1 }), []);
});
