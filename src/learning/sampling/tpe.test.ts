import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Random } from '../../random.ts';
import { normalCdf } from '../metrics/intervals/normal-distribution.ts';
import { ParzenEstimator } from './parzen.ts';
import type { Space, Values } from './space.ts';
import { ended } from './testing-searches.ts';
import { estimatorOf as densityOf, sidesOf, weightsOf } from './tpe.ts';
import type { Trial } from './trial.ts';

it('gives the last 25 trials their full weight, and older ones less and less', () => {
  assert.deepEqual(weightsOf(3), [1, 1, 1]);
  const weights = weightsOf(35);
  assert.equal(weights[0], 1 / 35);
  assert.deepEqual(weights.slice(10), new Array(25).fill(1));
  assert.ok(
    weights.slice(0, 10).every((weight, index) => index === 0 || weight > weights[index - 1]!),
  );
  assert.equal(weightsOf(26)[0], 1 / 26);
});

/** An estimator of one parameter, from some of its values. */
function estimatorOf(space: Space, values: readonly Values[], joint = false): ParzenEstimator {
  return new ParzenEstimator({
    parameters: space,
    values,
    weights: values.map(() => 1),
    bandwidth: joint ? 'spread' : 'neighbours',
  });
}

it('has a density whose integral is 1, for real numbers', () => {
  const estimator = estimatorOf({ x: { uniform: [0, 2] } }, [{ x: 0.1 }, { x: 0.2 }, { x: 1.9 }]);
  const steps = 20_000;
  let integral = 0;
  for (let step = 0; step < steps; step++) {
    integral += (Math.exp(estimator.logDensity({ x: ((step + 0.5) / steps) * 2 })) * 2) / steps;
  }
  assert.ok(Math.abs(integral - 1) < 1e-6, String(integral));
});

it('has chances whose sum is 1, for integers and choices together', () => {
  const space: Space = { n: { int: [1, 6] }, c: { choice: ['a', { id: 'b' }, 3] } };
  const estimator = estimatorOf(
    space,
    [
      { n: 2, c: 'a' },
      { n: 5, c: { id: 'b' } },
    ],
    true,
  );
  const cells = [1, 2, 3, 4, 5, 6].flatMap((n) => ['a', { id: 'b' }, 3].map((c) => ({ n, c })));
  const sum = cells.reduce((total, cell) => total + Math.exp(estimator.logDensity(cell)), 0);
  assert.ok(Math.abs(sum - 1) < 1e-12, String(sum));
});

it('has kernels as wide as the normal reference rule says, for several parameters together', () => {
  const space: Space = { x: { uniform: [0, 100] }, y: { uniform: [-1, 1] } };
  const at = (x: number, y: number) => ({ x, y });
  const places = [40, 44, 48, 52, 56, 60, 45, 55].map((x, index) => at(x, index / 4 - 1));
  const estimator = estimatorOf(space, places, true);
  const deviation = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  const width = (values: readonly number[]) => 1.06 * deviation(values) * 8 ** (-1 / 6);
  const wx = Math.max(100 / 10, width(places.map(({ x }) => x)));
  const wy = width(places.map(({ y }) => y));
  const inside = (mean: number, width: number, [low, high]: readonly [number, number]) =>
    normalCdf((high - mean) / width) - normalCdf((low - mean) / width);
  const kernel = (value: number, mean: number, width: number, range: readonly [number, number]) =>
    Math.exp(-(((value - mean) / width) ** 2) / 2) /
    (width * Math.sqrt(2 * Math.PI) * inside(mean, width, range));
  const product = (mean: Values, widths: readonly [number, number]) =>
    kernel(47, mean['x'] as number, widths[0], [0, 100]) *
    kernel(0.1, mean['y'] as number, widths[1], [-1, 1]);
  const kernels = [...places.map((mean) => product(mean, [wx, wy])), product(at(50, 0), [100, 2])];
  const expected = kernels.reduce((sum, value) => sum + value, 0) / kernels.length;
  assert.ok(Math.abs(estimator.logDensity(at(47, 0.1)) - Math.log(expected)) < 1e-12);
});

it('draws values as often as its density says', () => {
  const space: Space = { n: { int: [1, 4] } };
  const estimator = estimatorOf(space, [{ n: 1 }, { n: 1 }, { n: 4 }]);
  const random = new Random(1);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 20_000; draw++)
    counts[(estimator.draw(random)['n'] as number) - 1]! += 1;
  for (const [index, count] of counts.entries()) {
    const chance = Math.exp(estimator.logDensity({ n: index + 1 }));
    assert.ok(
      Math.abs(count / 20_000 - chance) < 0.015,
      `${index + 1}: ${count / 20_000}, ${chance}`,
    );
  }
});

it('is uniform for a choice, and centred for a range, where nothing was observed', () => {
  const estimator = estimatorOf({ c: { choice: [1, 2, 3, 4] } }, []);
  assert.ok(Math.abs(Math.exp(estimator.logDensity({ c: 3 })) - 0.25) < 1e-12);
  const range = estimatorOf({ x: { uniform: [0, 1] } }, []);
  assert.equal(range.logDensity({ x: 0.2 }), range.logDensity({ x: 0.8 }));
});

/** A history of Optuna's, as its script writes it, with the logarithms of densities at points. */
interface GoldenHistory {
  readonly trials: readonly (Values & { readonly loss: number })[];
  readonly points: readonly Values[];
  /** The numbers of the good trials. */
  readonly good: readonly number[];
  readonly alone: Readonly<Record<string, Densities>>;
}

/** Of the good trials, and of all others. */
type Densities = Readonly<Record<'good' | 'others', readonly number[]>>;

const golden = new URL('../../../test/golden/tpe.json', import.meta.url);
const { histories } = JSON.parse(readFileSync(golden, 'utf8')) as {
  readonly histories: readonly GoldenHistory[];
};
const goldenSpace: Space = {
  rate: { logUniform: [1e-4, 1e-1] },
  dropout: { uniform: [0, 0.5] },
  width: { int: [4, 4000] },
  optimizer: { choice: ['sgd', 'adam', 'rmsprop'] },
};

for (const { trials: rows, points, good, alone } of histories) {
  describe(`after ${rows.length} trials`, () => {
    const trials = rows.map(
      ({ loss, ...values }, index): Trial => ({ number: index + 1, values, outcome: ended(loss) }),
    );
    const sides = sidesOf(trials);
    const isNear = (space: Space, expected: Densities) => {
      for (const side of ['good', 'others'] as const) {
        const density = densityOf(space, sides[side], 'neighbours');
        for (const [index, point] of points.entries()) {
          const difference = Math.abs(density.logDensity(point) - expected[side][index]!);
          assert.ok(difference < 1e-6, `${side}, point ${index}: off by ${difference}`);
        }
      }
    };

    it('counts the same trials as good as Optuna does', () => {
      assert.deepEqual(
        sides.good.map(({ number }) => number),
        good,
      );
    });
    for (const [name, expected] of Object.entries(alone)) {
      it(`has the densities of Optuna for ${name} alone`, () => {
        isNear({ [name]: goldenSpace[name]! }, expected);
      });
    }
  });
}
