import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import { compare } from '../../../sort-order.ts';
import { keyedSettings } from './settings.ts';

const schema = z.strictObject({
  epochs: z.int().default(5),
  name: z.string(),
  note: z.string().optional(),
  crop: z
    .strictObject({ padding: z.int().default(4), flip: z.boolean().default(true) })
    .prefault({}),
  steps: z.array(z.strictObject({ rate: z.number().default(1) })).default([]),
});

function keyed(given: JsonObject): JsonObject {
  return keyedSettings(schema, given, schema.parse(given) as JsonObject);
}

test('a default that is written out is left out of the fingerprint, also inside a map', () => {
  assert.deepEqual(keyed({ name: 'a' }), { name: 'a' });
  assert.deepEqual(keyed({ name: 'a', epochs: 5, crop: { padding: 4 }, steps: [] }), { name: 'a' });
  assert.deepEqual(keyed({ name: 'a', crop: { padding: 2, flip: true } }), {
    name: 'a',
    crop: { padding: 2 },
  });
});

test('inside lists defaults are filled in, so that both ways of writing are the same', () => {
  assert.deepEqual(keyed({ name: 'a', steps: [{}] }), { name: 'a', steps: [{ rate: 1 }] });
  assert.deepEqual(keyed({ name: 'a', steps: [{ rate: 1 }] }), { name: 'a', steps: [{ rate: 1 }] });
});

test('settings that a schema renames are kept whole', () => {
  const renaming = z.object({ a: z.int().default(1) }).transform(({ a }) => ({ b: a }));
  assert.deepEqual(keyedSettings(renaming, { a: 2 }, { b: 2 }), { b: 2 });
});

test('two ways of writing have the same fingerprint exactly when they mean the same', () => {
  const crop = fc.record(
    { padding: fc.integer({ min: 3, max: 5 }), flip: fc.boolean() },
    { requiredKeys: [] },
  );
  const steps = fc.array(fc.record({ rate: fc.constantFrom(1, 2) }, { requiredKeys: [] }), {
    maxLength: 2,
  });
  const given = fc.record(
    {
      epochs: fc.integer({ min: 4, max: 6 }),
      name: fc.constantFrom('a', 'b'),
      note: fc.constant('n'),
      crop,
      steps,
    },
    { requiredKeys: ['name'] },
  ) as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(given, given, (first, second) => {
      const same = JSON.stringify(schema.parse(first)) === JSON.stringify(schema.parse(second));
      assert.equal(
        JSON.stringify(sorted(keyed(first))) === JSON.stringify(sorted(keyed(second))),
        same,
      );
    }),
    { numRuns: 500 },
  );
});

/** Key order is no difference: the fingerprint sorts keys. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => compare(a, b)));
}
