import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { inRepository, read } from './support/pages.ts';

/** A row of docs/guarantees.md: a promise, the page that makes it, and the tests that hold it. */
interface Guarantee {
  readonly page: string;
  readonly promise: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

/** The text as a reader sees it: without emphasis, the targets of links and the breaks of lines. */
const plain = (markdown: string): string =>
  markdown
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('**', '')
    .replaceAll('\\|', '|')
    .replaceAll(/\s+/g, ' ');

/** The pages that make promises, in the order of their sections. */
const pages = [
  'README.md',
  ...[
    'commands',
    'run-options',
    'install',
    'backends',
    'yaml',
    'inputs',
    'matrix',
    'searches',
    'choosing',
    'cache',
    'staleness',
    'local-store',
    'pull-requests',
    'assistants',
    'records',
    'store',
    'store-commands',
    'trust',
    'sealed',
    'protocols',
    'report-a-detector',
    'course',
    'review',
    'other-scores',
    'ranking',
    'robustness',
    'audit',
    'charts',
    'reports',
    'serve',
    'filters',
    'image-pages',
    'share-pages',
    'cluster',
    'places',
    'cluster-faults',
    'schedulers',
    'own-schedulers',
    'hosts',
    'python',
    'python-code',
    'python-environments',
    'library',
    'weights',
    'models',
    'export',
    'onnx',
    'onnx-operators',
    'explanation',
    'saliency',
    'videos',
    'faces',
    'people',
    'video-scores',
    'forge',
    'networks',
  ].map((name) => `docs/${name}.md`),
];

function guaranteesOf(text: string): readonly Guarantee[] {
  return text.split(/^## /m).flatMap((section) => {
    const [, target] = /^\[[^\]]*\]\(([^)]*)\)\n/.exec(section) ?? [];
    if (target === undefined) return [];
    const page = posix.normalize(posix.join('docs', target));
    const [, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
    return rows.map((row) => {
      const [promise, cell] = row.slice(2, -2).split(' | ');
      const tests = cell!.split('<br>').map((text) => {
        const [, file, name] = /^`([^`]+)`: (.+)$/.exec(text) ?? [];
        if (file === undefined || name === undefined)
          throw new Error(`expected \`file\`: name of a test in: ${row}`);
        return { file, name: plain(name) };
      });
      return { page, promise: promise!, tests };
    });
  });
}

/** The names of the tests in a file, as patterns where a name depends on the case. */
const namesIn = (source: string): readonly RegExp[] =>
  [
    ...source.matchAll(
      /\b\w+\(\s*(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`)\s*,/g,
    ),
  ].map(([, single, double, template]) => {
    const name = (single ?? double ?? template!).replaceAll(/\\(.)/g, '$1');
    const parts = template === undefined ? [name] : name.split(/\$\{[^}]*\}/);
    return new RegExp(
      `^${parts.map((part) => plain(part).replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`,
    );
  });

const guarantees = guaranteesOf(read('docs/guarantees.md'));

test('every promise in docs/guarantees.md stands in its page, and every page that makes promises has a section', () => {
  assert.deepEqual([...new Set(guarantees.map(({ page }) => page))], pages);
  const texts = new Map(pages.map((page) => [page, plain(read(page))]));
  const gone = guarantees.filter(({ page, promise }) => !texts.get(page)!.includes(plain(promise)));
  assert.deepEqual(gone, []);
  const all = guarantees.map(({ page, promise }) => `${page}: ${promise}`);
  assert.equal(new Set(all).size, all.length);
});

test('every test that docs/guarantees.md names is there', () => {
  const files = [...new Set(guarantees.flatMap(({ tests }) => tests.map(({ file }) => file)))];
  assert.deepEqual(
    files.filter((file) => !existsSync(inRepository(file))),
    [],
  );
  const names = new Map(files.map((file) => [file, namesIn(read(file))]));
  const lost = guarantees.flatMap(({ promise, tests }) =>
    tests.flatMap(({ file, name }) =>
      names.get(file)!.some((pattern) => pattern.test(name)) ? [] : [{ promise, file, name }],
    ),
  );
  assert.deepEqual(lost, []);
});
