import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import { addToStoreFile, loadStoreFile } from './store-file.ts';

test('a store.yaml names one store, or several in their order, of which one is written', (t) => {
  const folder = temporaryFolder(t);
  const read = (text: string) => {
    writeFiles(folder, { 'store.yaml': text });
    const file = loadStoreFile(folder);
    if (!file.ok) return file.error.map(({ message }) => message);
    return [file.value!.written.url, ...file.value!.stores.map(({ url }) => url)];
  };
  assert.deepEqual(read('url: ../lab'), ['../lab', '../lab']);
  assert.deepEqual(read('stores: [https://lab.example.org/x, /near, s3://far/x]'), [
    '/near',
    'https://lab.example.org/x',
    '/near',
    's3://far/x',
  ]);
  const second = 'stores:\n  - /near\n  - { url: s3://far/x, region: eu-west-1, write: true }\n';
  assert.deepEqual(read(second), ['s3://far/x', '/near', 's3://far/x']);
  assert.deepEqual(read('stores: [https://lab.example.org/x]'), [
    'https://lab.example.org/x',
    'https://lab.example.org/x',
  ]);

  const mistakes: readonly (readonly [text: string, message: string])[] = [
    ['keys: {}', 'The file names no store'],
    ['url: /a\nstores: [/b]', 'The file has both "url" and "stores"'],
    ['stores: [/a]\nregion: x', '"region" stands beside "stores", so it belongs to none of them'],
    ['stores: [/a, ftp://b/c]', '"url" is not the address of a store: ftp://b/c'],
    ['stores: [/a, /a]', '/a is named twice in "stores"'],
    [
      'stores: [{ url: https://a.example.org/b, write: true }]',
      'https://a.example.org/b has "write", but a web address is only read',
    ],
    ['stores: [{ url: /a, write: true }, { url: /b, write: true }]', '"write" stands at /a and /b'],
  ];
  for (const [text, message] of mistakes) assert.deepEqual(read(text), [message]);
});

test('a store is added to the file as the first or the last, and comments and keys stay', (t) => {
  const folder = temporaryFolder(t);
  const key = '+yH7JjnzDkk0i6IhgldglgvINoK33hRq4LSl33ljlpA=';
  writeFiles(folder, {
    'store.yaml': `# Ours.\nurl: s3://far/x\nregion: eu-west-1\nkeys:\n  alice: ${key}\n`,
  });
  addToStoreFile(folder, { url: '/near' }, { first: true });
  addToStoreFile(folder, { url: 'https://lab.example.org/x' }, { first: false });
  assert.equal(
    readFileSync(join(folder, 'store.yaml'), 'utf8'),
    `# Ours.\nstores:\n  - /near\n  - url: s3://far/x\n    region: eu-west-1\n  - https://lab.example.org/x\nkeys:\n  alice: ${key}\n`,
  );
});
