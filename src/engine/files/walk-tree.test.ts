import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { sha256 } from '../../digest.ts';
import { stagingName } from './staging-name.ts';
import { pathSignature, treeSignature, walkTree } from './walk-tree.ts';

test('an untouched tree keeps its signature, and every sort of edit shows', (t) => {
  const tree = writeFiles(join(temporaryFolder(t), 'tree'), { 'a/b': 'text', c: 'text' });
  const signatures = [treeSignature(tree).signature];
  assert.equal(treeSignature(tree).signature, signatures[0]);
  const edits = [
    () => writeFileSync(join(tree, 'a/b'), 'longer text'),
    () => utimesSync(join(tree, 'c'), 1, 1),
    () => renameSync(join(tree, 'c'), join(tree, 'd')),
    () => mkdirSync(join(tree, 'empty')),
  ];
  for (const edit of edits) {
    edit();
    signatures.push(treeSignature(tree).signature);
  }
  assert.equal(new Set(signatures).size, edits.length + 1);
});

test('dotfiles are in, links are followed, names of unfinished copies are out', (t) => {
  const folder = temporaryFolder(t);
  const tree = writeFiles(join(folder, 'tree'), { '.dot': '', 'sub/file': '' });
  writeFiles(join(folder, 'elsewhere'), { deep: '' });
  symlinkSync('../elsewhere', join(tree, 'link'));
  writeFiles(tree, { [`${stagingName(sha256('x'))}/half`]: '' });
  assert.deepEqual([...walkTree(tree)].map(({ path }) => path).sort(), [
    '',
    '.dot',
    'link',
    'link/deep',
    'sub',
    'sub/file',
  ]);
});

test('what cannot be read is named with the reason', (t) => {
  const folder = temporaryFolder(t);
  const tree = writeFiles(join(folder, 'tree'), { file: '' });
  const fails = (name: string, message: string) =>
    assert.throws(() => [...walkTree(join(folder, name))], {
      name: 'ListingError',
      message: `${folder}/${message}`,
    });
  fails('nothing', 'nothing does not exist');
  fails('tree/file/below', 'tree/file/below does not exist');
  symlinkSync('nowhere', join(tree, 'broken'));
  fails('tree', 'tree/broken is a broken link: what it points to does not exist');
  symlinkSync('self', join(writeFiles(join(folder, 'b'), {}), 'self'));
  fails('b', 'b/self is a link that leads back to itself');
  symlinkSync('..', join(writeFiles(join(folder, 'c'), { 'sub/file': '' }), 'sub/up'));
  fails('c', `c/sub/up links back to ${folder}/c, which holds it`);
  execFileSync('mkfifo', [join(writeFiles(join(folder, 'd'), {}), 'pipe')]);
  fails('d', 'd/pipe is neither a file nor a folder');
});

test('the signature of a path covers what is there itself: a file, the names in a folder, or nothing', (t) => {
  const folder = writeFiles(temporaryFolder(t), { 'sub/file': 'text', 'sub/deep/file': 'text' });
  const sub = join(folder, 'sub');
  const first = pathSignature(sub);
  assert.ok(first.newest > 0);
  utimesSync(join(sub, 'deep'), 1, 1);
  assert.deepEqual(pathSignature(sub), first, 'of what is below it, only the names count');
  writeFileSync(join(sub, 'new'), '');
  assert.notEqual(pathSignature(sub).signature, first.signature);

  const absent = { signature: 'ENOENT', newest: 0 };
  assert.deepEqual(pathSignature(join(folder, 'none')), absent);
  assert.deepEqual(pathSignature(join(folder, 'none/deep')), absent);
  writeFileSync(join(folder, 'none'), '');
  assert.notEqual(pathSignature(join(folder, 'none')).signature, absent.signature);
});
