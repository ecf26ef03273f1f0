import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../random.ts';
import { proposeTrial } from './propose-trial.ts';
import { defaultStartup, samplerNames } from './samplers.ts';
import { exists, isInside, type Space, type Values } from './space.ts';
import { ended, mixedSpace, searchWith } from './testing-searches.ts';
import type { Outcome } from './trial.ts';

const startup = defaultStartup;

/** A loss with noise, in which every fifth trial fails and every seventh is still pending. */
function noisy(values: Values, number: number): Outcome {
  if (number % 5 === 0) return { state: 'failed' };
  if (number % 7 === 0) return { state: 'pending' };
  const { rate, width, momentum = 0.5 } = values as Record<string, number>;
  const distance = (Math.log10(rate!) + 2.5) ** 2 + (width! / 64 - 0.5) ** 2 + momentum;
  return ended(distance + 0.1 * new Random('noise', number).normal());
}

for (const sampler of samplerNames) {
  describe(`the sampler ${sampler}`, () => {
    it('proposes the same trial for the same history, in any order of the runs', () => {
      const search = { space: mixedSpace, sampler, seed: 3, startup };
      const trials = searchWith(search, 60, noisy);
      for (const { number, values } of trials) {
        const before = structuredClone(trials.slice(0, number - 1));
        assert.deepEqual(proposeTrial(search, before).values, values);
      }
    });

    it('proposes values inside of the space, without parameters that do not exist', () => {
      for (const seed of [1, 2, 3]) {
        const trials = searchWith({ space: mixedSpace, sampler, seed, startup }, 60, noisy);
        for (const { values } of trials) {
          for (const [name, parameter] of Object.entries(mixedSpace)) {
            assert.equal(name in values, exists(parameter, values), name);
            if (name in values)
              assert.ok(isInside(parameter, values[name]!), `${name}: ${values[name]}`);
          }
          assert.deepEqual(
            Object.keys(values),
            Object.keys(mixedSpace).filter((name) => name in values),
          );
        }
      }
    });

    it('spreads the values of a logarithmic range over its decades', () => {
      const space: Space = { rate: { logUniform: [1e-6, 1] } };
      const trials = searchWith({ space, sampler, seed: 1, startup: 1000 }, 600, () => ended(0));
      const decades = trials.map(({ values }) => Math.floor(-Math.log10(values['rate'] as number)));
      for (let decade = 0; decade < 6; decade++) {
        const share = decades.filter((each) => each === decade).length / 600;
        assert.ok(Math.abs(share - 1 / 6) < 0.05, `${share} of the values in decade ${decade}`);
      }
    });

    it('reaches both ends of a range of integers, each as often as any other', () => {
      const space: Space = { depth: { int: [2, 5] } };
      const trials = searchWith({ space, sampler, seed: 1, startup: 1000 }, 600, () => ended(0));
      for (const depth of [2, 3, 4, 5]) {
        const share = trials.filter(({ values }) => values['depth'] === depth).length / 600;
        assert.ok(Math.abs(share - 1 / 4) < 0.06, `${share} of the values are ${depth}`);
      }
    });

    it('proposes other trials for another seed', () => {
      const withSeed = (seed: number) =>
        proposeTrial({ space: mixedSpace, sampler, seed, startup }, []);
      assert.notDeepEqual(withSeed(1), withSeed(2));
    });
  });
}

const bowl: Space = { x: { uniform: [-5, 5] }, y: { uniform: [-5, 5] } };
const bowlLoss = ({ x, y }: Values) => ended((x as number) ** 2 + ((y as number) - 2) ** 2);

for (const sampler of ['tpe', 'tpe-univariate'] as const) {
  describe(`${sampler}, which learns,`, () => {
    it('finds the ground of a bowl better than random values do', () => {
      const bestOf = (name: typeof sampler | 'random') =>
        [1, 2, 3, 4, 5].map((seed) => {
          const search = { space: bowl, sampler: name, seed, startup };
          const trials = searchWith(search, 60, bowlLoss);
          return Math.min(...trials.map(({ outcome }) => ('loss' in outcome ? outcome.loss : 99)));
        });
      const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      assert.ok(mean(bestOf(sampler)) < mean(bestOf('random')) / 2);
    });

    it('keeps away from where trials fail', () => {
      const fails = ({ x, y }: Values): Outcome =>
        (x as number) > 0 ? { state: 'failed' } : ended((y as number) ** 2);
      const search = { space: bowl, sampler, seed: 1, startup };
      const trials = searchWith(search, 60, fails).slice(30);
      const failed = trials.filter(({ outcome }) => outcome.state === 'failed').length;
      assert.ok(failed < 6, `${failed} of the last 30 trials failed`);
    });

    it('proposes different trials while others are pending', () => {
      const search = { space: bowl, sampler, seed: 1, startup };
      const done = searchWith(search, 20, bowlLoss);
      const trials = [...done];
      while (trials.length < 28) {
        const { values } = proposeTrial(search, trials);
        trials.push({ number: trials.length + 1, values, outcome: { state: 'pending' } });
      }
      const keys = new Set(trials.map(({ values }) => JSON.stringify(values)));
      assert.equal(keys.size, 28);
    });

    it('proposes something where all trials fail', () => {
      const search = { space: mixedSpace, sampler, seed: 1, startup };
      const trials = searchWith(search, 30, () => ({ state: 'failed' }));
      assert.equal(trials.length, 30);
    });

    it('finds most trials of a finite space before it repeats one', () => {
      const space: Space = { a: { int: [1, 5] }, b: { choice: ['p', 'q', 'r', 's'] } };
      const search = { space, sampler, seed: 1, startup: 4 };
      const trials = searchWith(search, 20, ({ a }) => ended(a as number));
      const different = new Set(trials.map(({ values }) => JSON.stringify(values))).size;
      assert.ok(different >= 17, `${different} of 20 are different`);
    });
  });
}

describe('enqueued values', () => {
  const search = { space: mixedSpace, sampler: 'tpe', seed: 1, startup } as const;

  it('come as they are, and the others are drawn', () => {
    const { values } = proposeTrial(search, [], { optimizer: 'sgd', rate: 0.01 });
    assert.equal(values['rate'], 0.01);
    assert.equal(values['optimizer'], 'sgd');
    assert.ok('momentum' in values && 'nesterov' in values && 'width' in values);
  });

  it('leave out what does not exist beside them', () => {
    const { values } = proposeTrial(search, [], { optimizer: 'adam', momentum: 0.9 });
    assert.ok(!('momentum' in values));
  });
});
