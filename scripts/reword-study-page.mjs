// Writes docs/study.md again after a change of the words in pipelines/texts/study-page.md, of the
// scores in docs/study/study.restage: node scripts/reword-study-page.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyStudy } from './copy-study.mjs';

const docs = process.argv[2] ?? fileURLToPath(new URL('../docs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'study-'));
try {
  execFileSync('sh', [join(docs, 'study/again.sh'), folder], { stdio: 'inherit' });
  await copyStudy(join(folder, 'artifacts/study-docs-page/text/document'), docs);
} finally {
  rmSync(folder, { recursive: true });
}
