import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoOutput } from './reserved-paths.ts';

test('outputs lie anywhere in a project but at its settings, its code, its hidden files and its repositories', () => {
  for (const path of [
    'artifacts/x',
    'out/a.txt',
    'data/stages/x',
    'artifacts/.hidden/x',
    'x.git/y',
    'Makefile',
  ]) {
    assert.equal(whyNoOutput(path), undefined, path);
  }
  const reasons = {
    'cache/x': 'lies in "cache/", which is not for outputs',
    'Stages/x': 'lies in "Stages/", which is not for outputs',
    'TSConfig.json': "is one of the project's settings",
    '.github/workflows/x.yaml': 'lies at ".github", a hidden name in the root',
    'ſtages/x': 'lies in "ſtages/", which is not for outputs',
    'pipel\u0131nes/x': 'lies in "pipel\u0131nes/", which is not for outputs',
    'pac\u212aage.json': "is one of the project's settings",
    '\u200c.envrc': 'lies at "\u200c.envrc", a hidden name in the root',
    'vendor/lib/.g\u0131t/hooks/x': 'lies in ".g\u0131t/", which is not for outputs',
    'vendor/lib/.Git/hooks/x': 'lies in ".Git/", which is not for outputs',
    'a\0b': 'has a character that no path can have',
    '../x': "lies outside the project's root",
    '/x': "lies outside the project's root",
    '.': "is the project's root itself",
  };
  for (const [path, reason] of Object.entries(reasons))
    assert.equal(whyNoOutput(path), reason, path);
});
