import assert from 'node:assert/strict';
import { chmodSync, renameSync, type Stats, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { backdate, filesSignature, isBackdated, isSameWriting } from './backdate.ts';
import { DigestIndex } from './digest-index.ts';
import { fileListing } from './listing.ts';

test('a file is dated so long before its change that any later write has another time', (t) => {
  const file = join(writeFiles(temporaryFolder(t), { a: 'text' }), 'a');
  const fresh = statSync(file);
  assert.equal(isBackdated(fresh), false);
  backdate(file, fresh);
  const { mtimeMs } = statSync(file);
  assert.ok(isBackdated(statSync(file)));
  assert.ok(Math.abs(fresh.mtimeMs - 20 - mtimeMs) < 0.01);
  backdate(file, statSync(file));
  assert.equal(statSync(file).mtimeMs, mtimeMs);
  utimesSync(file, 0, 0);
  backdate(file, statSync(file));
  assert.equal(statSync(file).mtimeMs, 0, 'an old date stays');
});

test('files have a signature once they are backdated, and another one after a write or a replacement, but not after a move', (t) => {
  const file = join(writeFiles(temporaryFolder(t), { a: 'text' }), 'a');
  const listing = fileListing({ digest: sha256('text'), size: 4 });
  const signatureOf = (stats: Stats | undefined) => filesSignature(listing, () => stats);
  assert.equal(signatureOf(statSync(file)), undefined);
  assert.equal(signatureOf(undefined), undefined);
  backdate(file, statSync(file));
  const stats = statSync(file);
  const signature = signatureOf(stats);
  renameSync(file, `${file}.moved`);
  chmodSync(`${file}.moved`, 0o444);
  const moved = statSync(`${file}.moved`);
  assert.ok(signature !== undefined && isSameWriting(stats, moved));
  assert.equal(signatureOf(moved), signature);
  for (const change of [{ size: 5 }, { mtimeMs: stats.mtimeMs - 1 }, { ino: stats.ino + 1 }]) {
    const otherStats = Object.assign(statSync(`${file}.moved`), change);
    assert.notEqual(signatureOf(otherStats), signature);
    assert.equal(isSameWriting(stats, otherStats), false);
  }
});

test('an output is listed with the times that its files had before they were hashed', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(writeFiles(folder, { out: 'text'.repeat(1_000_000) }), 'out');
  const before = statSync(file);
  const listing = new DigestIndex(join(folder, 'cache')).listOutput(file);
  utimesSync(file, 0, 0);
  assert.equal((await listing).stats.get('')!.mtimeMs, before.mtimeMs);
});

/** An index that was told that a file holds "taken over", after `change`. */
async function learned(
  t: Parameters<typeof temporaryFolder>[0],
  change: (file: string) => void,
  rehash = false,
) {
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
