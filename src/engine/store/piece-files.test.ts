import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { PieceFiles } from './piece-files.ts';

test('a piece comes back by its key, for its kind alone, and only its user may read the record', async (t) => {
  const cache = temporaryFolder(t);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const pieces = new PieceFiles(cache, { base: sha256('faces'), isFresh: false }, warn);
  await pieces.keep({ video: 'a' }, { facts: { descriptors: [0.5, -0.25] } });

  assert.deepEqual(await pieces.restore({ video: 'a' }), { descriptors: [0.5, -0.25] });
  assert.equal(await pieces.restore({ video: 'b' }), undefined);
  const ofOthers = new PieceFiles(cache, { base: sha256('frames'), isFresh: false }, warn);
  assert.equal(await ofOthers.restore({ video: 'a' }), undefined);
  const [record] = readdirSync(join(cache, 'pieces'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  assert.equal(statSync(record!).mode & 0o777, 0o600);
  assert.deepEqual(warnings, []);
});
