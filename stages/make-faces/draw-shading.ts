import { sideways } from './sideways.ts';
import { darker, faded, lighter } from './svg.ts';
import { mix, type Traits } from './traits.ts';

/** Where light and shadow fall on the head, and its blush. */
export function drawShading(traits: Traits): string {
  const { x, y, width, height, skin, lightSide, lightHardness } = traits;
  const [dark, light] = [darker(skin, 0.5), lighter(skin, 0.55)];
  const blush = mix(skin, [214, 84, 74], 0.6);
  const nose = sideways(traits, 0);
  const away = lightSide < 0 ? 1 : -1;
  const strength = 0.25 + 0.5 * lightHardness * Math.abs(lightSide);
  return [
    faded(x + away * width * 1.02, y + 8, width * 0.5, height * 1.05, dark, strength),
    faded(x, y + height * 1.08, width * 0.8, height * 0.26, dark, 0.5),
    faded(x - away * width * 0.35, y - height * 0.55, width * 0.5, height * 0.24, light, 0.45),
    faded(sideways(traits, -0.42), y - height * 0.08, width * 0.27, height * 0.13, dark, 0.42),
    faded(sideways(traits, 0.42), y - height * 0.08, width * 0.27, height * 0.13, dark, 0.42),
    faded(sideways(traits, -0.55), y + height * 0.32, width * 0.24, height * 0.13, blush, 0.28),
    faded(sideways(traits, 0.55), y + height * 0.32, width * 0.24, height * 0.13, blush, 0.28),
    faded(sideways(traits, -0.5), y + height * 0.2, width * 0.2, height * 0.07, light, 0.35),
    faded(sideways(traits, 0.5), y + height * 0.2, width * 0.2, height * 0.07, light, 0.35),
    faded(nose + away * 8, y + height * 0.2, 6, height * 0.22, dark, 0.45),
    faded(x, y + height * 0.76, width * 0.26, height * 0.045, dark, 0.5),
    faded(x, y + height * 0.88, width * 0.2, height * 0.06, light, 0.25),
  ].join('');
}
