import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StageError } from '../../stage.ts';
import { expectCroppable, largestNote, nativeBatches } from './native-scale.ts';
import { nativeSize } from './resize-image.ts';

const square = (side: number) => ({ width: side, height: side });
const image = (path: string, width: number, height: number) => ({ path, width, height });

test('neighbours of one size share a batch, up to its number of images', () => {
  const sizes = [64, 64, 64, 80, 80, 64].map(square);
  const batches = nativeBatches(Uint32Array.from(sizes.keys()), (i) => sizes[i]!, {
    batchSize: 2,
    crop: 100,
  });
  assert.deepEqual(
    batches.map((batch) => [...batch]),
    [[0, 1], [2], [3, 4], [5]],
  );
});

test('every image is in one batch, in order, of one size, and within the pixels of the crops or alone', () => {
  const side = fc.integer({ min: 8, max: 11 });
  const sizes = fc.array(fc.record({ width: side, height: side }), { minLength: 1, maxLength: 30 });
  const given = fc.record({ sizes, batchSize: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(given, ({ sizes, batchSize }) => {
      const order = Uint32Array.from(sizes.keys());
      const batches = nativeBatches(order, (i) => sizes[i]!, { batchSize, crop: 8 });
      assert.deepEqual(
        batches.flatMap((batch) => [...batch]),
        [...order],
      );
      for (const batch of batches) {
        const { width, height } = sizes[batch[0]!]!;
        assert.ok([...batch].every((i) => sizes[i]!.width === width));
        assert.ok([...batch].every((i) => sizes[i]!.height === height));
        assert.ok(batch.length <= batchSize);
        assert.ok(batch.length === 1 || batch.length * width * height <= batchSize * 64);
      }
    }),
  );
});

test('an image smaller than the crop is named, with how many more there are', () => {
  assert.throws(
    () => expectCroppable([image('a', 64, 64), image('b', 40, 90), image('c', 9, 9)], 48),
    new StageError(
      'Expected images of at least 48 x 48 pixels for crops at native scale, got 40 x 90: b, and 1 more. Choose a smaller crop.',
    ),
  );
});

test('of a large image the middle is seen, which a sentence says', () => {
  const native = { largest: 100 };
  assert.deepEqual(nativeSize({ width: 120, height: 80 }, native), { width: 100, height: 80 });
  assert.equal(largestNote([square(100)], native), undefined);
  assert.equal(
    largestNote([square(90), { width: 120, height: 80 }], native),
    'Of 1 of 2 images the middle alone is seen, such as one of 120 x 80 (largest: 100).',
  );
});
