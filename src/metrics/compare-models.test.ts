import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareModels } from './compare-models.ts';
import { delongTest } from './delong.ts';
import { holm } from './holm.ts';
import { matchScores } from './match-scores.ts';
import { mcnemarOf } from './mcnemar.ts';
import { drawnScores } from './testing-intervals.ts';

const good = drawnScores(60, 40, 2, 1);
const { labels } = good;
const noise = drawnScores(60, 40, 0, 2).scores;
const all = [good.scores, good.scores.map((score, i) => score + noise[i]!), noise];

/** The models' scores, centred so that 0 parts the classes; `group` names the video of an image. */
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
    assert.ok(Math.abs(accuracy.difference - (onlyOneRight - onlyOtherRight) / labels.length) < 1e-12);
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

test('one model has no pairs', () => {
  const { models, ...rest } = matched();
  assert.deepEqual(compareModels({ ...rest, models: models.slice(0, 1) }, { level: 0.95, seed: 1 }), []);
});
