import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { cutout } from './cutout.ts';

test('one black square goes, wherever its middle lies, and what is over the edge is lost', async () => {
  const [width, height] = [12, 8];
  const white = { width, height, pixels: new Uint8Array(width * height * 3).fill(255) };
  const seen = new Set<string>();
  for (let seed = 0; seed < 2000; seed++) {
    const { pixels } = await cutout(white, { probability: 1, side: [0.5, 0.5] }, new Random(seed));
    const black = Array.from({ length: width * height }, (_, i) => i).filter((i) => pixels[i * 3] === 0);
    const [xs, ys] = [black.map((i) => i % width), black.map((i) => Math.floor(i / width))];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    assert.equal(black.length, (right - left + 1) * (bottom - top + 1));
    assert.equal(pixels.filter((value) => value === 0).length, black.length * 3);
    assert.ok(right - left < 4 && bottom - top < 4);
    assert.ok(right - left === 3 || left === 0 || right === width - 1);
    seen.add([left, right, top, bottom].join(' '));
  }
  assert.equal(seen.size, width * height);
});
