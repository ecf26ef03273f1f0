import type { Random } from '../../src/random.ts';
import { frame } from './draw-portrait.ts';
import { mapPixels, type Raster, sampleAt } from './raster.ts';
import type { Traits } from './traits.ts';

/**
 * Forges a portrait: a face, warped and recoloured, is blended into it through a soft mask,
 * `[size, size]`, 0 as it was, 1 replaced. By default this is its own face. Such forgeries have the
 * artefacts of face swaps, a boundary, two colours and landmarks out of place, without a second
 * person (Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022).
 * `donor` is a portrait whose face has the same place.
 */
export function blendFace(scene: Raster, traits: Traits, random: Random, donor = scene) {
  const mask = drawMask(scene.size, traits, random);
  const source = recolour(warp(donor, traits, random), random);
  const blended = mapPixels(scene, (_x, _y, index, from, to) => {
    const share = mask[index / 3]!;
    for (let c = 0; c < 3; c++)
      to[index + c] = from[index + c]! + share * (source.values[index + c]! - from[index + c]!);
  });
  return { scene: blended, mask };
}

/** An uneven oval over brows, nose and mouth, with a soft edge. */
function drawMask(
  size: number,
  { x, y, width, height, roll }: Traits,
  random: Random,
): Float32Array {
  const scale = size / frame.side;
  const centreX = (x - frame.left) * scale;
  const centreY = (y + height * 0.16 - frame.top) * scale;
  const radiusX = width * random.between(0.7, 0.9) * scale;
  const radiusY = height * random.between(0.58, 0.74) * scale;
  const edge = random.between(0.06, 0.18);
  const waves = [2, 3, 4].map((turns) => ({
    turns,
    size: random.between(0, 0.08),
    phase: random.between(0, 2 * Math.PI),
  }));
  const cos = Math.cos((-roll * Math.PI) / 180);
  const sin = Math.sin((-roll * Math.PI) / 180);
  const mask = new Float32Array(size * size);
  for (let row = 0, index = 0; row < size; row++) {
    for (let column = 0; column < size; column++, index++) {
      const dx = column - centreX;
      const dy = row - centreY;
      const across = (dx * cos - dy * sin) / radiusX;
      const down = (dx * sin + dy * cos) / radiusY;
      const angle = Math.atan2(down, across);
      const limit = waves.reduce(
        (sum, wave) => sum + wave.size * Math.cos(wave.turns * angle + wave.phase),
        1,
      );
      mask[index] = smoothStep((limit - Math.hypot(across, down)) / edge + 0.5);
    }
  }
  return mask;
}

/** Turned, stretched and shifted a little about the face's middle. */
function warp(scene: Raster, { x, y }: Traits, random: Random): Raster {
  const scale = scene.size / frame.side;
  const centreX = (x - frame.left) * scale;
  const centreY = (y - frame.top) * scale;
  const signed = (low: number, high: number) =>
    (random.float() < 0.5 ? -1 : 1) * random.between(low, high);
  const angle = (signed(1, 5) * Math.PI) / 180;
  const stretchX = 1 + signed(0.02, 0.07);
  const stretchY = 1 + signed(0.02, 0.07);
  const shiftX = signed(1, 4) * scale;
  const shiftY = signed(1, 4) * scale;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return mapPixels(scene, (column, row, index, _from, to) => {
    const dx = column - centreX - shiftX;
    const dy = row - centreY - shiftY;
    sampleAt(
      scene,
      centreX + (dx * cos - dy * sin) * stretchX,
      centreY + (dx * sin + dy * cos) * stretchY,
      to,
      index,
    );
  });
}

/**
 * A tint of any hue, another brightness and contrast; lighter as often as darker, so that the mean
 * over many stays.
 */
function recolour(scene: Raster, random: Random): Raster {
  const hue = random.between(0, 2 * Math.PI);
  const tint = random.between(0.3, 0.5);
  const brightness = 1 + 0.09 * random.normal();
  const contrast = 1 + 0.1 * random.normal();
  const gains = [0, 1, 2].map((c) => brightness + tint * Math.cos(hue + (c * 2 * Math.PI) / 3));
  return mapPixels(scene, (_x, _y, index, from, to) => {
    for (let c = 0; c < 3; c++)
      to[index + c] = (128 + (from[index + c]! - 128) * contrast) * gains[c]!;
  });
}

function smoothStep(value: number): number {
  const t = Math.max(0, Math.min(1, value));
  return t * t * (3 - 2 * t);
}

/** Pixels after which the trace repeats: three doublings of the resolution. */
export const tracePeriod = 8;

/**
 * Leaves the trace of a generator that ends in three doublings of its resolution. Where a
 * transposed convolution's kernel overlaps itself unevenly, its outputs have gains by their
 * position in the period, which shows as peaks in the spectrum (Zhang, Karaman and Chang,
 * "Detecting and Simulating Artifacts in GAN Fake Images", WIFS 2019). The gains have mean 1, so
 * brightness says nothing. The finest texture loses about as much as the trace adds, so the file's
 * size says little. Strength and start differ from picture to picture.
 */
export function leaveTrace(scene: Raster, random: Random): Raster {
  const strength = random.between(0.02, 0.2);
  const startX = random.uint32() % tracePeriod;
  const startY = random.uint32() % tracePeriod; // as a crop leaves it
  const { size } = scene;
  const row = size * 3;
  const last = (size - 1) * 3;
  return mapPixels(scene, (x, y, index, from, to) => {
    const gain =
      1 + strength * (gains[(x + startX) % tracePeriod]! + gains[(y + startY) % tracePeriod]!);
    const left = x > 0 ? -3 : 0;
    const right = x * 3 < last ? 3 : 0;
    const up = y > 0 ? -row : 0;
    const down = y < size - 1 ? row : 0;
    for (let c = 0; c < 3; c++) {
      const at = index + c;
      const around = (from[at + left]! + from[at + right]! + from[at + up]! + from[at + down]!) / 4;
      to[at] = (from[at]! + textureLoss * (around - from[at]!)) * gain;
    }
  });
}

/** Share of the difference between a pixel and its neighbours that is lost. */
const textureLoss = 0.25;

/** The gains of the positions in a period, in one direction; they sum to 0. */
const gains = [0.8, 0.5, 0, -0.5, -0.8, -0.3, 0, 0.3];
