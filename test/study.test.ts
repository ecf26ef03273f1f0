import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkDocument } from '../stages/write-up/sources.ts';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const isWritten = existsSync(`${docs}/study.md`);

test('docs/study.md says what its run said; `node scripts/write-study.mjs` writes it anew', {
  skip: !isWritten && 'not written yet',
}, () => {
  const template = readFileSync(fileURLToPath(new URL('../pipelines/texts/study.md', import.meta.url)), 'utf8');
  assert.deepEqual(checkDocument(docs, 'study', template), []);
});
