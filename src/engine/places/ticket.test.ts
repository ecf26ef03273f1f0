import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stage } from '../config/pipeline.ts';
import type { PlaceSpec } from './place-spec.ts';
import { needsOf } from './ticket.ts';

const place = { cpu: 16, gpu: 2, memory: { default: 4, most: 64 } } as PlaceSpec;

const needs = (resources: Partial<Stage['resources']>, memory = 0) =>
  needsOf({ resources: { cpu: 1, gpu: 0, memory: 0, ...resources } } as Stage, place, memory);

test('a stage with `cpu: all` asks for the cores of its place, and no stage for more than the place allows', () => {
  assert.deepEqual(needs({ cpu: Number.POSITIVE_INFINITY }), { cpu: 16, gpu: 0, memory: 4 });
  assert.deepEqual(needs({ cpu: 99, gpu: 3, memory: 99 }), { cpu: 16, gpu: 2, memory: 64 });
  assert.deepEqual(needs({ cpu: 2, gpu: 0.5, memory: 8 }), { cpu: 2, gpu: 0.5, memory: 8 });
});

test('a stage asks for the memory that it declares or that its results needed, whichever is more', () => {
  assert.deepEqual(
    [needs({}, 2).memory, needs({ memory: 8 }, 6).memory, needs({}, 99).memory],
    [2, 8, 64],
  );
});
