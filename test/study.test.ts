import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDocument } from './support/check-document.ts';
import { inRepository, read } from './support/pages.ts';

test('docs/study.md is what its run wrote; `node scripts/reword-study-page.mjs` writes it again', () => {
  const template = read('pipelines/texts/study-page.md');
  const parts = { 'collapse-text': read('pipelines/texts/collapse-study.md') };
  assert.deepEqual(checkDocument(inRepository('docs'), 'study', template, parts), []);
});
