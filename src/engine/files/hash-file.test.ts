import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { hashFile } from './hash-file.ts';

test('all of a file is hashed, also where it is longer or shorter than its size was', async (t) => {
  const path = join(temporaryFolder(t), 'file');
  for (const length of [0, 1, 1000, 1 << 20, (1 << 20) + 1, 9 << 20]) {
    const bytes = Buffer.alloc(length, 'text');
    writeFileSync(path, bytes);
    for (const size of [undefined, length, 0, 500, 2000, 1 << 20]) {
      assert.equal(await hashFile(path, size), sha256(bytes), `${length} bytes, taken for ${size}`);
    }
  }
});

test('many small files at once do not mix', async (t) => {
  const folder = temporaryFolder(t);
  const texts = Array.from({ length: 100 }, (_, i) => `${i} `.repeat(i));
  for (const [i, text] of texts.entries()) writeFileSync(join(folder, String(i)), text);
  const digests = await Promise.all(texts.map((_, i) => hashFile(join(folder, String(i)))));
  assert.deepEqual(
    digests,
    texts.map((text) => sha256(text)),
  );
});
