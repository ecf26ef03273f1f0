import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

test('the docs say of every code that the source reports what it means and what to do, in alphabetical order', () => {
  const root = join(import.meta.dirname, '../../..');
  const sources = ['src/engine', 'src/cli'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/\.(test|slow)\.|testing-/.test(name))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  );
  const reported = sources.flatMap((text) =>
    [
      ...text.matchAll(/(?:code: |code = .*|mistake\(|[fF]ail\(|missing\(\w+, )'([a-z-]+)'(?: : '([a-z-]+)')?/g),
    ].flatMap(([, code, other]) => [code!, ...(other === undefined ? [] : [other])]),
  );
  const page = readFileSync(join(root, 'docs/diagnostics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| .+\. \| .+\. \|$/gm)].map(([, code]) => code!);
  assert.deepEqual(rows, [...new Set(reported)].sort());
});
