import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../test/support/temporary-folder.ts';
import { PageRoom } from './page-room.ts';
import { publishedFiles, showArtifact } from './show-artifact.ts';

const show = (
  t: TestContext,
  type: Parameters<typeof showArtifact>[0],
  name: string,
  text: string,
) =>
  showArtifact(
    type,
    publishedFiles(join(writeFiles(temporaryFolder(t), { [name]: text }), name)),
    new PageRoom(),
  );

test('a table shows its first rows and says of how many', (t) => {
  const rows = Array.from({ length: 75 }, (_, i) => `${i},"a, b"`);
  const preview = show(t, 'table', 'a.csv', `n,text\n${rows.join('\n')}\n`);
  assert.ok(preview?.as === 'table');
  assert.deepEqual(
    [preview.columns, preview.rows[1], preview.rows.length],
    [['n', 'text'], ['1', 'a, b'], 60],
  );
  assert.equal(preview.leftOut, '60 of 75 rows are shown.');
});

test('a folder of images shows some of them, evenly, as far as there is room', (t) => {
  const names = Array.from({ length: 48 }, (_, i) => `fake/${String(i).padStart(2, '0')}.png`);
  const folder = writeFiles(
    temporaryFolder(t),
    Object.fromEntries([...names, 'notes.txt'].map((name) => [name, 'x'])),
  );
  const preview = showArtifact('images', publishedFiles(folder), new PageRoom());
  assert.ok(preview?.as === 'images');
  assert.deepEqual(preview.images.slice(0, 2), [
    { name: 'fake/00.png', uri: 'data:image/png;base64,eA==' },
    { name: 'fake/02.png', uri: 'data:image/png;base64,eA==' },
  ]);
  assert.equal(preview.leftOut, '24 of 48 images are shown, evenly over their names.');
  const room = new PageRoom({ images: 3 });
  const few = showArtifact('images', publishedFiles(folder), room);
  assert.equal(few?.as === 'images' && few.images.length, 2);
  assert.equal(room.isExceeded, true);
});

test('a folder with summary.md is a summary, with the pictures that fit', (t) => {
  const text = '![one](summary/a.png)\n\n![two](summary/b.png)\n';
  const files = {
    'summary.md': text,
    'summary/a.png': 'x',
    'summary/b.png': 'xx',
    'summary/sources.json': '{}',
  };
  const folder = writeFiles(temporaryFolder(t), files);
  assert.deepEqual(showArtifact('files', publishedFiles(folder), new PageRoom({ charts: 2 })), {
    as: 'summary',
    text,
    pictures: { 'summary/a.png': 'data:image/png;base64,eA==' },
  });
});

test('a chart without room on the page says so', (t) => {
  const folder = writeFiles(temporaryFolder(t), {
    'chart.vl.json': '{ "title": ["AUC 0.81", "on test"] }',
  });
  assert.deepEqual(showArtifact('chart', publishedFiles(folder), new PageRoom({ charts: 0 })), {
    as: 'chart',
    title: 'AUC 0.81 on test',
    subtitle: '',
    width: 560,
    height: 360,
    forms: ['vl.json'],
    isPlain: true,
    leftOut: 'It is left out, as this page has no more room; its files are linked.',
  });
});

test('an artifact in another form is only named: no artifact breaks a page', (t) => {
  for (const type of ['metrics', 'table', 'chart', 'images', 'files', 'scores', 'model'] as const) {
    assert.equal(show(t, type, 'a.bin', '\0{'), undefined);
    assert.equal(showArtifact(type, publishedFiles('/nowhere'), new PageRoom()), undefined);
  }
});
