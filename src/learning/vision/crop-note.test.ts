import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cropNote } from './crop-note.ts';

const square = { width: 48, height: 48, fit: 'cover', kernel: 'linear' } as const;

test('images that are not square are counted, with what is kept of the first', () => {
  const images = [
    { width: 64, height: 64 },
    { width: 80, height: 64 },
    { width: 30, height: 50 },
  ];
  assert.equal(
    cropNote(images, square),
    '2 of 3 images are cropped to their middle, such as 64 x 64 of 80 x 64 (fit: cover); contain and fill show all of an image.',
  );
  assert.equal(
    cropNote(images.slice(2), square),
    '1 of 1 images is cropped to its middle, such as 30 x 30 of 30 x 50 (fit: cover); contain and fill show all of an image.',
  );
});

test('nothing is said of square images, nor where the whole image is shown', () => {
  assert.equal(cropNote([{ width: 64, height: 64 }], square), undefined);
  assert.equal(cropNote([{ width: 80, height: 64 }], { ...square, fit: 'contain' }), undefined);
});
