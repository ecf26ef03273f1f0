import type { Random } from '../../src/random.ts';
import { clipped, darker, ellipse, faded, filled, lighter, path, rgb, stroked } from './svg.ts';
import { mix, sideways, type Traits } from './traits.ts';

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
  return drawEars(traits) + filled(outline, rgb(traits.skin)) + clipped('face', outline, content);
}

/** The head's outline, from temple over chin to temple and over the skull. */
function faceOutline({ x, y, width, height, jaw }: Traits): string {
  return path`
    M ${x - width} ${y - height * 0.1}
    C ${x - width} ${y + height * 0.55} ${x - width * jaw} ${y + height} ${x} ${y + height}
    C ${x + width * jaw} ${y + height} ${x + width} ${y + height * 0.55} ${x + width} ${y - height * 0.1}
    C ${x + width} ${y - height * 1.3} ${x - width} ${y - height * 1.3} ${x - width} ${y - height * 0.1} Z`;
}

/** Both ears; of the side that is turned away less shows. */
function drawEars({ x, y, width, height, skin, yaw }: Traits): string {
  const ear = (side: -1 | 1) => {
    const shown = 7 * (1 - side * yaw * 0.5);
    const cx = x + side * (width + shown * 0.35);
    const cy = y + height * 0.08;
    return (
      ellipse(cx, cy, shown, 13, rgb(darker(skin, 0.12))) +
      ellipse(cx, cy + 1, shown * 0.5, 8, rgb(darker(skin, 0.35)), 0.6)
    );
  };
  return ear(-1) + ear(1);
}

/** Where light and shadow fall on the head, and its blush. */
function drawShading(traits: Traits): string {
  const { x, y, width, height, skin, lightSide, lightHardness } = traits;
  const dark = darker(skin, 0.5);
  const light = lighter(skin, 0.55);
  const blush = mix(skin, [214, 84, 74], 0.6);
  const nose = sideways(traits, 0);
  const sides = [-1, 1].map((side) => (across: number) => sideways(traits, side * across));
  const away = lightSide < 0 ? 1 : -1;
  const strength = 0.25 + 0.5 * lightHardness * Math.abs(lightSide);
  return [
    faded(x + away * width * 1.02, y + 8, width * 0.5, height * 1.05, dark, strength),
    faded(x, y + height * 1.08, width * 0.8, height * 0.26, dark, 0.5),
    faded(x - away * width * 0.35, y - height * 0.55, width * 0.5, height * 0.24, light, 0.45),
    ...sides.map((side) =>
      faded(side(0.42), y - height * 0.08, width * 0.27, height * 0.13, dark, 0.42),
    ),
    ...sides.map((side) =>
      faded(side(0.55), y + height * 0.32, width * 0.24, height * 0.13, blush, 0.28),
    ),
    ...sides.map((side) =>
      faded(side(0.5), y + height * 0.2, width * 0.2, height * 0.07, light, 0.35),
    ),
    faded(nose + away * 8, y + height * 0.2, 6, height * 0.22, dark, 0.45),
    faded(x, y + height * 0.76, width * 0.26, height * 0.045, dark, 0.5),
    faded(x, y + height * 0.88, width * 0.2, height * 0.06, light, 0.25),
  ].join('');
}

function drawAge(traits: Traits, random: Random): string {
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
  const freckles = Array.from({ length: random.float() < 0.25 ? 40 : 6 }, () => {
    const across = sideways(traits, random.between(-0.75, 0.75));
    return ellipse(across, y + height * random.between(0.05, 0.5), 0.9, 0.8, stroke, 0.5);
  });
  return stroked(lines, stroke, 1.4, 0.15 + 0.45 * age) + freckles.join('');
}

function drawBeard({ x, y, width, height, jaw, hair, beard }: Traits): string {
  if (beard === 'none') return '';
  const mouth = y + height * 0.58;
  const fill = rgb(darker(hair, 0.2));
  const moustache = path`
    M ${x - width * 0.42} ${mouth + 3}
    Q ${x - width * 0.25} ${mouth - 11} ${x} ${mouth - 8}
    Q ${x + width * 0.25} ${mouth - 11} ${x + width * 0.42} ${mouth + 3}
    Q ${x + width * 0.2} ${mouth - 2} ${x} ${mouth - 2.5}
    Q ${x - width * 0.2} ${mouth - 2} ${x - width * 0.42} ${mouth + 3} Z`;
  if (beard === 'moustache') return filled(moustache, fill, 0.9);
  const bottom = y + height * 1.03;
  const full = path`
    M ${x - width} ${y + height * 0.1}
    C ${x - width} ${y + height * 0.6} ${x - width * jaw} ${bottom} ${x} ${bottom}
    C ${x + width * jaw} ${bottom} ${x + width} ${y + height * 0.6} ${x + width} ${y + height * 0.1}
    Q ${x + width * 0.72} ${y + height * 0.5} ${x + width * 0.42} ${mouth - 6}
    Q ${x} ${mouth - 14} ${x - width * 0.42} ${mouth - 6}
    Q ${x - width * 0.72} ${y + height * 0.5} ${x - width} ${y + height * 0.1} Z`;
  return filled(full, fill, beard === 'stubble' ? 0.2 : 0.88);
}

