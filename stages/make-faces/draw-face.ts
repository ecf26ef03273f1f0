import type { Random } from '../../src/random.ts';
import { drawAge } from './draw-age.ts';
import { drawBeard } from './draw-beard.ts';
import { drawEars } from './draw-ears.ts';
import { drawEye } from './draw-eye.ts';
import { drawMouth } from './draw-mouth.ts';
import { drawNose } from './draw-nose.ts';
import { drawShading } from './draw-shading.ts';
import { path, rgb, tag } from './svg.ts';
import type { Traits } from './traits.ts';

/** Head, ears and everything in the face. */
export function drawFace(traits: Traits, random: Random): string {
  const outline = faceOutline(traits);
  const content = [
    drawShading(traits),
    drawAge(traits, random),
    drawBeard(traits),
    drawNose(traits),
    drawMouth(traits),
    drawEye(traits, -1),
    drawEye(traits, 1),
  ].join('');
  return [
    drawEars(traits),
    tag('path', { d: outline, fill: rgb(traits.skin) }),
    tag('clipPath', { id: 'face' }, tag('path', { d: outline })),
    tag('g', { 'clip-path': 'url(#face)' }, content),
  ].join('');
}

/** The head's outline, from temple over chin to temple and over the skull. */
function faceOutline({ x, y, width, height, jaw }: Traits): string {
  return path`
    M ${x - width} ${y - height * 0.1}
    C ${x - width} ${y + height * 0.55} ${x - width * jaw} ${y + height} ${x} ${y + height}
    C ${x + width * jaw} ${y + height} ${x + width} ${y + height * 0.55} ${x + width} ${y - height * 0.1}
    C ${x + width} ${y - height * 1.3} ${x - width} ${y - height * 1.3} ${x - width} ${y - height * 0.1} Z`;
}
