import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsRepository, isGitFolder } from './git-folder.ts';

test('a name is that of a repository on any disk that takes it for ".git"', () => {
  for (const name of ['.git', '.GIT', 'git~1', '.git.', '.git ', '.g\u200cit'])
    assert.ok(isGitFolder(name), name);
  for (const name of ['git', 'x.git', '.gitignore', '.github']) assert.ok(!isGitFolder(name), name);
});

test('files hold a repository if one of them lies in a .git, or a folder has what Git looks for in one', () => {
  for (const paths of [
    ['a/.git/config', 'b'],
    ['.git'],
    ['x/HEAD', 'x/objects/pack/p', 'x/refs/heads/main', 'x/config'],
    ['HEAD', 'objects/a', 'refs/b'],
    ['x/head', 'x/commondir'],
    ['x/HEAD', 'x/objects', 'x/refs'], // executable files do
    ['x/\uff28EAD', 'x/object\u017f/a', 'x/refs/a'],
  ]) {
    assert.ok(holdsRepository(paths), paths.join());
  }
  for (const paths of [
    [''],
    ['HEAD', 'objects/a'],
    ['a/HEAD', 'b/objects/x', 'b/refs/x'],
    ['commondir'],
    ['HEADs', 'my-objects/a', 'refs.txt'],
  ]) {
    assert.ok(!holdsRepository(paths), paths.join());
  }
});
