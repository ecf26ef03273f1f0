import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inRepository } from './support/pages.ts';

const stages = inRepository('stages');

test('titles of charts have at most 80 characters', () => {
  const files = readdirSync(stages, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.golden.json'),
  );
  const titles = files.flatMap((path) => {
    const { title } = JSON.parse(readFileSync(join(stages, path), 'utf8')) as {
      title?: { text?: readonly string[] };
    };
    return title?.text === undefined ? [] : [title.text.join(' ')];
  });
  assert.ok(titles.length > 20, `${titles.length} charts`);
  assert.deepEqual(
    titles.filter((title) => title.length > 80),
    [],
  );
});
