import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inRepository } from './support/pages.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

test('the command that the published study names makes its text again, to the byte', (t) => {
  const folder = temporaryFolder(t);
  execFileSync('sh', [inRepository('docs/study/again.sh'), folder], { stdio: 'ignore' });
  const again = join(folder, 'artifacts/study-docs-page/text/document/study.md');
  assert.equal(readFileSync(again, 'utf8'), readFileSync(inRepository('docs/study.md'), 'utf8'));
});
