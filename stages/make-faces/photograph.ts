import { renderAsync } from '@resvg/resvg-js';
import sharp from 'sharp';
import { Random } from '../../src/random.ts';
import { drawPortrait } from './draw-portrait.ts';
import { mapPixels, type Raster, toBytes } from './raster.ts';
import { drawTraits, type Traits } from './traits.ts';

// Many small pictures: one thread each and several at once.
sharp.concurrency(1);
sharp.cache(false);

/** A person before the camera, lit, without noise. */
export async function sitForPortrait(random: Random, size: number) {
  const traits = drawTraits(random);
  return { traits, scene: await portray(traits, random, size) };
}

/** The portrait of somebody; another `random` changes strands, folds and background. */
export async function portray(traits: Traits, random: Random, size: number): Promise<Raster> {
  // resvg takes a third of the time that librsvg, which sharp has, takes for such drawings. There
  // is no text, so no font.
  const { pixels } = await renderAsync(drawPortrait(traits, random, size), {
    font: { loadSystemFonts: false },
  });
  return light(traits, addTexture(withoutAlpha(size, pixels), random));
}

/** RGBA, all of it opaque, as RGB. */
function withoutAlpha(size: number, pixels: Uint8Array): Raster {
  const values = new Float32Array(size * size * 3);
  for (let from = 0, to = 0; to < values.length; from += 4, to += 3) {
    for (let c = 0; c < 3; c++) values[to + c] = pixels[from + c]!;
  }
  return { size, values };
}

/**
 * The grain of skin, cloth and walls, which a drawing lacks; more or less of it from picture to
 * picture.
 */
function addTexture(drawn: Raster, random: Random): Raster {
  const strength = random.between(0.02, 0.05);
  const { size } = drawn;
  const grain = new Float32Array(size * (size + 1) + 1);
  for (let at = 0; at < grain.length; at++) grain[at] = normals[random.uint32() >>> 16]!;
  return mapPixels(drawn, (x, y, index, from, to) => {
    const at = y * size + x;
    const gain = 1 + strength * (0.7 * grain[at]! + 0.5 * grain[at + 1]! + 0.5 * grain[at + size]!);
    for (let c = 0; c < 3; c++) to[index + c] = from[index + c]! * gain;
  });
}

/** A gradient from the lit side, the light's colour, and darker corners as a lens leaves them. */
function light({ lightSide, lightHardness, lightColour, exposure }: Traits, scene: Raster): Raster {
  const half = scene.size / 2;
  return mapPixels(scene, (x, y, index, from, to) => {
    const across = x / half - 1;
    const down = y / half - 1;
    const slope = 1 + 0.28 * lightHardness * (lightSide * across - 0.4 * down);
    const gain = exposure * slope * (1 - 0.09 * (across * across + down * down));
    for (let c = 0; c < 3; c++) to[index + c] = from[index + c]! * gain * lightColour[c]!;
  });
}

/**
 * Takes the picture: sensor noise, then JPEG. The same camera for every picture, real or forged: it
 * comes last, so it reveals nothing about earlier steps.
 */
export async function photograph(scene: Raster, random: Random, quality: number): Promise<Buffer> {
  const noisy = addNoise(scene, random);
  const raw = { width: scene.size, height: scene.size, channels: 3 } as const;
  return sharp(toBytes(noisy), { raw }).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
}

/**
 * Read noise, and shot noise whose variance grows with the light; its strength `iso` differs from
 * picture to picture.
 */
export function addNoise(scene: Raster, random: Random, iso = drawIso(random)): Raster {
  const read = 1.2 * iso;
  const shot = 0.035 * iso;
  return mapPixels(scene, (_x, _y, index, from, to) => {
    for (let c = 0; c < 3; c++) {
      const value = from[index + c]!;
      const deviation = Math.sqrt(read * read + shot * Math.max(0, value));
      to[index + c] = value + deviation * normals[random.uint32() >>> 16]!;
    }
  });
}

/** The strength of the noise of a picture or a clip. */
export const drawIso = (random: Random): number => random.between(0.5, 2.2);

/**
 * Draws from the normal distribution, to be picked at random: three times as fast as drawing each.
 */
const normals = (() => {
  const random = new Random('camera noise');
  return Float32Array.from({ length: 2 ** 16 }, () => random.normal());
})();
