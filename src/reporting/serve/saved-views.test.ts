import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { parseViewRequest, type SavedView, SavedViews } from './saved-views.ts';

const view: SavedView = {
  rows: 'members',
  filter: 'seed=7',
  sort: '-scores.test.auc',
  columns: ['name', 'fit.seed'],
};

test('a view is saved beside the others of the file, whose comments stay, and removed again', async (t) => {
  const root = temporaryFolder(t);
  const path = join(root, 'views.yaml');
  const views = new SavedViews(root);
  assert.deepEqual(views.read(), { ok: true, value: new Map() });
  await views.save({ name: 'rates', view });
  assert.equal(
    readFileSync(path, 'utf8'),
    `# Views of the table of runs, as \`restage serve\` shows and saves them.

views:
  rates:
    rows: members
    filter: seed=7
    sort: -scores.test.auc
    columns:
      - name
      - fit.seed
`,
  );
  writeFileSync(path, '# ours\nviews:\n  # for the paper\n  best: { sort: -scores.test.auc }\n');
  await views.save({ name: 'rates', view });
  const read = views.read();
  assert.ok(read.ok);
  const best = { rows: 'runs', filter: '', sort: '-scores.test.auc', columns: [] };
  assert.deepEqual(
    [...read.value],
    [
      ['best', best],
      ['rates', view],
    ],
  );
  await views.save({ name: 'rates', view: null });
  const text = readFileSync(path, 'utf8');
  assert.match(text, /^# ours\n.*# for the paper\n/s);
  assert.doesNotMatch(text, /rates/);
});

test('names that a file cannot hold are refused, and a key without quotes is the view of its name', async (t) => {
  const root = temporaryFolder(t);
  const path = join(root, 'views.yaml');
  const views = new SavedViews(root);
  for (const name of ['<<', ' << ', '__proto__'])
    assert.equal(parseViewRequest({ name, view: {} }), undefined);
  writeFileSync(path, 'views:\n  2026: { filter: old }\n  true: {}\n');
  assert.deepEqual(await views.save({ name: '2026', view: { ...view, rows: 'runs' } }), []);
  assert.deepEqual(await views.save({ name: 'true', view: null }), []);
  const edited = views.read();
  assert.deepEqual(edited.ok && [...edited.value], [['2026', { ...view, rows: 'runs' }]]);
});

test('a full file takes no further view, but another one in place of its own', async (t) => {
  const root = temporaryFolder(t);
  const lines = Array.from({ length: 200 }, (_, index) => `  v${index}: {}\n`);
  writeFileSync(join(root, 'views.yaml'), `views:\n${lines.join('')}`);
  const views = new SavedViews(root);
  await assert.rejects(views.save({ name: 'mine', view }), {
    message: 'views.yaml has 200 views already: remove one first',
  });
  assert.deepEqual(await views.save({ name: 'v7', view }), []);
  const read = views.read();
  assert.deepEqual(read.ok && read.value.get('v7'), view);
});

test('a file with mistakes is left as it is, and its mistakes are told with their places', async (t) => {
  const root = temporaryFolder(t);
  const views = new SavedViews(root);
  for (const [text, message] of [
    ['views: [1]\n', /views/],
    ['views: { a: { column: [name] } }\n', /column/],
    ['views: { a: { rows: [\n', /./],
    ['x'.repeat(2_000_000), /./],
    [`a: &a [x, x]\nb: &b [*a, *a]\nviews: { a: { columns: *b } }\n`, /./],
  ] as const) {
    writeFileSync(join(root, 'views.yaml'), text);
    const mistakes = await views.save({ name: 'rates', view });
    assert.match(mistakes[0]!.message, message, text.slice(0, 40));
    assert.equal(readFileSync(join(root, 'views.yaml'), 'utf8'), text);
  }
});

test('a request holds a name and a view of bounded texts, and nothing else', () => {
  assert.deepEqual(parseViewRequest({ name: ' a\u001b[2J ', view: null }), {
    name: 'a',
    view: null,
  });
  for (const request of [
    null,
    { name: '', view },
    { name: ' ', view },
    { name: 'a' },
    { name: 'a', view: { ...view, other: 1 } },
    { name: 'a', view: { ...view, columns: 'name' } },
    { name: 'a', view: { ...view, filter: 'x'.repeat(2001) } },
  ])
    assert.equal(parseViewRequest(request), undefined, JSON.stringify(request));
  for (const name of ['constructor', 'a: b', '# x', 'é"\'', '- y', '1'])
    assert.equal(parseViewRequest({ name, view })!.name, name);
});

test('any name of a view comes back from the file', async (t) => {
  const views = new SavedViews(temporaryFolder(t));
  const names = ['a: b', '# x', 'é"\'', '- y', '1', 'true', '{}', '&a', '*a', '!x', 'constructor'];
  for (const name of names) await views.save({ name, view });
  const read = views.read();
  assert.ok(read.ok);
  assert.deepEqual([...read.value.keys()].sort(), [...names].sort());
});
