import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanLine } from './plan-line.ts';
import { sumUpTrials } from './sum-up-trials.ts';

type Given = readonly [number: number, state: PlanLine['state'], note?: string];

const lines = (given: readonly Given[], hasValues = false): readonly PlanLine[] =>
  given.map(([number, state, note]) => ({
    stage: `fit[seed=1,trial=${number}]`,
    state,
    notes: note === undefined ? [] : [note],
    trial: { axis: 'trial', number, hasValues },
  }));

const shown = (given: readonly PlanLine[]) =>
  sumUpTrials(given).map(({ stage, notes }) => [stage, ...notes].join(': '));

test('trials that may run become one line, with what they have in common', () => {
  const given: readonly Given[] = [
    [1, 'up to date'],
    [2, 'stale', 'never ran'],
    [3, 'waiting', 'reads a'],
    [4, 'waiting', 'reads b'],
    [5, 'waiting', 'reads c'],
  ];
  assert.deepEqual(shown(lines(given)), [
    'fit[seed=1,trial=1]',
    'fit[seed=1,trial=2]: never ran',
    'fit[seed=1,trial=3…5]: 3 trials of a search, as they are proposed',
  ]);
});

test('what a plan says of single trials stays, as do values and gaps', () => {
  const stale: readonly Given[] = [
    [1, 'stale', 'never ran'],
    [2, 'stale', 'never ran'],
    [3, 'stale', 'forced'],
    [4, 'stale', 'never ran'],
  ];
  assert.equal(shown(lines(stale)).length, 4);
  const fresh: readonly Given[] = [1, 2, 3].map((number) => [number, 'up to date']);
  assert.equal(shown(lines(fresh, true)).length, 3);
  assert.deepEqual(shown(lines(fresh)), ['fit[seed=1,trial=1…3]: 3 trials of a search']);
  const gap: readonly Given[] = [1, 2, 4, 5].map((number) => [number, 'up to date']);
  assert.equal(shown(lines(gap)).length, 4);
  const alike = lines(fresh).map(({ trial: _, ...line }) => line);
  assert.deepEqual(sumUpTrials(alike), alike, 'members of a matrix are no trials of a search');
});
