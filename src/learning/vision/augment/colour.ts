import { permutation, type Random } from '../../../random.ts';
import type { PixelChange } from './pixel-change.ts';

/**
 * torchvision's `ColorJitter`: each change by its own factor, in random order; rounded to 8 bits
 * once, at the end.
 */
export const colour: PixelChange<'colour'> = (image, settings, random) => {
  const values = new Float32Array(image.pixels);
  for (const { adjust, by } of drawChanges(settings, random)) adjust(values, by);
  // Rounds half to even, and is in range, since every change is.
  return { ...image, pixels: new Uint8Array(new Uint8ClampedArray(values).buffer) };
};

/**
 * Draws the changes and their order. Each adjusts RGB values, `[pixels, 3]`, 0 to 255, in place, by
 * a factor of at least 0 or by a turn.
 */
function drawChanges(
  { brightness, contrast, saturation, hue }: Parameters<typeof colour>[1],
  random: Random,
) {
  const factor = (strength: number) => random.between(Math.max(0, 1 - strength), 1 + strength);
  const changes = [
    { strength: brightness, adjust: adjustBrightness, by: factor(brightness) },
    { strength: contrast, adjust: adjustContrast, by: factor(contrast) },
    { strength: saturation, adjust: adjustSaturation, by: factor(saturation) },
    { strength: hue, adjust: adjustHue, by: random.between(-hue, hue) },
  ];
  return Array.from(permutation(4, random), (i) => changes[i]!).filter(
    ({ strength }) => strength > 0,
  );
}

/** Equals torchvision's `adjust_brightness`; the functions below follow its counterparts. */
export function adjustBrightness(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = clamp(factor * values[i]!);
}

export function adjustContrast(values: Float32Array, factor: number): void {
  let sum = 0;
  for (let i = 0; i < values.length; i += 3) sum += grey(values, i);
  const rest = (1 - factor) * (sum / (values.length / 3));
  for (let i = 0; i < values.length; i++) values[i] = clamp(factor * values[i]! + rest);
}

export function adjustSaturation(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i += 3) {
    const rest = (1 - factor) * grey(values, i);
    for (let k = i; k < i + 3; k++) values[k] = clamp(factor * values[k]! + rest);
  }
}

/**
 * Turns every hue by `turn` of the colour circle, -0.5 to 0.5, as in HSV; value and saturation
 * stay.
 */
export function adjustHue(values: Float32Array, turn: number): void {
  for (let i = 0; i < values.length; i += 3) {
    const red = values[i]!;
    const green = values[i + 1]!;
    const blue = values[i + 2]!;
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    if (chroma === 0) continue;
    const sixth = 6 * turn + hueOf(red, green, blue, value, chroma);
    values[i] = channel(5, sixth, value, chroma);
    values[i + 1] = channel(3, sixth, value, chroma);
    values[i + 2] = channel(1, sixth, value, chroma);
  }
}

/** In sixths of the circle, from red. */
function hueOf(red: number, green: number, blue: number, value: number, chroma: number): number {
  if (value === red) return (green - blue) / chroma;
  return value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
}

/** HSV to RGB without its six cases: red is n = 5, green 3, blue 1. */
function channel(n: number, sixth: number, value: number, chroma: number): number {
  const turned = n + sixth;
  const k = turned - 6 * Math.floor(turned / 6);
  return value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
}

/** Luma as ITU-R BT.601 weighs it, to the digits that torchvision has. */
const grey = (values: Float32Array, i: number): number =>
  0.2989 * values[i]! + 0.587 * values[i + 1]! + 0.114 * values[i + 2]!;

const clamp = (value: number): number => (value < 0 ? 0 : Math.min(value, 255));
