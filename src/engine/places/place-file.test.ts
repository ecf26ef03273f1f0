import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import type { Stage } from '../config/pipeline.ts';
import { placeOf } from './place-file.ts';
import type { PlaceSpec } from './place-spec.ts';

test('a stage runs at its own place or that of the command, and here where the place lists its kind as local', () => {
  const byName = new Map(
    ['big', 'small'].map((name) => [name, partialValue<PlaceSpec>({ name, local: ['plot'] })]),
  );
  const placeFor = (kind: string, on?: string, place?: string) =>
    placeOf({ kind, place } as Stage, { byName, localGpus: undefined }, on)?.name;
  assert.deepEqual(
    [
      placeFor('train'),
      placeFor('train', 'big'),
      placeFor('train', 'big', 'small'),
      placeFor('train', 'big', 'local'),
    ],
    [undefined, 'big', 'small', undefined],
  );
  assert.deepEqual(
    [placeFor('plot', 'big'), placeFor('plot', 'big', 'small')],
    [undefined, undefined],
  );
});
