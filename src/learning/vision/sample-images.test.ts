import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleImages } from './sample-images.ts';

test('half is drawn of each class, in the order of the split; of a rare class all, and more of the other', () => {
  const labels = Array.from({ length: 40 }, (_, i) => i % 2);
  const drawn = [...sampleImages(labels, 9, 1)];
  assert.deepEqual(
    drawn,
    drawn.toSorted((a, b) => a - b),
  );
  assert.equal(drawn.filter((index) => index % 2 === 0).length, 5);
  assert.equal(new Set(drawn).size, 9);
  assert.deepEqual([...sampleImages(labels, 9, 1)], drawn);
  assert.notDeepEqual([...sampleImages(labels, 9, 2)], drawn);
  const few = labels.map((label, index) => (index < 38 ? 0 : label));
  assert.equal(sampleImages(few, 9, 1).filter((index) => few[index] === 1).length, 1);
  assert.equal(sampleImages([0, 1, 1], 9, 1).length, 3);
});

test('more images keep those that fewer have', () => {
  const labels = Array.from({ length: 40 }, (_, i) => i % 2);
  const more = new Set(sampleImages(labels, 20, 1));
  assert.ok(sampleImages(labels, 8, 1).every((index) => more.has(index)));
});

test('as many images are drawn of each of several classes, and no unlabelled ones', () => {
  const labels = Array.from({ length: 40 }, (_, i) => (i % 4) - 1);
  const counts = (images: number) =>
    [-1, 0, 1, 2].map(
      (label) => [...sampleImages(labels, images, 1)].filter((i) => labels[i] === label).length,
    );
  assert.deepEqual(counts(11), [0, 4, 4, 3]);
  assert.deepEqual(counts(99), [0, 10, 10, 10]);
});
