import type { Random } from '../../src/random.ts';
import { drawFace } from './draw-face.ts';
import { drawGlasses } from './draw-glasses.ts';
import { drawBackHair, drawFrontHair } from './draw-hair.ts';
import { drawBackground, drawBody } from './draw-scene.ts';
import { fades, tag } from './svg.ts';
import type { Traits } from './traits.ts';

/** The part of the box of 256 by 256 that is shown: closer to the face than the drawing needs. */
export const frame = { left: 20, top: 12, side: 216 } as const;

/** A portrait as an SVG of `size` by `size` pixels, before light and camera. */
export function drawPortrait(traits: Traits, random: Random, size: number): string {
  const { x, y, roll } = traits;
  const person = [
    drawBackHair(traits),
    drawBody(traits, random),
    drawFace(traits, random),
    drawGlasses(traits),
    drawFrontHair(traits, random),
  ].join('');
  const leaning = tag('g', { transform: `rotate(${roll.toFixed(2)} ${x.toFixed(1)} ${(y + 60).toFixed(1)})` }, person);
  const drawn = drawBackground(traits, random) + leaning;
  const content = tag('defs', {}, fades(drawn)) + drawn;
  const viewBox = `${frame.left} ${frame.top} ${frame.side} ${frame.side}`;
  return tag('svg', { xmlns: 'http://www.w3.org/2000/svg', width: size, height: size, viewBox }, content);
}
