import { sideways } from './sideways.ts';
import { darker, ellipse, lighter, path, rgb, tag } from './svg.ts';
import { mix, type Traits } from './traits.ts';

/** Lips, and teeth in a broad smile. */
export function drawMouth(traits: Traits): string {
  const { y, width, height, skin, mouthWidth, lipFullness, smile } = traits;
  const [cx, cy, half] = [sideways(traits, 0), y + height * 0.58, width * (0.36 + 0.07 * smile) * mouthWidth];
  const [up, down, lift] = [4.5 * lipFullness, 6.5 * lipFullness, smile * 6];
  const lip = mix(skin, [168, 52, 58], 0.45);
  const [left, right] = [cx - half, cx + half];
  const corners = cy - lift * 0.6;
  const middle = cy + lift * 0.4;
  const open = smile > 0.6 ? 5.5 * smile : 0;
  const upper = path`
    M ${left} ${corners}
    Q ${cx - half * 0.4} ${middle - up * 1.5} ${cx} ${middle - up * 0.8}
    Q ${cx + half * 0.4} ${middle - up * 1.5} ${right} ${corners}
    Q ${cx} ${middle + lift * 0.6} ${left} ${corners} Z`;
  const lower = path`
    M ${left} ${corners}
    Q ${cx} ${middle + lift * 0.6 + open} ${right} ${corners}
    Q ${cx} ${middle + down * 1.9 + lift * 0.6 + open} ${left} ${corners} Z`;
  const inside = path`
    M ${left} ${corners}
    Q ${cx} ${middle + lift * 0.5} ${right} ${corners}
    Q ${cx} ${middle + lift * 0.6 + open * 2} ${left} ${corners} Z`;
  const parting = path`M ${left - 1} ${corners} Q ${cx} ${middle + lift * 0.6} ${right + 1} ${corners}`;
  return [
    tag('path', { d: lower, fill: rgb(lighter(lip, 0.08)) }),
    tag('path', { d: upper, fill: rgb(darker(lip, 0.2)) }),
    open > 0 ? tag('path', { d: inside, fill: 'rgb(232,226,216)' }) : '',
    tag('path', { d: parting, fill: 'none', stroke: rgb(darker(lip, 0.65)), 'stroke-width': 1.5 }),
    ellipse(cx + 2, middle + down * 0.7 + lift * 0.5 + open, half * 0.3, 1.6, rgb(lighter(lip, 0.6)), 0.5),
  ].join('');
}
