import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../random.ts';
import { drawMix, mixPixels } from './mixup.ts';
import { noiseImage } from './testing-images.ts';

const draws = (alpha: number, count: number) =>
  Array.from(
    { length: count },
    (_, seed) => drawMix({ probability: 1, alpha }, new Random(seed), 7)!,
  );

test('the other image’s share is at most a half, and its partner any of the split', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      fc.nat(),
      fc.integer({ min: 1, max: 9 }),
      (alpha, seed, images) => {
        const { partner, share } = drawMix({ probability: 1, alpha }, new Random(seed), images)!;
        assert.ok(share >= 0 && share <= 0.5);
        assert.ok(Number.isInteger(partner) && partner >= 0 && partner < images);
      },
    ),
  );
  assert.deepEqual(new Set(draws(1, 200).map(({ partner }) => partner)).size, 7);
});

test('shares are a Beta’s: the mean distance of one from a half is known', () => {
  // Of Beta(a, a), E|x - 1/2| is 1/4 for a = 1 (uniform), and 2^(-2a) / (a B(a, a)) in general.
  for (const [alpha, expected] of [
    [1, 0.25],
    [2, 0.1875],
    [0.5, 1 / Math.PI],
  ] as const) {
    const shares = draws(alpha, 20_000).map(({ share }) => 0.5 - share);
    const mean = shares.reduce((sum, distance) => sum + distance, 0) / shares.length;
    assert.ok(Math.abs(mean - expected) < 0.005, `${alpha}: ${mean}`);
  }
});

test('a tiny alpha gives tiny shares, and no NaN', () => {
  const shares = draws(0.01, 2000).map(({ share }) => share);
  assert.ok(shares.filter((share) => share < 0.001).length > 1700);
});

test('images are mixed as often as the probability says', () => {
  const none = Array.from({ length: 4000 }, (_, seed) =>
    drawMix({ probability: 0.25, alpha: 1 }, new Random(seed), 7),
  );
  assert.ok(Math.abs(none.filter((mix) => mix === undefined).length - 3000) < 150);
});

test('pixels are the weighted mean, and a share of 0 leaves them', () => {
  const first = noiseImage(1, 6, 4);
  const second = noiseImage(2, 6, 4);
  assert.deepEqual(mixPixels(first, second, 0).pixels, first.pixels);
  for (const [i, value] of mixPixels(first, second, 0.25).pixels.entries()) {
    assert.ok(Math.abs(value - (0.75 * first.pixels[i]! + 0.25 * second.pixels[i]!)) <= 0.5);
  }
});
