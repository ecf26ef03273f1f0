import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asType } from '../../../../test/support/partial-value.ts';
import { Random } from '../../../random.ts';
import type { DecodedImage } from '../decode-image.ts';
import { type AugmentSettings, augmentSettings } from './augment-settings.ts';
import { blur } from './blur.ts';
import { colour } from './colour.ts';
import { cutout, downscale, jpeg, noise } from './pixel-change.ts';
import { distances, noiseImage } from './testing-images.ts';

/**
 * A change with its default settings, with those of strength 0, and with some that show in any
 * image.
 */
interface Case {
  readonly change: (
    image: DecodedImage,
    settings: never,
    random: Random,
  ) => DecodedImage | Promise<DecodedImage>;
  readonly usual: object;
  readonly none: object | undefined;
  readonly strong: object;
}

const cases: Readonly<Record<string, Case>> = {
  colour: {
    change: colour,
    usual: { brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.05 },
    none: {},
    strong: { brightness: 1, contrast: 1, saturation: 1, hue: 0.5 },
  },
  blur: { change: blur, usual: {}, none: { sigma: [0, 0] }, strong: { sigma: [1, 3] } },
  noise: { change: noise, usual: {}, none: { deviation: [0, 0] }, strong: { deviation: [20, 40] } },
  downscale: {
    change: downscale,
    usual: {},
    none: { factor: [1, 1] },
    strong: { factor: [0.1, 0.5] },
  },
  cutout: { change: cutout, usual: {}, none: { side: [0, 0] }, strong: { side: [0.5, 1] } },
  // Compressing always loses something.
  jpeg: { change: jpeg, usual: {}, none: undefined, strong: { quality: [1, 30] } },
};

/** A change's settings as a stage gets them, with defaults filled in. */
function settingsOf(name: string, settings: object): never {
  return asType(augmentSettings.parse({ [name]: settings })[name as keyof AugmentSettings]);
}

const image = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.nat(1000))
  .map(([width, height, seed]) => noiseImage(seed, width, height));

for (const [name, { change, usual, none, strong }] of Object.entries(cases)) {
  test(`${name} gives a new image of the same size, by its random stream alone`, async () => {
    await fc.assert(
      fc.asyncProperty(
        image,
        fc.nat(),
        fc.constantFrom(usual, strong),
        async (image, seed, settings) => {
          const before = image.pixels.slice();
          const once = await change(image, settingsOf(name, settings), new Random(seed));
          const again = await change(image, settingsOf(name, settings), new Random(seed));
          assert.deepEqual(once, again);
          assert.deepEqual(
            [once.width, once.height, once.pixels.length],
            [image.width, image.height, before.length],
          );
          assert.deepEqual(image.pixels, before);
        },
      ),
      { numRuns: 40 },
    );
  });

  if (none !== undefined)
    test(`${name} of strength 0 leaves every pixel`, async () => {
      await fc.assert(
        fc.asyncProperty(image, fc.nat(), async (image, seed) => {
          const { pixels } = await change(image, settingsOf(name, none), new Random(seed));
          assert.deepEqual(new Uint8Array(pixels), image.pixels);
        }),
        { numRuns: 40 },
      );
    });

  test(`${name} is as strong as its range says, and differs with each draw`, async () => {
    const image = noiseImage(1, 24, 24);
    const changed = async (seed: number) =>
      (await change(image, settingsOf(name, strong), new Random(seed))).pixels;
    const far = await Promise.all([1, 2, 3, 4].map(changed));
    for (const pixels of far) assert.ok(distances(pixels, image.pixels).mean > 2);
    assert.ok(distances(far[0]!, far[1]!).most > 0);
  });
}

test('a range whose ends are reversed is a mistake', () => {
  const { error } = augmentSettings.safeParse({ blur: { sigma: [2, 1] } });
  assert.deepEqual(
    error!.issues.map(({ path, message }) => [path, message]),
    [[['blur', 'sigma'], 'expected the lower end first']],
  );
});

test('noise is normal, of the requested deviation, in every channel', async () => {
  const grey = { width: 101, height: 99, pixels: new Uint8Array(101 * 99 * 3).fill(128) };
  const { pixels } = await noise(grey, { probability: 1, deviation: [10, 10] }, new Random(3));
  for (const channel of [0, 1, 2]) {
    const values = [...pixels]
      .filter((_, i) => i % 3 === channel)
      .map((value) => (value - 128) / 10);
    const moment = (power: number) =>
      values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    assert.ok(Math.abs(moment(1)) < 0.04);
    assert.ok(Math.abs(moment(2) - 1) < 0.06);
    assert.ok(Math.abs(moment(4) - 3) < 0.4);
  }
});

test('a black square covers any position, and is cut off at the edge', async () => {
  const width = 12;
  const height = 8;
  const white = { width, height, pixels: new Uint8Array(width * height * 3).fill(255) };
  const seen = new Set<string>();
  for (let seed = 0; seed < 2000; seed++) {
    const { pixels } = await cutout(white, { probability: 1, side: [0.5, 0.5] }, new Random(seed));
    const black = Array.from({ length: width * height }, (_, i) => i).filter(
      (i) => pixels[i * 3] === 0,
    );
    const xs = black.map((i) => i % width);
    const ys = black.map((i) => Math.floor(i / width));
    const left = Math.min(...xs);
    const right = Math.max(...xs);
    const top = Math.min(...ys);
    const bottom = Math.max(...ys);
    assert.equal(black.length, (right - left + 1) * (bottom - top + 1));
    assert.equal(pixels.filter((value) => value === 0).length, black.length * 3);
    assert.ok(right - left < 4 && bottom - top < 4);
    assert.ok(right - left === 3 || left === 0 || right === width - 1);
    seen.add([left, right, top, bottom].join(' '));
  }
  assert.equal(seen.size, width * height);
});
