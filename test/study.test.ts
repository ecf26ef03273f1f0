import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { digestOf, type Sources } from '../stages/write-up/run.ts';
import { checkDocument } from './support/check-document.ts';

const inRepository = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const template = (name: string): string => readFileSync(inRepository(`pipelines/texts/${name}.md`), 'utf8');

test('docs/study.md says what its run said; `node scripts/write-study.mjs` writes it anew', () => {
  const names = ['summary', 'published', 'corrections'];
  const parts = Object.fromEntries(names.map((name) => [name, template(name)]));
  assert.deepEqual(checkDocument(inRepository('docs'), 'study', template('study'), parts), []);
  const sources: Sources = JSON.parse(readFileSync(inRepository('docs/study/sources.json'), 'utf8'));
  assert.equal(
    sources.parts['published']!.artifacts['others'],
    digestOf(inRepository('pipelines/texts/published.csv')),
  );
});
