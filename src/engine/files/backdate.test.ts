import assert from 'node:assert/strict';
import { renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { backdate, isBackdated, isUnwritten, signFiles } from './backdate.ts';
import { DigestIndex } from './digest-index.ts';
import { fileListing } from './listing.ts';

test('a file is dated so long before its change that any later write has another time', (t) => {
  const file = join(writeFiles(temporaryFolder(t), { a: 'text' }), 'a');
  const fresh = statSync(file);
  const { mtimeMs } = fresh;
  assert.equal(isBackdated(fresh), false);
  backdate(file, fresh);
  const backdated = statSync(file);
  assert.ok(isBackdated(backdated));
  assert.ok(Math.abs(mtimeMs - 20 - backdated.mtimeMs) < 0.01);
  renameSync(file, `${file}.moved`);
  assert.ok(isUnwritten(backdated, statSync(`${file}.moved`)));
  writeFileSync(`${file}.moved`, 'TEXT');
  assert.equal(isUnwritten(backdated, statSync(`${file}.moved`)), false);
  utimesSync(`${file}.moved`, 0, mtimeMs / 1000);
  assert.equal(isUnwritten(backdated, statSync(`${file}.moved`)), false);
});

test('only backdated files have a signature', (t) => {
  const file = join(writeFiles(temporaryFolder(t), { a: 'text' }), 'a');
  const listing = fileListing({ digest: sha256('text'), size: 4 });
  const sign = () => signFiles(listing, () => statSync(file));
  assert.equal(sign(), undefined);
  backdate(file, statSync(file));
  assert.match(sign()!, /^[0-9a-f]{32}$/);
  assert.equal(
    signFiles(listing, () => undefined),
    undefined,
  );
});

/** An index that was told that a file holds "taken over", after `change`. */
async function learned(t: Parameters<typeof temporaryFolder>[0], change: (file: string) => void, rehash = false) {
  const folder = temporaryFolder(t);
  const file = join(writeFiles(folder, { a: 'text' }), 'a');
  backdate(file, statSync(file));
  const copies = new Map([['', statSync(file)]]);
  change(file);
  const index = new DigestIndex(join(folder, 'cache'), { rehash });
  await index.learn(file, fileListing({ digest: sha256('taken over'), size: 4 }), copies);
  return (await index.list(file)).digest;
}

test('an index takes over the digest of a copy, unless it was edited, replaced or removed, or all is to be hashed', async (t) => {
  assert.equal(await learned(t, () => {}), sha256('taken over'));
  assert.equal(await learned(t, (file) => writeFileSync(file, 'TEXT')), sha256('TEXT'));
  const replace = (file: string) => {
    const { mtimeMs } = statSync(file);
    writeFileSync(`${file}.new`, 'tExt');
    utimesSync(`${file}.new`, 0, mtimeMs / 1000);
    renameSync(`${file}.new`, file);
  };
  assert.equal(await learned(t, replace), sha256('tExt'));
  assert.equal(await learned(t, () => {}, true), sha256('text'));
});
