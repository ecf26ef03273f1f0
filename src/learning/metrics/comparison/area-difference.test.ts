import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaSpread } from '../intervals/area-spread.ts';
import { aucInterval } from '../intervals/auc-interval.ts';
import { normalCdf } from '../intervals/normal-distribution.ts';
import { assertClose, drawnScores, golden } from '../intervals/testing-intervals.ts';
import { areaDifference } from './area-difference.ts';

for (const { name, labels, one, other, ...expected } of golden.delong) {
  test(`areas, variances, intervals and p-value are DeLong’s, Newcombe’s and Zou’s, pair by pair, for ${name}`, () => {
    for (const [i, scores] of [one, other].entries()) {
      const { area, variance } = areaSpread({ labels }, scores);
      assertClose([area, variance], [expected.areas[i]!, expected.covariance[i]![i]!]);
      const { low, high, method } = aucInterval({ labels }, scores, 0.95);
      assertClose([low, high], expected.intervals[i]!);
      assert.equal(method, 'delong');
    }
    const { difference, low, high, p } = areaDifference({ labels }, [one, other], 0.95);
    assertClose(
      [difference, low, high, p],
      [expected.difference, ...expected.differenceInterval, expected.p],
      1e-11,
    );
  });
}

test('at least 94 of a hundred intervals hold the true difference where one model ranks next to no image wrong', () => {
  const truth = normalCdf(Math.SQRT2 * 2.1) - normalCdf(Math.SQRT2 * 1.5);
  const sets = 200;
  const held = Array.from({ length: sets }, (_, seed) => {
    // What makes an image hard is half common to both models.
    const { labels, scores } = drawnScores(180, 20, 0, seed);
    const noiseOf = (model: number) => drawnScores(180, 20, 0, 1000 * model + seed).scores;
    const scoresOf = (shift: number, noise: readonly number[]) =>
      scores.map(
        (score, i) => Math.SQRT1_2 * (score + noise[i]!) + (labels[i] === 1 ? shift : -shift),
      );
    const better = scoresOf(2.1, noiseOf(1));
    const worse = scoresOf(1.5, noiseOf(2));
    return areaDifference({ labels }, [better, worse], 0.95);
  }).filter(({ low, high }) => low <= truth && truth <= high).length;
  // Plus and minus 1.96 of DeLong's standard errors: 0.8.
  assert.ok(held >= 0.94 * sets, `${held} of ${sets}`);
});

test('models that rank alike do not differ, however they scale', () => {
  const { labels, scores } = drawnScores(50, 30, 1, 1);
  const scaled = scores.map((score) => 7 * score - 2);
  assert.deepEqual(areaDifference({ labels }, [scores, scaled], 0.95), {
    difference: 0,
    low: 0,
    high: 0,
    p: 1,
  });
});

test('frames of videos count as the videos', () => {
  const { labels, scores } = drawnScores(30, 20, 1, 3);
  const rivalScores = scores.map((score, i) => score + drawnScores(30, 20, 0, 4).scores[i]!);
  const frames = [labels, scores, rivalScores].map((values) =>
    values.flatMap((value) => [value, value]),
  );
  const groups = labels.flatMap((_, video) => [`video ${video}`, `video ${video}`]);
  const ofFrames = areaDifference({ labels: frames[0]!, groups }, [frames[1]!, frames[2]!], 0.95);
  const ofVideos = areaDifference({ labels }, [scores, rivalScores], 0.95);
  assertClose(Object.values(ofFrames), Object.values(ofVideos), 1e-9);
});

test('the true gap between two models is no evidence against it', () => {
  const { labels, scores } = drawnScores(100, 80, 2, 5);
  const rivalScores = scores.map((score, i) => score + drawnScores(100, 80, 0, 6).scores[i]!);
  const { difference } = areaDifference({ labels }, [scores, rivalScores], 0.95);
  assert.equal(areaDifference({ labels }, [scores, rivalScores], 0.95, difference).p, 1);
  assert.ok(areaDifference({ labels }, [scores, rivalScores], 0.95).p < 0.05);
});

test('two rankings without a mistake may differ on other images', () => {
  const rankings = [
    [1, 2, 3, 4],
    [2, 1, 3, 4],
  ] as const;
  const { difference, low, high, p } = areaDifference({ labels: [0, 0, 1, 1] }, rankings, 0.95);
  assert.deepEqual([difference, low.toFixed(3), high.toFixed(3), p], [0, '-0.776', '0.776', 1]);
});

test('areas that differ without any spread have no p-value', () => {
  const rankings = [
    [1, 2, 3, 4],
    [0, 0, 0, 0],
  ] as const;
  const { difference, low, high, p } = areaDifference({ labels: [0, 0, 1, 1] }, rankings, 0.95);
  assert.deepEqual([difference, low, high, p], [0.5, Number.NaN, Number.NaN, Number.NaN]);
});

test('one image of a class does not show the spread', () => {
  const { estimate, low, high } = aucInterval({ labels: [0, 0, 1] }, [1, 3, 2], 0.95);
  assert.deepEqual([estimate, low, high], [0.5, Number.NaN, Number.NaN]);
});

test('a hundred thousand images are counted by rank, not pair by pair', () => {
  const { labels, scores } = drawnScores(50_000, 50_000, 1, 2);
  const { area, variance } = areaSpread({ labels }, scores);
  assert.ok(Math.abs(area - 0.76) < 0.01);
  assert.ok(Math.abs(Math.sqrt(variance) - 0.0015) < 0.0001);
});
