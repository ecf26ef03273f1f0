import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, type Sources } from '../stages/write-up/run.ts';
import { checkDocument } from './support/check-document.ts';
import { inRepository, read } from './support/pages.ts';

const template = (name: string): string => read(`pipelines/texts/${name}.md`);

test('docs/study.md is what its run wrote; `node scripts/write-study.mjs` writes it again', () => {
  const names = ['summary', 'published', 'corrections'];
  const parts = Object.fromEntries(names.map((name) => [name, template(name)]));
  assert.deepEqual(checkDocument(inRepository('docs'), 'study', template('study'), parts), []);
  const sources: Sources = JSON.parse(read('docs/study/sources.json'));
  assert.equal(
    sources.parts['published']!.artifacts['others'],
    digestOf(inRepository('pipelines/texts/published.csv')),
  );
});
