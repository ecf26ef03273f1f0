import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { kinds } from '../stages/index.ts';
import { inRepository, read } from './support/pages.ts';

const foldersIn = (path: string): readonly string[] =>
  readdirSync(inRepository(path), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? entry.name : [],
  );

test('ARCHITECTURE.md names every folder of src/ and their subfolders', () => {
  const tree = /^```\nbin\/[^`]*^```$/m.exec(read('ARCHITECTURE.md'))![0];
  const folders = foldersIn('src');
  const all = [...folders, ...folders.flatMap((folder) => foldersIn(`src/${folder}`))];
  const missing = all.filter((folder) => folder !== 'golden' && !tree.includes(` ${folder}/`));
  assert.deepEqual(missing, []);
});

test('ARCHITECTURE.md names exactly the kinds of the table, in its order', () => {
  const list = /^- data: [\s\S]*?\n\n/m.exec(read('ARCHITECTURE.md'))![0];
  const named = Array.from(list.matchAll(/`([\w-]+)`/g), ([, name]) => name!);
  assert.deepEqual(named, Object.keys(kinds));
});

test('the paths exist that pages for contributors name', () => {
  const written = 'docs/study.md'; // by a run, see test/study.test.ts
  const pages = [
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'docs/decisions.md',
    'src/cli/README.md',
    'src/engine/README.md',
    'src/learning/README.md',
    'src/project/README.md',
    'src/reporting/README.md',
  ];
  const paths = pages.flatMap((page) =>
    Array.from(
      read(page).matchAll(/`((?:src|stages|test|scripts|pipelines|bench|bin|\.ci)\/[\w./-]+)`/g),
      ([, path]) => path!,
    ),
  );
  assert.ok(paths.length > 20);
  assert.deepEqual(
    paths.filter((path) => path !== written && !existsSync(inRepository(path))),
    [],
  );
});

test('CONTRIBUTING.md says for twenty changes and more which file to open', () => {
  const tables = read('CONTRIBUTING.md').match(/^\| to change[\s\S]*?\n\n/gm)!;
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(2));
  assert.ok(rows.length >= 20);
  const rowsWithoutFile = rows.filter((row) => !/`(src|stages)\//.test(row));
  assert.deepEqual(rowsWithoutFile, []);
});

test('the script that runs the tests refuses an unknown option, and runs nothing', () => {
  const script = inRepository('scripts/test.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--slow', '--help'], {
    encoding: 'utf8',
  });
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 2,
      stdout: '',
      stderr: 'Unknown option --help: node scripts/test.mjs [--slow | --long] [path prefix…]\n',
    },
  );
});
