import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { diagnosticCodes } from './codes.ts';

test('the docs say of every code what it means and what to do, in alphabetical order', () => {
  const page = readFileSync(new URL('../../../docs/diagnostics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| .+\. \| .+\. \|$/gm)];
  assert.deepEqual(
    rows.map(([, code]) => code),
    [...diagnosticCodes],
  );
});
