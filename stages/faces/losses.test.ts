import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unevenLosses } from './losses.ts';
import type { SourceImage } from './source.ts';

/** Pictures of a class, the first of them without a crop. */
function unitOf(name: string, images: number, lost: number) {
  const pictures = Array.from(
    { length: images },
    (_, index): SourceImage => ({
      key: `${name}/${index}`,
      split: 'all',
      label: 0,
      class: name,
      source: name,
      path: `${name}/${index}.png`,
      read: () => assert.fail('nothing is read'),
    }),
  );
  const missing = Array.from({ length: lost }, (_, index) => [index, 'no face'] as const);
  return { unit: { split: 'all', images: pictures }, missing: new Map(missing) };
}

test('a class that loses clearly more of its images is named with both shares', () => {
  assert.equal(
    unevenLosses([unitOf('real', 12, 0), unitOf('fake', 6, 3), unitOf('fake', 8, 5)]),
    'fake 57.1 % (8 of 14), real 0.0 % (0 of 12)',
  );
});

test('a few images, a small difference and a single class are no reason to warn', () => {
  assert.equal(unevenLosses([unitOf('real', 3, 0), unitOf('fake', 3, 2)]), undefined);
  assert.equal(unevenLosses([unitOf('real', 9000, 100), unitOf('fake', 9000, 500)]), undefined);
  assert.equal(unevenLosses([unitOf('face', 20, 19)]), undefined);
});
