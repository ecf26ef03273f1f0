import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diagnosticCodes } from './codes.ts';

test('the docs say of every code what it means and what to do, in alphabetical order', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/diagnostics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| .+\. \| .+\. \|$/gm)].map(([, code]) => code!);
  assert.deepEqual(rows, diagnosticCodes);
  assert.deepEqual(rows, rows.toSorted());
});
