import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../digest.ts';
import { fileListing, folderListing, partsDigest } from './listing.ts';

const file = (path: string, content = path) => ({
  path,
  digest: sha256(content),
  size: content.length,
});
const dataset = ['dataset.json', 'train/0.tar', 'val/0.tar', 'test/0.tar'].map((path) =>
  file(path),
);

test('the digest of a file is that of its content', () => {
  const listing = fileListing({ digest: sha256('text'), size: 4 });
  assert.equal(listing.digest, sha256('text'));
  assert.equal(partsDigest(listing, ['train']), sha256('text'));
});

test('the digest of a folder is that of its names and contents, in code-unit order whatever the order of listing', () => {
  const names = ['a/b', 'a-b', 'B', 'é', '.hidden'];
  const listing = folderListing(names.map((name) => file(name)));
  assert.deepEqual(
    listing.files.map(({ path }) => path),
    ['.hidden', 'B', 'a-b', 'a/b', 'é'],
  );
  assert.equal(listing.digest, folderListing(names.reverse().map((name) => file(name))).digest);
  assert.notEqual(
    listing.digest,
    folderListing(names.map((name) => file(name, name === 'B' ? 'other' : name))).digest,
  );
});

test('files cannot be arranged so that another folder has the same digest', () => {
  const digests = [
    [],
    [file('a', '')],
    [file('a/b', '')],
    [file('ab', '')],
    [file('a', ''), file('b', '')],
  ].map((files) => folderListing(files).digest);
  assert.equal(new Set([...digests, sha256('')]).size, 6);
});

test('a reader of train and val does not care for a new test image, and does for dataset.json', () => {
  const before = partsDigest(folderListing(dataset), ['train', 'val']);
  const newTest = folderListing([...dataset, file('test/1.tar')]);
  const newSummary = folderListing([...dataset.slice(1), file('dataset.json', 'changed')]);
  assert.equal(partsDigest(newTest, ['val', 'train']), before);
  assert.notEqual(partsDigest(newTest, undefined), partsDigest(folderListing(dataset), undefined));
  assert.notEqual(partsDigest(newSummary, ['train', 'val']), before);
});

test("a missing part counts as missing, even if its name is one of JavaScript's own", () => {
  const without = folderListing(dataset.slice(0, 2));
  assert.notEqual(partsDigest(without, ['train', 'val']), partsDigest(without, ['train']));
  assert.notEqual(partsDigest(without, ['train', 'constructor']), partsDigest(without, ['train']));
  assert.equal(Object.hasOwn(folderListing([file('__proto__/a')]).parts, '__proto__'), true);
});
