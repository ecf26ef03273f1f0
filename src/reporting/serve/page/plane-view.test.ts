import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Fingers, pinched, toPixel, toPlace } from './plane-view.ts';

const size = { width: 400, height: 300 };

test('two fingers keep what they hold: the map zooms by their distance, and follows them', () => {
  const pixel = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 300 }));
  const view = { centre: [3, -2], scale: 20 } as const;
  fc.assert(
    fc.property(pixel, pixel, fc.integer({ min: 1, max: 5 }), pixel, (a, b, times, shift) => {
      fc.pre(Math.hypot(a[0] - b[0], a[1] - b[1]) > 20);
      const from: Fingers = [a, b];
      const to: Fingers = [
        [a[0] * times + shift[0], a[1] * times + shift[1]],
        [b[0] * times + shift[0], b[1] * times + shift[1]],
      ];
      const after = pinched(view, size, from, to);
      assert.ok(Math.abs(after.scale - view.scale * times) < 1e-9);
      for (const finger of [0, 1] as const) {
        const held = toPlace(view, size, from[finger]);
        const [x, y] = toPixel(after, size, held);
        assert.ok(Math.hypot(x - to[finger][0], y - to[finger][1]) < 1e-6);
      }
    }),
  );
});
