import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosticCodes, fileCodes, projectCodes } from './codes.ts';

test('every code says in sentences what it means and what to do, in alphabetical order on its page', () => {
  for (const table of [fileCodes, projectCodes]) {
    const codes = Object.keys(table);
    assert.deepEqual(codes, codes.toSorted());
  }
  const texts = Object.values(diagnosticCodes).flatMap(({ means, advice }) => [means, advice]);
  assert.deepEqual(
    texts.filter((text) => !/^[A-Z`$].*\.$/.test(text)),
    [],
  );
});
