import type { Random } from '../../src/random.ts';
import { sideways } from './sideways.ts';
import { darker, ellipse, path, rgb, tag } from './svg.ts';
import type { Traits } from './traits.ts';

/** Lines and freckles. */
export function drawAge(traits: Traits, random: Random): string {
  const { y, height, skin, age } = traits;
  const stroke = rgb(darker(skin, 0.4));
  const fold = (side: -1 | 1) =>
    path`
      M ${sideways(traits, side * 0.24)} ${y + height * 0.3}
      Q ${sideways(traits, side * 0.42)} ${y + height * 0.42} ${sideways(traits, side * 0.44)} ${y + height * 0.58}`;
  const brow = (row: number) =>
    path`
      M ${sideways(traits, -0.5)} ${y - height * (0.45 + row)}
      Q ${sideways(traits, 0)} ${y - height * (0.5 + row)} ${sideways(traits, 0.5)} ${y - height * (0.45 + row)}`;
  const lines = [fold(-1), fold(1), ...(age > 0.5 ? [brow(0), brow(0.08)] : [])].join(' ');
  const wrinkles = tag('path', {
    d: lines,
    fill: 'none',
    stroke,
    'stroke-width': 1.4,
    'stroke-opacity': 0.15 + 0.45 * age,
  });
  const freckles = Array.from({ length: random.float() < 0.25 ? 40 : 6 }, () =>
    ellipse(
      sideways(traits, random.between(-0.75, 0.75)),
      y + height * random.between(0.05, 0.5),
      0.9,
      0.8,
      stroke,
      0.5,
    ),
  );
  return wrinkles + freckles.join('');
}
