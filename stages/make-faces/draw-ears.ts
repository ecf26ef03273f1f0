import { darker, ellipse, rgb } from './svg.ts';
import type { Traits } from './traits.ts';

/** Both ears; of the side that is turned away less shows. */
export function drawEars({ x, y, width, height, skin, yaw }: Traits): string {
  const ear = (side: -1 | 1) => {
    const shown = 7 * (1 - side * yaw * 0.5);
    const [cx, cy] = [x + side * (width + shown * 0.35), y + height * 0.08];
    return (
      ellipse(cx, cy, shown, 13, rgb(darker(skin, 0.12))) +
      ellipse(cx, cy + 1, shown * 0.5, 8, rgb(darker(skin, 0.35)), 0.6)
    );
  };
  return ear(-1) + ear(1);
}
