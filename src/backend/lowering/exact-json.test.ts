import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactJson } from './exact-json.ts';

test('numbers that JSON writes alike, or not at all, are told apart', () => {
  const numbers = [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 7n];

  assert.equal(
    exactJson({ name: 'pads', numbers }),
    '{"name":"pads","numbers":[0,"-0",1.5,"NaN","Infinity","-Infinity","7"]}',
  );
});
