import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { parseImageEdit } from './image-tags.ts';
import { Notes } from './notes.ts';

const anna = { USER: 'anna', XDG_CONFIG_HOME: '/nowhere' };
const ben = { USER: 'ben', XDG_CONFIG_HOME: '/nowhere' };
const run = { run: '2026-01-31T09-12-03.042-4f2a', pipeline: 'test' };

test('images have the tags of all writers, in the files of notes about runs', async (t) => {
  const root = temporaryFolder(t);
  const notes = new Notes(root);
  await notes.edit(run, { tag: ['good'] }, anna);
  await notes.tagImages({ images: ['a.png', 'b.png'], tag: ['blurred', 'wrong label'] }, anna);
  await new Notes(root).tagImages({ images: ['b.png'], tag: ['dark'], untag: ['blurred'] }, ben);
  assert.deepEqual(
    [...notes.imageTags],
    [
      ['a.png', ['blurred', 'wrong label']],
      ['b.png', ['dark', 'wrong label']],
    ],
  );
  assert.deepEqual(notes.of(run)?.tags, ['good'], 'lines about images say nothing about runs');
  assert.deepEqual(notes.damaged, []);
  assert.equal(readdirSync(join(root, 'notes')).filter((name) => name.endsWith('l')).length, 2);
  await notes.tagImages({ images: ['a.png'], untag: ['blurred', 'wrong label'] }, ben);
  assert.equal(notes.imageTags.has('a.png'), false);
});

test('a request that tags nothing, or too much, is none', () => {
  const images = ['a.png'];
  assert.deepEqual(parseImageEdit({ images, tag: [' two\nlines '] }), {
    images,
    tag: ['two lines'],
    untag: [],
  });
  for (const request of [
    { images },
    { images: [], tag: ['a'] },
    { images, tag: [' '] },
    { images, tag: ['a'.repeat(41)] },
    { images: Array.from({ length: 1001 }, String), tag: ['a'] },
    { images, tag: ['a'], pin: true },
  ])
    assert.equal(parseImageEdit(request), undefined, JSON.stringify(request).slice(0, 80));
});
