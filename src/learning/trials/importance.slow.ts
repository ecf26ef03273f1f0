import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../random.ts';
import { divideVariance, effectsOf, importanceOf, pointsOf } from './importance.ts';
import { type Design, growTree } from './regression-tree.ts';

/** A design of every combination of these numbers of levels, with a value for each. */
function grid(
  counts: readonly number[],
  resultOf: (levels: readonly number[]) => number,
  isOrdered = true,
): Design {
  const combinations = counts.reduce<readonly (readonly number[])[]>(
    (all, count) =>
      all.flatMap((before) => Array.from({ length: count }, (_, level) => [...before, level])),
    [[]],
  );
  return {
    values: Float64Array.from(combinations, resultOf),
    settings: counts.map((count, setting) => ({
      count,
      isOrdered,
      levels: Int32Array.from(combinations, (levels) => levels[setting]!),
    })),
  };
}

/** A design of uniform draws, each value a level of its own. */
function drawn(
  trials: number,
  settings: number,
  seed: number,
  resultOf: (at: readonly number[]) => number,
): Design {
  const random = new Random('design', seed);
  const points = Array.from({ length: trials }, () =>
    Array.from({ length: settings }, () => random.float()),
  );
  return {
    values: Float64Array.from(points, resultOf),
    settings: Array.from({ length: settings }, (_, setting) => {
      const order = [...points.keys()].sort((a, b) => points[a]![setting]! - points[b]![setting]!);
      const levels = new Int32Array(trials);
      for (const [level, trial] of order.entries()) levels[trial] = level;
      return { count: trials, isOrdered: true, levels };
    }),
  };
}

/** The shares of one tree that has all trials once. */
function sharesOf(design: Design): readonly number[] {
  const tree = growTree(
    design,
    design.values.map(() => 1),
  );
  return divideVariance([effectsOf(tree, design, pointsOf(design, new Random(1)))]).shares;
}
const rounded = (shares: readonly number[]) => shares.map((share) => Number(share.toFixed(10)));

test('the example of the docstring', () => {
  const design = grid([2, 2], ([a, b]) => a! + 2 * b!);
  assert.deepEqual(rounded(sharesOf(design)), [0.2, 0.8, 0]);
});

test('on a full grid the shares are those of the analysis of variance, also of categories', () => {
  const number = fc.double({ min: -1, max: 1, noNaN: true });
  const effects = fc.tuple(
    fc.array(number, { minLength: 3, maxLength: 3 }),
    fc.array(number, { minLength: 4, maxLength: 4 }),
    fc.array(number, { minLength: 12, maxLength: 12 }),
  );
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = (values: readonly number[]) => mean(values.map((v) => (v - mean(values)) ** 2));
  fc.assert(
    fc.property(effects, fc.boolean(), ([rows, columns, cells], isOrdered) => {
      const resultOf = ([a, b]: readonly number[]) =>
        rows[a!]! + columns[b!]! + cells[4 * a! + b!]!;
      const design = grid([3, 4], resultOf, isOrdered);
      const total = variance([...design.values]);
      fc.pre(total > 1e-6);
      const ofRows = [0, 1, 2].map((a) => mean([0, 1, 2, 3].map((b) => resultOf([a, b]))));
      const ofColumns = [0, 1, 2, 3].map((b) => mean([0, 1, 2].map((a) => resultOf([a, b]))));
      const expected = [variance(ofRows) / total, variance(ofColumns) / total];
      const shares = sharesOf(design);
      const wanted = [...expected, 1 - expected[0]! - expected[1]!];
      for (const [at, share] of shares.entries())
        assert.ok(Math.abs(share - wanted[at]!) < 1e-9, `${shares} is not ${wanted}`);
    }),
    { numRuns: 100 },
  );
});

test('of functions whose shares are known the forest finds them', () => {
  const found = (resultOf: (at: readonly number[]) => number) => {
    const design = drawn(300, 3, 1, resultOf);
    const { settings, together } = importanceOf(design, { trees: 50, random: new Random(1) });
    return [...settings, together].map(({ share }) => share);
  };
  const assertNear = (shares: readonly number[], known: readonly number[], tolerance: number) => {
    for (const [at, share] of known.entries())
      assert.ok(Math.abs(shares[at]! - share) < tolerance, `${shares} is not ${known}`);
  };
  assertNear(
    found(([x, y]) => x! + 2 * y!),
    [0.2, 0.8, 0, 0],
    0.03,
  );
  const sine = (x: number) => Math.sin(Math.PI * (2 * x - 1));
  // The variance of sin is 1/2, that of 7 sin² 49/8.
  assertNear(
    found(([x, y]) => sine(x!) + 7 * sine(y!) ** 2),
    [0.0755, 0.9245, 0, 0],
    0.05,
  );
  assertNear(
    found(([x, y]) => (x! - 0.5) * (y! - 0.5)),
    [0, 0, 0, 1],
    0.06,
  );
});

test('the error is about the spread over sweeps of other trials', () => {
  const noisy = new Random('noise');
  const resultOf = ([x, y]: readonly number[]) => x! + 0.5 * y! + 0.3 * noisy.normal();
  const sweeps = Array.from({ length: 24 }, (_, seed) =>
    importanceOf(drawn(60, 2, seed, resultOf), { trees: 120, random: new Random(seed) }),
  );
  const shares = sweeps.map(({ settings }) => settings[0]!.share);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const spread = Math.sqrt(
    shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (shares.length - 1),
  );
  const errors = sweeps.map(({ settings }) => settings[0]!.error);
  const error = errors.reduce((sum, each) => sum + each, 0) / errors.length;
  assert.ok(error > spread / 2 && error < 2 * spread, `${error} against ${spread}`);
});

test('a value that never changes has no shares, and neither has a setting that nothing follows', () => {
  const constant = grid([3, 3], () => 0.5);
  const options = { trees: 50, random: new Random(1) };
  const { settings, together } = importanceOf(constant, options);
  assert.deepEqual(
    [...settings, together].map(({ share }) => share),
    [0, 0, 0],
  );
  const one = importanceOf(
    grid([5, 5], ([a]) => a!),
    options,
  );
  assert.ok(one.settings[0]!.share > 0.95 && one.settings[1]!.share < 0.05);
});
