import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosticCodes } from './codes.ts';

test('every code says in sentences what it means and what to do, in alphabetical order', () => {
  const codes = Object.keys(diagnosticCodes);
  assert.deepEqual(codes, codes.toSorted());
  const texts = Object.values(diagnosticCodes).flatMap(({ means, advice }) => [means, advice]);
  assert.deepEqual(
    texts.filter((text) => !/^[A-Z`$].*\.$/.test(text)),
    [],
  );
});
