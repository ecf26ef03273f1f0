import assert from 'node:assert/strict';
import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { DigestIndex } from './digest-index.ts';
import { treeSignature } from './walk-tree.ts';

/** Lies about what it knows: a digest that shows where it is reused in place of hashing. */
function poison(cache: string): void {
  const file = join(cache, 'digests.json');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/"[0-9a-f]{64}"/g, `"${sha256('poison')}"`),
  );
}

test('a file or folder is listed by content, with the signature of the whole', async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { 'tree/b.sh': 'text', 'tree/a/deep': '' });
  const index = new DigestIndex(join(folder, 'cache'));
  const tree = await index.list(join(folder, 'tree'));
  assert.deepEqual(tree.files, [
    { path: 'a/deep', digest: sha256(''), size: 0 },
    { path: 'b.sh', digest: sha256('text'), size: 4 },
  ]);
  assert.equal(tree.signature, treeSignature(join(folder, 'tree')).signature);
  assert.equal((await index.list(join(folder, 'tree/b.sh'))).digest, sha256('text'));
  assert.equal(await index.listIfThere(join(folder, 'nothing')), undefined);
});

test('an unchanged file is not read again, by this process or the next, also after the project moved', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(writeFiles(join(folder, 'project'), { data: 'text' }), 'data');
  const index = new DigestIndex(join(folder, 'project/cache'));
  await index.listSettled(file);
  index.save();
  poison(join(folder, 'project/cache'));
  assert.equal((await index.list(file)).digest, sha256('text'));
  renameSync(join(folder, 'project'), join(folder, 'moved'));
  const next = new DigestIndex(join(folder, 'moved/cache'));
  assert.equal((await next.list(join(folder, 'moved/data'))).digest, sha256('poison'));
});

test('what an earlier process remembers is not trusted where that is asked for, and corrected', async (t) => {
  const folder = temporaryFolder(t);
  const cache = join(folder, 'cache');
  writeFiles(folder, { 'a/one': '1', 'a/two': '2', 'b/other': '' });
  const index = new DigestIndex(cache);
  for (const name of ['a', 'b']) await index.listSettled(join(folder, name));
  index.save();
  poison(cache);
  const distrusting = new DigestIndex(cache, { rehash: true });
  assert.equal((await distrusting.list(join(folder, 'a/one'))).digest, sha256('1'));
  distrusting.save();
  const next = new DigestIndex(cache);
  assert.equal((await next.list(join(folder, 'a/one'))).digest, sha256('1'));
  assert.equal(
    (await next.list(join(folder, 'a/two'))).digest,
    sha256('poison'),
    'nobody asked for it',
  );
  writeFileSync(join(folder, 'b/other'), 'edited, which its times tell');
  assert.deepEqual(await next.recheck(), { files: 2, changed: [join(folder, 'a/two')] });
  assert.equal((await next.list(join(folder, 'a/two'))).digest, sha256('2'));
});

test('new content with the same size and mtime is noticed', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(writeFiles(folder, { data: 'text' }), 'data');
  utimesSync(file, 1000, 1000);
  const index = new DigestIndex(join(folder, 'cache'));
  await index.listSettled(file);
  writeFileSync(file, 'TEXT');
  utimesSync(file, 1000, 1000);
  assert.equal((await index.list(file)).digest, sha256('TEXT'));
});

test('a file written within the tick of its hashing is not remembered, since a second write would look the same', async (t) => {
  const folder = temporaryFolder(t);
  const cache = join(folder, 'cache');
  const file = join(writeFiles(folder, { data: 'text' }), 'data');
  // "just now", however slow the machine.
  utimesSync(file, Date.now() / 1000 + 100, Date.now() / 1000 + 100);
  const index = new DigestIndex(cache);
  await index.listSettled(file);
  index.save();
  assert.equal(readFileSync(join(cache, 'digests.json'), 'utf8').includes(sha256('text')), false);
});

test('what was just written is listed once no later write can go unnoticed', async (t) => {
  const folder = temporaryFolder(t);
  const index = new DigestIndex(join(folder, 'cache'));
  for (let round = 0; round < 5; round += 1) {
    const tree = writeFiles(join(folder, 'tree'), { data: `text ${round}` });
    const listing = await index.listSettled(tree);
    assert.equal(listing.settlesIn, 0);
    writeFiles(tree, { data: 'TEXT 0' });
    assert.notEqual(treeSignature(tree).signature, listing.signature);
  }
});

test('a file that was deleted is forgotten, and a damaged index is an empty one', async (t) => {
  const folder = temporaryFolder(t);
  const cache = join(folder, 'cache');
  const tree = writeFiles(join(folder, 'tree'), { kept: 'kept', gone: 'gone' });
  const index = new DigestIndex(cache);
  await index.listSettled(tree);
  rmSync(join(tree, 'gone'));
  await index.list(tree);
  index.save();
  assert.deepEqual(readFileSync(join(cache, 'digests.json'), 'utf8').match(/kept|gone/g), ['kept']);
  writeFileSync(join(cache, 'digests.json'), '{"format":1,"folders":{');
  assert.equal((await new DigestIndex(cache).list(join(tree, 'kept'))).digest, sha256('kept'));
});

test('two processes at once both keep what they learned, and what they forgot stays forgotten', async (t) => {
  const folder = temporaryFolder(t);
  const cache = join(folder, 'cache');
  writeFiles(folder, { 'a/one': '1', 'a/two': '2', 'b/other': '', 'c/new': '' });
  const before = new DigestIndex(cache);
  for (const name of ['a', 'b']) await before.listSettled(join(folder, name));
  before.save();
  poison(cache);
  const first = new DigestIndex(cache);
  const second = new DigestIndex(cache);
  for (const index of [first, second]) await index.list(join(folder, 'b'));
  await second.recheck();
  await second.listSettled(join(folder, 'a'));
  await first.listSettled(join(folder, 'c'));
  first.save();
  second.save();
  const { folders } = JSON.parse(readFileSync(join(cache, 'digests.json'), 'utf8'));
  assert.deepEqual(Object.keys(folders).sort(), ['../a', '../b', '../c']);
  assert.deepEqual(folders['../b'].files, {}, 'its digest was wrong');
  const next = new DigestIndex(cache);
  for (const name of ['one', 'two'])
    assert.equal(
      (await next.list(join(folder, 'a', name))).digest,
      sha256(name === 'one' ? '1' : '2'),
    );
});

test('nothing is written where nothing was learned', async (t) => {
  const folder = temporaryFolder(t);
  const cache = join(folder, 'cache');
  const tree = writeFiles(join(folder, 'tree'), { file: 'text' });
  const first = new DigestIndex(cache);
  await first.listSettled(tree);
  first.save();
  const { ino } = statSync(join(cache, 'digests.json'));
  const second = new DigestIndex(cache);
  await second.list(tree);
  second.save();
  assert.equal(statSync(join(cache, 'digests.json')).ino, ino);
  assert.deepEqual(readdirSync(cache).sort(), ['clock', 'digests.json']);
});

test('where the cache cannot be written, listing works and saving says so', async (t) => {
  const folder = temporaryFolder(t);
  const index = new DigestIndex(join(writeFiles(folder, { cache: 'a file in the way' }), 'cache'));
  const ancient = import.meta.filename; // so old that no clock need be asked
  assert.equal((await index.list(ancient)).digest, sha256(readFileSync(ancient)));
  assert.throws(() => index.save(), {
    name: 'WriteError',
    message: `Cannot write ${folder}/cache/digests.json: a file is in the way of a folder. Move it away and run again.`,
  });
});
