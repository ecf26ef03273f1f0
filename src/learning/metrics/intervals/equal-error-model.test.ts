import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalErrorRate } from '../ranking/chosen-thresholds.ts';
import { countDraws, rankScores } from '../ranking/threshold-counts.ts';
import { intervalOf, resample } from './bootstrap.ts';
import { equalErrorModel } from './equal-error-model.ts';
import { normalCdf } from './normal-distribution.ts';
import { drawnScores } from './testing-intervals.ts';

test('nine in ten intervals and more hold the true rate where one class is rare and hardly an image is ranked wrong', () => {
  const shift = 2.9;
  const truth = normalCdf(-shift / 2);
  const sets = 150;
  const counts = { held: 0, heldWithoutModel: 0, printed: 0 };
  for (let seed = 0; seed < sets; seed++) {
    const { labels, scores } = drawnScores(180, 10, shift, seed);
    const ranking = rankScores(scores);
    const atThresholds = countDraws(labels, ranking);
    const rate = (weights: Uint8Array) => equalErrorRate(atThresholds(weights)).rate;
    const resampled = resample({ labels, draws: 150, seed }, rate);
    const form = { range: [0, 1], model: equalErrorModel({ labels }, ranking) } as const;
    const { low, high } = intervalOf(resampled, 0.95, form);
    const alone = intervalOf(resampled, 0.95, { range: [0, 1] });
    if (Number.isNaN(low)) continue;
    counts.printed++;
    if (low <= truth && truth <= high) counts.held++;
    if (alone.low <= truth && truth <= alone.high) counts.heldWithoutModel++;
  }
  assert.ok(counts.held / counts.printed >= 0.94);
  assert.ok(counts.heldWithoutModel / counts.printed < 0.9);
});

test('two images of each class give a rate of one half a quarter of the variance of one image', () => {
  const model = equalErrorModel({ labels: [0, 0, 1, 1] }, rankScores([0.1, 0.4, 0.35, 0.8]));
  assert.deepEqual([model.at(0), model.at(0.5), model.at(1), model.rarer], [0, 0.0625, 0, 2]);
});
