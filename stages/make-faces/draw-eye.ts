import { sideways } from './sideways.ts';
import { darker, ellipse, lighter, path, rgb, tag } from './svg.ts';
import type { Traits } from './traits.ts';

/** One eye with its brow: -1 is the left, 1 the right. */
export function drawEye(traits: Traits, side: -1 | 1): string {
  const { y, width, height, skin, hair, iris, eyeSize, eyeOpen, browThickness, browTilt, yaw, lightSide } = traits;
  const [cx, cy] = [sideways(traits, side * 0.44), y - height * 0.06];
  const half = width * 0.225 * eyeSize * (1 + side * yaw * 0.12);
  const open = 6.6 * eyeSize * eyeOpen;
  const lids = path`
    M ${cx - half} ${cy + 1}
    Q ${cx} ${cy - open * 1.7} ${cx + half} ${cy + (side > 0 ? -1 : 1)}
    Q ${cx} ${cy + open * 1.3} ${cx - half} ${cy + 1} Z`;
  const upper = path`
    M ${cx - half - 1} ${cy + 1}
    Q ${cx} ${cy - open * 1.75} ${cx + half + 1} ${cy + (side > 0 ? -1 : 1)}`;
  const crease = path`M ${cx - half} ${cy - 4} Q ${cx} ${cy - open * 1.7 - 5} ${cx + half} ${cy - 5}`;
  const [id, look, radius] = [side < 0 ? 'eyeLeft' : 'eyeRight', cx + yaw * 2, open * 0.82];
  const ball = [
    tag('path', { d: lids, fill: 'rgb(238,232,226)' }),
    ellipse(look, cy - 0.5, radius, radius, rgb(darker(iris, 0.35))),
    ellipse(look, cy - 0.2, radius * 0.78, radius * 0.78, rgb(lighter(iris, 0.1))),
    ellipse(look, cy - 0.5, radius * 0.42, radius * 0.42, 'rgb(12,9,9)'),
    ellipse(look + lightSide * 2, cy - 2.2, 1.3, 1.2, 'rgb(255,255,255)', 0.9),
    ellipse(cx, cy - open, half, open * 0.55, rgb(darker(skin, 0.7)), 0.3),
  ].join('');
  const browY = cy - height * 0.2;
  const [inner, outer] = [cx - side * half * 1.1, cx + side * half * 1.35];
  const thick = 3.4 * browThickness;
  const brow = path`
    M ${inner} ${browY + browTilt * 3 + thick * 0.6}
    Q ${cx} ${browY - 5 - thick * 0.4} ${outer} ${browY + 2 - browTilt * 2}
    Q ${cx} ${browY - 2 + thick * 0.5} ${inner} ${browY + browTilt * 3 + thick * 1.5} Z`;
  return [
    tag('clipPath', { id }, tag('path', { d: lids })),
    tag('g', { 'clip-path': `url(#${id})` }, ball),
    tag('path', {
      d: crease,
      fill: 'none',
      stroke: rgb(darker(skin, 0.5)),
      'stroke-width': 1.2,
      'stroke-opacity': 0.6,
    }),
    tag('path', { d: upper, fill: 'none', stroke: rgb(darker(hair, 0.7)), 'stroke-width': 1.9 }),
    tag('path', { d: brow, fill: rgb(darker(hair, 0.3)), 'fill-opacity': 0.9 }),
  ].join('');
}
