import { sideways } from './sideways.ts';
import { darker, ellipse, lighter, path, rgb, tag } from './svg.ts';
import type { Traits } from './traits.ts';

/** Wings, ridge, nostrils and shine. */
export function drawNose(traits: Traits): string {
  const { y, width, height, skin, noseLength, noseWidth, lightSide } = traits;
  const [cx, base, half] = [sideways(traits, 0), y + height * 0.34 * noseLength, width * 0.2 * noseWidth];
  const [dark, stroke] = [rgb(darker(skin, 0.65)), rgb(darker(skin, 0.45))];
  const wings = path`
    M ${cx - half} ${base - 4}
    Q ${cx - half * 1.2} ${base + 4} ${cx - half * 0.5} ${base + 3}
    Q ${cx} ${base + 8} ${cx + half * 0.5} ${base + 3}
    Q ${cx + half * 1.2} ${base + 4} ${cx + half} ${base - 4}`;
  const side = lightSide < 0 ? 1 : -1;
  const ridge = path`
    M ${cx + side * 5} ${y - height * 0.1}
    Q ${cx + side * 4} ${y + height * 0.12} ${cx + side * half * 0.8} ${base - 6}`;
  const nostril = (to: -1 | 1) => ellipse(cx + to * half * 0.5, base + 2, 3, 1.6, dark, 0.8);
  const shine =
    ellipse(cx, base - 7, 3.4, 4.5, rgb(lighter(skin, 0.7)), 0.5) +
    ellipse(cx, y + height * 0.08, 2.4, height * 0.12, rgb(lighter(skin, 0.6)), 0.4);
  const line = tag('path', { d: wings, fill: 'none', stroke, 'stroke-width': 1.8, 'stroke-opacity': 0.8 });
  const bridge = tag('path', { d: ridge, fill: 'none', stroke, 'stroke-width': 2.4, 'stroke-opacity': 0.35 });
  return line + bridge + nostril(-1) + nostril(1) + shine;
}
