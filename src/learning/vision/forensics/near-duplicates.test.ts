import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../random.ts';
import { NearDuplicates } from './near-duplicates.ts';
import { orientations, oriented } from './orientation.ts';
import { bitCount, hashDistance, hashSide, perceptualHash } from './perceptual-hash.ts';

/** A few waves of low frequency around grey, by the seed. */
function picture(seed: number): Float64Array {
  const random = new Random('picture', seed);
  const waves = Array.from({ length: 24 }, () => [
    random.between(0, 8),
    random.between(0, 8),
    random.between(0, 7),
    12 * random.normal(),
  ]);
  return Float64Array.from({ length: hashSide ** 2 }, (_, i) => {
    const x = (i % hashSide) / hashSide;
    const y = Math.floor(i / hashSide) / hashSide;
    return waves.reduce(
      (sum, [u = 0, v = 0, phase = 0, size = 0]) =>
        sum + size * Math.cos(Math.PI * (u * x + v * y) + phase),
      128,
    );
  });
}

const pairsOf = (pictures: readonly Float64Array[]) => {
  const near = new NearDuplicates();
  for (const [index, grey] of pictures.entries()) near.add(index, grey);
  return [...near.pairs()];
};

test('the bits of a word are counted', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      (word) => bitCount(word) === (word >>> 0).toString(2).replaceAll('0', '').length,
    ),
  );
});

test('a hash does not depend on brightness and contrast, has as many ones as zeros, and is inverted by the negative', () => {
  for (let seed = 0; seed < 20; seed++) {
    const grey = picture(seed);
    const hash = perceptualHash(grey)!;
    assert.equal(bitCount(hash[0]) + bitCount(hash[1]), 32);
    assert.equal(hashDistance(hash, perceptualHash(grey.map((value) => 0.7 * value + 40))!), 0);
    assert.equal(hashDistance(hash, perceptualHash(grey.map((value) => 255 - value))!), 64);
  }
});

test('a picture without structure has no hash and no pairs', () => {
  const flat = new Float64Array(hashSide ** 2).fill(93);
  assert.equal(perceptualHash(flat), undefined);
  assert.deepEqual(pairsOf([flat, flat]), []);
});

test('noisy copies are found, each with its original, and no others', () => {
  const originals = Array.from({ length: 200 }, (_, seed) => picture(seed));
  const random = new Random('noise');
  const copies = originals
    .slice(0, 50)
    .map((grey) => grey.map((value) => value + 3 * random.normal()));
  const pairs = pairsOf([...originals, ...copies]);
  assert.deepEqual(
    pairs.map(({ first, second }) => [first, second]),
    copies.map((_, index) => [index, 200 + index]),
  );
  assert.ok(
    pairs.every(
      ({ distance, correlation }) => distance <= 10 && correlation > 0.95 && correlation < 1.001,
    ),
  );
});

test('mirrored and rotated copies are found, each with the way in which its original lies', () => {
  const originals = Array.from({ length: 200 }, (_, seed) => picture(seed));
  const random = new Random('grain');
  const turned = orientations.map((orientation, i) =>
    oriented(originals[i]!, orientation).map((value) => value + random.normal()),
  );
  assert.deepEqual(
    pairsOf([...originals, ...turned]).map(({ first, second, orientation }) => [
      first,
      second,
      orientation,
    ]),
    orientations.map((orientation, i) => [i, 200 + i, orientation]),
  );
});

test('a symmetric picture is a copy of itself, not a mirrored one', () => {
  const half = picture(3);
  const mirror = oriented(half, 'mirrored');
  const both = half.map((value, i) => (value + mirror[i]!) / 2);
  const pairs = pairsOf([both, both]);
  assert.deepEqual(
    pairs.map(({ orientation }) => orientation),
    ['upright'],
  );
});

test('the pairs are exactly those that comparing all pictures finds, at every distance that is allowed', () => {
  const random = new Random('faint and strong noise');
  const pictures = Array.from({ length: 300 }, (_, index) => {
    const noise = 0.5 * (index % 20);
    return picture(index % 15).map((value) => value + noise * random.normal());
  });
  const hashes = pictures.map((grey) => perceptualHash(grey)!);
  const upright = pairsOf(pictures).filter(({ orientation }) => orientation === 'upright');
  const expected = hashes.flatMap((hash, first) =>
    hashes.flatMap((later, second) =>
      second > first && hashDistance(hash, later) <= 10 ? [[first, second]] : [],
    ),
  );
  assert.deepEqual(
    upright.map(({ first, second }) => [first, second]),
    expected,
  );
  assert.deepEqual(new Set(upright.map(({ distance }) => distance)), new Set([0, 2, 4, 6, 8, 10]));
});
