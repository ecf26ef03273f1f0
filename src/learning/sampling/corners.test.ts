import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornersOf } from './corners.ts';
import { exists, type Space } from './space.ts';

const valuesOf = (space: Space, name: string) =>
  new Set(cornersOf(space).flatMap((values) => (name in values ? [values[name]] : [])));

test('corners show every value of a choice and both ends of a range', () => {
  const space: Space = {
    rate: { logUniform: [0.001, 0.1] },
    depth: { int: [1, 5] },
    optimizer: { choice: ['adam', 'sgd', 'rmsprop'] },
  };
  assert.deepEqual(cornersOf(space), [
    { rate: 0.001, depth: 1, optimizer: 'adam' },
    { rate: 0.1, depth: 5, optimizer: 'sgd' },
    { rate: 0.001, depth: 1, optimizer: 'rmsprop' },
  ]);
});

test('a parameter that needs a value inside of a range, or several values, is in a corner', () => {
  const space: Space = {
    layers: { int: [1, 4] },
    size: { choice: ['small', 'large'] },
    optimizer: { choice: ['sgd', 'adam'] },
    second: { int: [4, 16], when: { layers: [2, 3] } },
    momentum: { uniform: [0, 0.9], when: { optimizer: 'adam', size: 'small' } },
    third: { choice: [true, null], when: { second: 16, momentum: 0.9, layers: [3, 4] } },
  };
  assert.deepEqual(valuesOf(space, 'second'), new Set([4, 16]));
  assert.deepEqual(valuesOf(space, 'momentum'), new Set([0, 0.9]));
  assert.deepEqual(valuesOf(space, 'third'), new Set([true, null]));
  for (const values of cornersOf(space))
    for (const [name, parameter] of Object.entries(space))
      assert.equal(name in values, exists(parameter, values), name);
});

test('a parameter whose conditions exclude each other is in no corner', () => {
  const space: Space = {
    a: { int: [1, 4] },
    b: { int: [1, 2], when: { a: 2 } },
    c: { int: [1, 2], when: { a: 3, b: 1 } },
    d: { int: [1, 2], when: { e: 1 } },
    e: { int: [1, 2], when: { d: 1 } },
  };
  assert.deepEqual(valuesOf(space, 'b'), new Set([1, 2]));
  assert.deepEqual(valuesOf(space, 'c'), new Set());
  assert.deepEqual(valuesOf(space, 'd'), new Set(), 'and neither is one that needs a later one');
});
