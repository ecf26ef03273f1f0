import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparableTrials, promotionIn, rungsOf } from './halving.ts';
import { proposeTrial } from './propose-trial.ts';
import type { Space } from './space.ts';
import { ended } from './testing-searches.ts';
import type { Outcome, Trial } from './trial.ts';

const halving = { resource: 'epochs', least: 1, most: 9, factor: 3 };
const space: Space = { rate: { logUniform: [1e-4, 1e-1] } };

/** Trials as a table: how far each went, its loss (`?` while it is pending), what it continues. */
type Row = readonly [epochs: number, loss: number | '?' | 'failed', continues?: number];
const trialsOf = (rows: readonly Row[]): readonly Trial[] =>
  rows.map(([epochs, loss, continues], index) => {
    const states: Readonly<Record<string, Outcome>> = {
      '?': { state: 'pending' },
      failed: { state: 'failed' },
    };
    return {
      number: index + 1,
      values: { rate: 0.01 * (continues ?? index + 1), epochs },
      ...(continues !== undefined && { continues }),
      outcome: typeof loss === 'number' ? ended(loss) : states[loss]!,
    };
  });

it('has rungs that are powers of the factor apart', () => {
  assert.deepEqual(rungsOf(halving), [1, 3, 9]);
  assert.deepEqual(rungsOf({ ...halving, least: 2, most: 16, factor: 2 }), [2, 4, 8, 16]);
  assert.deepEqual(rungsOf({ ...halving, most: 1 }), [1]);
});

/** What algorithm 2 of Li et al. 2020 does next: `[trial, epochs]`, or nothing for new values. */
const cases: readonly (readonly [
  string,
  readonly Row[],
  readonly [trial: number, epochs: number] | undefined,
])[] = [
  ['begins with new values', [], undefined],
  [
    'promotes nobody of two',
    [
      [1, 0.5],
      [1, 0.4],
    ],
    undefined,
  ],
  [
    'promotes the best of three',
    [
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
    ],
    [2, 3],
  ],
  [
    'counts only trials that have ended',
    [
      [1, 0.5],
      [1, 0.4],
      [1, '?'],
    ],
    undefined,
  ],
  [
    'promotes a trial once',
    [
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
      [3, '?', 2],
    ],
    undefined,
  ],
  [
    'promotes the second of six',
    [
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
      [3, '?', 2],
      [1, 0.7],
      [1, 0.8],
      [1, 0.9],
    ],
    [1, 3],
  ],
  [
    'promotes a later trial that is better, although as many have advanced',
    [
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
      [3, '?', 2],
      [1, 0.1],
      [1, 0.2],
    ],
    [5, 3],
  ],
  [
    'looks at the highest rung first',
    [
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
      [3, 0.3, 2],
      [1, 0.1],
      [1, 0.2],
      [1, 0.9],
      [3, 0.05, 5],
      [3, 0.15, 6],
      [1, 0.01],
      [1, 0.8],
      [1, 0.85],
    ],
    [8, 9],
  ],
  [
    'promotes from a lower rung where the higher one has nobody',
    [
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
      [3, 0.3, 2],
      [1, 0.1],
      [1, 0.2],
      [1, 0.9],
      [3, '?', 5],
      [1, 0.01],
      [1, 0.8],
      [1, 0.85],
    ],
    [9, 3],
  ],
  [
    'counts a failed trial on its rung',
    [
      [1, 'failed'],
      [1, 'failed'],
      [1, 0.6],
    ],
    [3, 3],
  ],
  [
    'never promotes a failed one',
    [
      [1, 'failed'],
      [1, 'failed'],
      [1, 'failed'],
    ],
    undefined,
  ],
  [
    'promotes the earlier of two equal ones',
    [
      [1, 0.5],
      [1, 0.5],
      [1, 0.6],
    ],
    [1, 3],
  ],
  [
    'promotes nobody from the top rung',
    [
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
      [3, 0.3, 2],
      [9, 0.1, 4],
      [9, 0.1],
      [9, 0.2],
    ],
    undefined,
  ],
];

describe('asynchronous successive halving', () => {
  for (const [does, rows, expected] of cases) {
    it(does, () => {
      const trials = trialsOf(rows);
      const promotion = promotionIn(trials, halving);
      assert.deepEqual(promotion && [promotion.trial.number, promotion.resource], expected);
      const proposal = proposeTrial(
        { space, sampler: 'random', seed: 1, startup: 10, halving },
        trials,
      );
      if (expected === undefined) {
        assert.equal(proposal.continues, undefined);
        assert.equal(proposal.values['epochs'], 1);
      } else {
        const { rate } = trials[expected[0] - 1]!.values;
        assert.deepEqual(proposal, {
          values: { rate, epochs: expected[1] },
          continues: expected[0],
        });
      }
    });
  }

  it('lets a sampler compare trials of the highest rung on which enough have ended', () => {
    const trials = trialsOf([
      [1, 0.5],
      [1, 0.4],
      [1, 0.6],
      [3, 0.3, 2],
      [1, 0.2],
      [3, 0.1, 5],
    ]);
    const numbers = (enough: number) =>
      comparableTrials(trials, halving, enough).map(({ number }) => number);
    assert.deepEqual(numbers(2), [4, 6]);
    assert.deepEqual(numbers(3), [1, 2, 3, 5]);
    assert.deepEqual(numbers(9), [1, 2, 3, 5]);
  });
});
