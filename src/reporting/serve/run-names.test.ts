import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PastRun } from '../history/past-run.ts';
import type { Item, StageSettings } from './changed-settings.ts';
import { nameRuns } from './run-names.ts';

const run = (pipeline: string): PastRun => ({
  id: pipeline,
  pipeline,
  outcome: 'succeeded',
  startedAt: 0,
  counts: {},
});

function stage(values: Readonly<Record<string, Item | readonly Item[]>>): StageSettings {
  const items = Object.entries(values).map(
    ([path, value]) => [path, new Set([value].flat() as Item[])] as const,
  );
  return { values: new Map(items), hasDefaults: true, isWhole: true };
}

const namesOf = (...runs: readonly Readonly<Record<string, StageSettings>>[]) =>
  nameRuns(
    runs.map(() => run('base')),
    runs.map((stages) => new Map(Object.entries(stages))),
  );

test('a run is named by the settings in which it differs from others of its pipeline', () => {
  const fit = (rate: number, seed: number) => ({
    fit: stage({ 'optimizer.learningRate': rate, seed, epochs: 5 }),
  });
  assert.deepEqual(namesOf(fit(0.001, 7), fit(0.0005, 7), fit(0.001, 8)), [
    'learningRate 0.001, seed 7',
    'learningRate 0.0005, seed 7',
    'learningRate 0.001, seed 8',
  ]);
});

test('runs that differ in nothing, and the only run of a pipeline, have no such name', () => {
  assert.deepEqual(namesOf({ fit: stage({ seed: 7 }) }, { fit: stage({ seed: 7 }) }), ['', '']);
  assert.deepEqual(namesOf({ fit: stage({ seed: 7 }) }), ['']);
});

test('of settings that always change together, the first names the runs', () => {
  const both = (seed: number) => ({ fit: stage({ seed }), scores: stage({ seed: seed * 2 }) });
  assert.deepEqual(namesOf(both(7), both(8)), ['seed 7', 'seed 8']);
});

test('two settings of the same last word are named with their stages', () => {
  assert.deepEqual(
    namesOf(
      { fit: stage({ seed: 7 }), scores: stage({ seed: 1 }) },
      { fit: stage({ seed: 8 }), scores: stage({ seed: 1 }) },
      { fit: stage({ seed: 8 }), scores: stage({ seed: 2 }) },
    ),
    ['fit.seed 7, scores.seed 1', 'fit.seed 8, scores.seed 1', 'fit.seed 8, scores.seed 2'],
  );
});

test('many values of a matrix are a range, and long ones are cut', () => {
  const [many, long] = namesOf(
    { fit: stage({ seed: [3, 1, 2, 4] }) },
    { fit: stage({ seed: 'x'.repeat(40) }) },
  );
  assert.deepEqual([many, long], ['seed 1 to 4', `seed ${'x'.repeat(23)}…`]);
});

test('the text of a program names nothing', () => {
  const command = (text: string) => ({ fit: stage({ run: text }) });
  assert.deepEqual(namesOf(command('echo 1\necho 2'), command('x'.repeat(61))), ['', '']);
});

test('a stage without a result names nothing', () => {
  const lost: StageSettings = { values: new Map(), hasDefaults: true, isWhole: false };
  assert.deepEqual(namesOf({ fit: stage({ seed: 7 }) }, { fit: lost }), ['', '']);
});

test('members are named by their axes, and not by what follows from these', () => {
  const member = (rate: number, seed: number, epochs: number) =>
    new Map([
      ['matrix', stage({ rate, seed })],
      ['fit', stage({ run: `node fit.mjs ${rate} ${seed}`, rate: rate * 10, epochs })],
    ]);
  const members = [member(0.1, 7, 5), member(0.2, 7, 5), member(0.1, 8, 5), member(0.1, 7, 9)];
  const rows = members.map((_, i) => ({ ...run('base'), member: `member ${i}` }));
  assert.deepEqual(nameRuns(rows, members), [
    'rate 0.1, seed 7, epochs 5',
    'rate 0.2, seed 7, epochs 5',
    'rate 0.1, seed 8, epochs 5',
    'rate 0.1, seed 7, epochs 9',
  ]);
});

test('of commands the words stand in a name in which they differ', () => {
  const command = (rate: number) => ({
    fit: stage({ run: `node fit.mjs ${rate} \${outputs.model}` }),
  });
  assert.deepEqual(namesOf(command(0.1), command(0.25)), ['run … 0.1 …', 'run … 0.25 …']);
});
