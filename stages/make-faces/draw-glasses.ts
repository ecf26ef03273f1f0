import { sideways } from './sideways.ts';
import { darker, path, rgb, tag } from './svg.ts';
import type { Traits } from './traits.ts';

/** Frames, arms and a reflection, in front of everything but the fringe. */
export function drawGlasses(traits: Traits): string {
  const { x, y, width, height, glasses, lightSide, hair } = traits;
  if (glasses === 'none') return '';
  const [cy, half, tall] = [y - height * 0.03, width * 0.33, glasses === 'round' ? width * 0.31 : width * 0.25];
  const stroke = rgb(darker(hair, 0.5));
  const lens = (side: -1 | 1) => {
    const cx = sideways(traits, side * 0.44);
    const corner = glasses === 'round' ? tall : 5;
    const frame = { x: cx - half, y: cy - tall, width: half * 2, height: tall * 2, rx: corner };
    const glint = path`M ${cx + lightSide * 8 - 6} ${cy - tall * 0.7} l -7 ${tall * 1.1} l 5 0 l 7 ${-tall * 1.1} Z`;
    return (
      tag('rect', { ...frame, fill: 'rgb(200,220,235)', 'fill-opacity': 0.14, stroke, 'stroke-width': 2.6 }) +
      tag('path', { d: glint, fill: 'rgb(255,255,255)', 'fill-opacity': 0.22 })
    );
  };
  const [left, right] = [sideways(traits, -0.44), sideways(traits, 0.44)];
  const bridge = path`M ${left + half} ${cy - 2} Q ${(left + right) / 2} ${cy - 8} ${right - half} ${cy - 2}`;
  const arms = path`
    M ${left - half} ${cy - 3}
    L ${x - width - 3} ${cy - 6}
    M ${right + half} ${cy - 3}
    L ${x + width + 3} ${cy - 6}`;
  return lens(-1) + lens(1) + tag('path', { d: `${bridge} ${arms}`, fill: 'none', stroke, 'stroke-width': 2.4 });
}