function drawNose(traits: Traits): string {
  const { y, width, height, skin, noseLength, noseWidth, lightSide } = traits;
  const cx = sideways(traits, 0);
  const base = y + height * 0.34 * noseLength;
  const half = width * 0.2 * noseWidth;
  const dark = rgb(darker(skin, 0.65));
  const stroke = rgb(darker(skin, 0.45));
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
  return (
    stroked(wings, stroke, 1.8, 0.8) +
    stroked(ridge, stroke, 2.4, 0.35) +
    nostril(-1) +
    nostril(1) +
    shine
  );
}

/** Lips, and teeth in a broad smile. */
function drawMouth(traits: Traits): string {
  const { y, width, height, skin, mouthWidth, lipFullness, smile } = traits;
  const cx = sideways(traits, 0);
  const cy = y + height * 0.58;
  const half = width * (0.36 + 0.07 * smile) * mouthWidth;
  const up = 4.5 * lipFullness;
  const down = 6.5 * lipFullness;
  const lift = smile * 6;
  const lip = mix(skin, [168, 52, 58], 0.45);
  const left = cx - half;
  const right = cx + half;
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
    filled(lower, rgb(lighter(lip, 0.08))),
    filled(upper, rgb(darker(lip, 0.2))),
    open > 0 ? filled(inside, 'rgb(232,226,216)') : '',
    stroked(parting, rgb(darker(lip, 0.65)), 1.5),
    ellipse(
      cx + 2,
      middle + down * 0.7 + lift * 0.5 + open,
      half * 0.3,
      1.6,
      rgb(lighter(lip, 0.6)),
      0.5,
    ),
  ].join('');
}

/** One eye with its brow: -1 is the left, 1 the right. */
function drawEye(traits: Traits, side: -1 | 1): string {
  const {
    y,
    width,
    height,
    skin,
    hair,
    iris,
    eyeSize,
    eyeOpen,
    browThickness,
    browTilt,
    yaw,
    lightSide,
  } = traits;
  const cx = sideways(traits, side * 0.44);
  const cy = y - height * 0.06;
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
  const look = cx + yaw * 2;
  const radius = open * 0.82;
  const ball = [
    filled(lids, 'rgb(238,232,226)'),
    ellipse(look, cy - 0.5, radius, radius, rgb(darker(iris, 0.35))),
    ellipse(look, cy - 0.2, radius * 0.78, radius * 0.78, rgb(lighter(iris, 0.1))),
    ellipse(look, cy - 0.5, radius * 0.42, radius * 0.42, 'rgb(12,9,9)'),
    ellipse(look + lightSide * 2, cy - 2.2, 1.3, 1.2, 'rgb(255,255,255)', 0.9),
    ellipse(cx, cy - open, half, open * 0.55, rgb(darker(skin, 0.7)), 0.3),
  ].join('');
  const browY = cy - height * 0.2;
  const inner = cx - side * half * 1.1;
  const outer = cx + side * half * 1.35;
  const thick = 3.4 * browThickness;
  const brow = path`
    M ${inner} ${browY + browTilt * 3 + thick * 0.6}
    Q ${cx} ${browY - 5 - thick * 0.4} ${outer} ${browY + 2 - browTilt * 2}
    Q ${cx} ${browY - 2 + thick * 0.5} ${inner} ${browY + browTilt * 3 + thick * 1.5} Z`;
  return [
    clipped(side < 0 ? 'eyeLeft' : 'eyeRight', lids, ball),
    stroked(crease, rgb(darker(skin, 0.5)), 1.2, 0.6),
    stroked(upper, rgb(darker(hair, 0.7)), 1.9),
    filled(brow, rgb(darker(hair, 0.3)), 0.9),
  ].join('');
}
