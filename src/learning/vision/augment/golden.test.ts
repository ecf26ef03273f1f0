import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { blur } from './blur.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from './colour.ts';
import { downscale, jpeg } from './pixel-change.ts';
import { distances, golden, goldenImage } from './testing-images.ts';

const changes = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
} as const;

for (const [name, adjust] of Object.entries(changes)) {
  test(`${name} is torchvision’s`, () => {
    for (const [factor, expected] of Object.entries(golden[name as keyof typeof changes])) {
      const values = Float32Array.from(goldenImage.pixels);
      adjust(values, Number(factor));
      // torchvision's hue is a few float32 steps off, and the numbers have two digits.
      assert.ok(
        distances(values, expected).most < 0.02,
        `${factor}: ${distances(values, expected).most}`,
      );
    }
  });
}

test('a blur is torchvision’s', async () => {
  for (const [sigma, expected] of Object.entries(golden.blur)) {
    const range: [number, number] = [Number(sigma), Number(sigma)];
    const { pixels } = await blur(goldenImage, { probability: 1, sigma: range }, new Random(1));
    assert.ok(distances(pixels, expected).most <= 0.51, sigma);
  }
});

test('a lower resolution is torchvision’s, antialiased', async () => {
  for (const [factor, expected] of Object.entries(golden.downscale)) {
    const range: [number, number] = [Number(factor), Number(factor)];
    const { pixels } = await downscale(
      goldenImage,
      { probability: 1, factor: range },
      new Random(1),
    );
    assert.ok(distances(pixels, expected).most <= 0.51, factor);
  }
});

test('a compressed image is Pillow’s of the same quality', async () => {
  for (const [quality, expected] of Object.entries(golden.jpeg)) {
    const range: [number, number] = [Number(quality), Number(quality)];
    const { pixels } = await jpeg(goldenImage, { probability: 1, quality: range }, new Random(1));
    const { most, mean } = distances(pixels, expected);
    assert.ok(most < 3 && mean < 0.7, `${quality}: ${most}, ${mean}`);
  }
});
