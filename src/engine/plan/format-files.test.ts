import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, sha256 } from '../../digest.ts';
import { formatFiles } from './format-files.ts';

const folders = new Map<Digest, ReadonlyMap<string, Digest>>([
  [sha256('before'), new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.png`, sha256(name)]))],
  [sha256('after'), new Map(['a', 'b2', 'e', 'f', 'g'].map((name) => [`${name[0]}.png`, sha256(name)]))],
]);
const filesOf = (digest: Digest) => folders.get(digest);

test('the files of a folder that differ are named, the first of them, and the others counted', () => {
  const told = formatFiles([{ digest: sha256('before') }], [{ digest: sha256('after') }], filesOf);
  assert.equal(told, 'b.png changed, f.png added, g.png added and 2 more');
});

test('the files of a glob are told by their paths, whatever their places in the list', () => {
  const item = (path: string, text: string) => ({ digest: sha256(text), labels: { path } });
  const told = formatFiles(
    [item('x/1.png', '1'), item('x/3.png', '3')],
    [item('x/2.png', '2'), item('x/3.png', 'new')],
    filesOf,
  );
  assert.equal(told, 'x/3.png changed, x/2.png added, x/1.png removed');
});

test('of what is not listed nothing is told', () => {
  assert.equal(formatFiles([{ digest: sha256('before') }], [{ digest: sha256('unlisted') }], filesOf), undefined);
  assert.equal(formatFiles([{ digest: sha256('x') }], [{ digest: sha256('y') }], filesOf), undefined);
});
