import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { permutation, Random } from './random.ts';

test('the same seeds give the same stream, on every machine', () => {
  const random = new Random(7, 'faces');
  assert.deepEqual(
    Array.from({ length: 4 }, () => random.uint32()),
    [1284923807, 3822613294, 579250554, 3327158075],
  );
});

test('streams of seeds that differ in one part have nothing in common', () => {
  const draw = (...seeds: (number | string)[]) => {
    const random = new Random(...seeds);
    return Array.from({ length: 100 }, () => random.uint32());
  };
  const all = [
    draw(0),
    draw(1),
    draw(0, 0),
    draw(0, 1),
    draw(1, 0),
    draw('0'),
    draw('a', 'b'),
    draw('ab'),
    draw(),
  ];
  assert.equal(new Set(all.flat()).size, 900);
});

test('a million floats lie in [0, 1) with the mean, spread and neighbour correlation of a uniform distribution', () => {
  const random = new Random(1);
  const count = 1e6;
  let sum = 0;
  let squares = 0;
  let products = 0;
  let previous = random.float();
  for (let i = 0; i < count; i++) {
    const value = random.float();
    assert.ok(value >= 0 && value < 1);
    sum += value;
    squares += (value - 0.5) ** 2;
    products += (value - 0.5) * (previous - 0.5);
    previous = value;
  }
  assert.ok(Math.abs(sum / count - 0.5) < 0.001);
  assert.ok(Math.abs(squares / count - 1 / 12) < 0.001);
  assert.ok(Math.abs(products / count) < 0.001);
});

test('normal draws have mean 0 and deviation 1, one by one and many at once', () => {
  const random = new Random(2);
  const many = new Float32Array(100_001);
  random.normals(many);
  for (const draws of [Array.from({ length: 100_000 }, () => random.normal()), Array.from(many)]) {
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    assert.ok(Math.abs(mean) < 0.02);
    assert.ok(Math.abs(variance - 1) < 0.03);
  }
  const products = many.reduce(
    (sum, value, i) => sum + (i % 2 === 0 ? 0 : value * many[i - 1]!),
    0,
  );
  assert.ok(Math.abs(products / 50_000) < 0.02, 'those of a pair are independent');
});

test('a permutation holds every index once', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer(), (length, seed) => {
      const order = permutation(length, new Random(seed));
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        Array.from({ length }, (_, index) => index),
      );
    }),
  );
});

test('a tally counts the integers of single calls, and leaves the stream where they do', () => {
  for (const bound of [1, 2, 7, 100, 65_536, 3 * 2 ** 29]) {
    const first = new Random('tally', bound);
    const second = new Random('tally', bound);
    const size = Math.min(bound, 100_000);
    const counts = new Uint8Array(size + 2);
    const expected = new Uint8Array(size + 2);
    first.tally(bound, 200, counts, 2);
    for (let i = 0; i < 200; i++) {
      const index = 2 + second.integer(bound);
      if (index < expected.length) expected[index]!++;
    }
    const next = second.uint32();
    assert.deepEqual([counts, first.uint32()], [expected, next]);
    const uncounted = new Random('tally', bound);
    uncounted.tally(bound, 200);
    assert.equal(uncounted.uint32(), next);
  }
});

test('all six orders of three things come up equally often', () => {
  const random = new Random(3);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = permutation(3, random).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150);
});
