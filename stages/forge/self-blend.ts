import { blurValues } from '../../src/learning/vision/augment/blur.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
} from '../../src/learning/vision/augment/colour.ts';
import { resample } from '../../src/learning/vision/resample.ts';
import type { Random } from '../../src/random.ts';
import { fillHull, freeForm, soften, withForehead } from './face-mask.ts';
import type { FaceWindow, Layer } from './face-window.ts';
import { warp } from './sample-values.ts';

/**
 * A self-blended image: a changed copy of the photograph is laid over its face (Shiohara and
 * Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022). The copy, the
 * paper's source, gets other colours and another sharpness, another size and place; the mask is the
 * hull of the landmarks, deformed and softened; the weight of the copy is drawn from `ratios`.
 *
 * The paper changes colours and sharpness of either the source or the target, and then counts the
 * changed target as the real image. Here the photograph always is the target, so that photograph
 * and forgery are equal outside of the mask. Ranges are our own.
 */
export function selfBlend(window: FaceWindow, random: Random, ratios: readonly number[]): Layer {
  const mask = drawFaceMask(window, random);
  const recoloured = changeColours(window.values, random);
  const values = move({ ...window, values: changeSharpness(recoloured, window, random) }, random);
  return { values, mask, ratio: random.pick(ratios) };
}

/** The hull of the landmarks, in every second mask with a part of the forehead. */
function drawFaceMask(window: FaceWindow, random: Random): Float32Array {
  const { landmarks, scale } = window;
  const forehead = random.float() < 0.5 ? 0 : random.float();
  const grid = { spacing: 0.3 * scale, deviation: random.between(0.01, 0.04) * scale };
  const deformation = freeForm(window, grid, random);
  const deformed = fillHull(window, withForehead(landmarks, forehead), deformation);
  const deviation = () => Math.max(0.5, random.between(0.007, 0.03) * scale);
  return soften(deformed, window, [deviation(), deviation()]);
}

/** Another level of each colour, hue, saturation, brightness and contrast. */
function changeColours(values: Float32Array, random: Random): Float32Array {
  const shifts = [0, 1, 2].map(() => random.between(-20, 20));
  const changed = values.map((value, i) => Math.min(255, Math.max(0, value + shifts[i % 3]!)));
  adjustHue(changed, random.between(-0.03, 0.03));
  adjustSaturation(changed, random.between(0.7, 1.3));
  adjustBrightness(changed, random.between(0.85, 1.15));
  adjustContrast(changed, random.between(0.85, 1.15));
  return changed;
}

/** Sharpened, or reduced and enlarged again. */
function changeSharpness(values: Float32Array, window: FaceWindow, random: Random): Float32Array {
  const isSharper = random.float() < 0.5;
  const strength = random.float();
  if (isSharper) {
    const blurred = blurValues(values, window, 1);
    return values.map((value, i) => value + (0.3 + 0.7 * strength) * (value - blurred[i]!));
  }
  const factor = 2 + 2 * strength;
  const small = {
    width: Math.max(1, Math.round(window.width / factor)),
    height: Math.max(1, Math.round(window.height / factor)),
  };
  return resample(resample(values, window, small, 3), small, window, 3);
}

/** The copy by up to 5 % larger or smaller in each direction, and moved by up to 3 %. */
function move(window: FaceWindow, random: Random): Float32Array {
  const { width, height, scale } = window;
  const across = random.between(0.95, 1.05);
  const down = random.between(0.95, 1.05);
  const right = random.between(-0.03, 0.03) * scale;
  const below = random.between(-0.03, 0.03) * scale;
  return warp(window, 3, window, (x, y) => ({
    x: width / 2 + (x - width / 2 - right) / across,
    y: height / 2 + (y - height / 2 - below) / down,
  }));
}
