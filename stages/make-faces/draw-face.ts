import type { Random } from '../../src/random.ts';
import {
  bothSides,
  clipped,
  darker,
  ellipse,
  faded,
  filled,
  lighter,
  pathIn,
  repeated,
  type Side,
  stroked,
  white,
  within,
} from './svg.ts';
import { mix, sideways, type Traits } from './traits.ts';

export function drawFace(traits: Traits, random: Random): string {
  const outline = faceOutline(traits);
  const content = [
    drawShading(traits),
    drawAge(traits, random),
    drawBeard(traits),
    drawNose(traits),
    drawMouth(traits),
    bothSides((side) => drawEye(traits, side)),
  ].join('');
  return drawEars(traits) + filled(outline, traits.skin) + clipped('face', outline, content);
}

/** The head's outline, from temple over chin to temple and over the skull. */
function faceOutline(traits: Traits): string {
  const { jaw } = traits;
  return pathIn(within(traits))`
    M -1 -0.1
    C -1 0.55 ${-jaw} 1 0 1
    C ${jaw} 1 1 0.55 1 -0.1
    C 1 -1.3 -1 -1.3 -1 -0.1 Z`;
}

/** Both ears; the ear of the side that is turned away is narrower. */
function drawEars({ x, y, width, height, skin, yaw }: Traits): string {
  return bothSides((side) => {
    const breadth = 7 * (1 - side * yaw * 0.5);
    const cx = x + side * (width + breadth * 0.35);
    const cy = y + height * 0.08;
    return (
      ellipse(cx, cy, breadth, 13, darker(skin, 0.12)) +
      ellipse(cx, cy + 1, breadth * 0.5, 8, darker(skin, 0.35), 0.6)
    );
  });
}

/** Where light and shadow fall on the head, and its blush. */
function drawShading(traits: Traits): string {
  const { x, y, width, height, skin, lightSide, lightHardness } = traits;
  const dark = darker(skin, 0.5);
  const light = lighter(skin, 0.55);
  const blush = mix(skin, [214, 84, 74], 0.6);
  const away = awayFromLight(traits);
  const strength = 0.25 + 0.5 * lightHardness * Math.abs(lightSide);
  const onSkin = (
    across: number,
    down: number,
    [wide, high]: readonly [number, number],
    colour: typeof skin,
    opacity: number,
  ) => {
    const cx = sideways(traits, across);
    return faded(cx, y + height * down, width * wide, height * high, colour, opacity);
  };
  const nose = sideways(traits, 0);
  return [
    faded(x + away * width * 1.02, y + 8, width * 0.5, height * 1.05, dark, strength),
    faded(x, y + height * 1.08, width * 0.8, height * 0.26, dark, 0.5),
    faded(x - away * width * 0.35, y - height * 0.55, width * 0.5, height * 0.24, light, 0.45),
    bothSides((side) => onSkin(side * 0.42, -0.08, [0.27, 0.13], dark, 0.42)),
    bothSides((side) => onSkin(side * 0.55, 0.32, [0.24, 0.13], blush, 0.28)),
    bothSides((side) => onSkin(side * 0.5, 0.2, [0.2, 0.07], light, 0.35)),
    faded(nose + away * 8, y + height * 0.2, 6, height * 0.22, dark, 0.45),
    faded(x, y + height * 0.76, width * 0.26, height * 0.045, dark, 0.5),
    faded(x, y + height * 0.88, width * 0.2, height * 0.06, light, 0.25),
  ].join('');
}

function awayFromLight({ lightSide }: Traits): Side {
  return lightSide < 0 ? 1 : -1;
}

function drawAge(traits: Traits, random: Random): string {
  const { y, height, skin, age } = traits;
  const colour = darker(skin, 0.4);
  const onSkin = pathIn((across, down) => [sideways(traits, across), y + height * down]);
  const folds = bothSides(
    (side) => onSkin`M ${side * 0.24} 0.3 Q ${side * 0.42} 0.42 ${side * 0.44} 0.58`,
  );
  const brow = (row: number) => onSkin`M -0.5 ${-0.45 - row} Q 0 ${-0.5 - row} 0.5 ${-0.45 - row}`;
  const lines = age > 0.5 ? folds + brow(0) + brow(0.08) : folds;
  const freckles = repeated(random.float() < 0.25 ? 40 : 6, () => {
    const across = sideways(traits, random.between(-0.75, 0.75));
    return ellipse(across, y + height * random.between(0.05, 0.5), 0.9, 0.8, colour, 0.5);
  });
  return stroked(lines, colour, 1.4, 0.15 + 0.45 * age) + freckles;
}

function drawBeard(traits: Traits): string {
  const { x, y, width, height, jaw, hair, beard } = traits;
  if (beard === 'none') return '';
  const fill = darker(hair, 0.2);
  if (beard === 'moustache') {
    const moustache = pathIn(within({ x, y: y + height * 0.58, width, height: 1 }))`
      M -0.42 3
      Q -0.25 -11 0 -8
      Q 0.25 -11 0.42 3
      Q 0.2 -2 0 -2.5
      Q -0.2 -2 -0.42 3 Z`;
    return filled(moustache, fill, 0.9);
  }
  const lip = (above: number) => 0.58 - above / height;
  const full = pathIn(within(traits))`
    M -1 0.1
    C -1 0.6 ${-jaw} 1.03 0 1.03
    C ${jaw} 1.03 1 0.6 1 0.1
    Q 0.72 0.5 0.42 ${lip(6)}
    Q 0 ${lip(14)} -0.42 ${lip(6)}
    Q -0.72 0.5 -1 0.1 Z`;
  return filled(full, fill, beard === 'stubble' ? 0.2 : 0.88);
}

function drawNose(traits: Traits): string {
  const { y, width, height, skin, noseLength, noseWidth } = traits;
  const cx = sideways(traits, 0);
  const base = y + height * 0.34 * noseLength;
  const half = width * 0.2 * noseWidth;
  const shadow = darker(skin, 0.45);
  const wings = pathIn(within({ x: cx, y: base, width: half, height: 1 }))`
    M -1 -4
    Q -1.2 4 -0.5 3
    Q 0 8 0.5 3
    Q 1.2 4 1 -4`;
  const away = awayFromLight(traits);
  const ridge = pathIn(within({ x: cx, y, width: away, height }))`
    M 5 -0.1
    Q 4 0.12 ${half * 0.8} ${(base - 6 - y) / height}`;
  const nostrils = bothSides((side) =>
    ellipse(cx + side * half * 0.5, base + 2, 3, 1.6, darker(skin, 0.65), 0.8),
  );
  return [
    stroked(wings, shadow, 1.8, 0.8),
    stroked(ridge, shadow, 2.4, 0.35),
    nostrils,
    ellipse(cx, base - 7, 3.4, 4.5, lighter(skin, 0.7), 0.5),
    ellipse(cx, y + height * 0.08, 2.4, height * 0.12, lighter(skin, 0.6), 0.4),
  ].join('');
}

/** Lips, and teeth in a broad smile. */
function drawMouth(traits: Traits): string {
  const { y, width, height, skin, mouthWidth, lipFullness, smile } = traits;
  const lip = mix(skin, [168, 52, 58], 0.45);
  const lift = smile * 6;
  const open = smile > 0.6 ? 5.5 * smile : 0;
  const mouth = {
    x: sideways(traits, 0),
    y: y + height * 0.58 + lift * 0.4,
    width: width * (0.36 + 0.07 * smile) * mouthWidth,
    height: 1,
  };
  const up = 4.5 * lipFullness;
  const down = 6.5 * lipFullness;
  const inMouth = pathIn(within(mouth));
  const upper = inMouth`
    M -1 ${-lift}
    Q -0.4 ${-up * 1.5} 0 ${-up * 0.8}
    Q 0.4 ${-up * 1.5} 1 ${-lift}
    Q 0 ${lift * 0.6} -1 ${-lift} Z`;
  const lower = inMouth`
    M -1 ${-lift}
    Q 0 ${lift * 0.6 + open} 1 ${-lift}
    Q 0 ${down * 1.9 + lift * 0.6 + open} -1 ${-lift} Z`;
  const teeth = inMouth`
    M -1 ${-lift}
    Q 0 ${lift * 0.5} 1 ${-lift}
    Q 0 ${lift * 0.6 + open * 2} -1 ${-lift} Z`;
  const corner = 1 + 1 / mouth.width;
  const parting = inMouth`M ${-corner} ${-lift} Q 0 ${lift * 0.6} ${corner} ${-lift}`;
  const shineY = mouth.y + down * 0.7 + lift * 0.5 + open;
  return [
    filled(lower, lighter(lip, 0.08)),
    filled(upper, darker(lip, 0.2)),
    open > 0 ? filled(teeth, [232, 226, 216]) : '',
    stroked(parting, darker(lip, 0.65), 1.5),
    ellipse(mouth.x + 2, shineY, mouth.width * 0.3, 1.6, lighter(lip, 0.6), 0.5),
  ].join('');
}

function drawEye(traits: Traits, side: Side): string {
  const { y, width, height, skin, hair, iris, eyeSize, yaw, lightSide } = traits;
  const cx = sideways(traits, side * 0.44);
  const cy = y - height * 0.06;
  const half = width * 0.225 * eyeSize * (1 + side * yaw * 0.12);
  const open = 6.6 * eyeSize * traits.eyeOpen;
  const inEye = pathIn(within({ x: cx, y: cy, width: half, height: 1 }));
  const lids = inEye`M -1 1 Q 0 ${-open * 1.7} 1 ${-side} Q 0 ${open * 1.3} -1 1 Z`;
  const corner = 1 + 1 / half;
  const upperLid = inEye`M ${-corner} 1 Q 0 ${-open * 1.75} ${corner} ${-side}`;
  const crease = inEye`M -1 -4 Q 0 ${-open * 1.7 - 5} 1 -5`;
  const pupil = cx + yaw * 2;
  const radius = open * 0.82;
  const ball = [
    filled(lids, [238, 232, 226]),
    ellipse(pupil, cy - 0.5, radius, radius, darker(iris, 0.35)),
    ellipse(pupil, cy - 0.2, radius * 0.78, radius * 0.78, lighter(iris, 0.1)),
    ellipse(pupil, cy - 0.5, radius * 0.42, radius * 0.42, [12, 9, 9]),
    ellipse(pupil + lightSide * 2, cy - 2.2, 1.3, 1.2, white, 0.9),
    ellipse(cx, cy - open, half, open * 0.55, darker(skin, 0.7), 0.3),
  ].join('');
  return [
    clipped(side < 0 ? 'eyeLeft' : 'eyeRight', lids, ball),
    stroked(crease, darker(skin, 0.5), 1.2, 0.6),
    stroked(upperLid, darker(hair, 0.7), 1.9),
    filled(browOutline(traits, side, cx, half), darker(hair, 0.3), 0.9),
  ].join('');
}

/** The brow above the eye at `cx`, which is `half` wide to each side. */
function browOutline(traits: Traits, side: Side, cx: number, half: number): string {
  const { y, height, browThickness, browTilt } = traits;
  const tilt = browTilt * 3;
  const thick = 3.4 * browThickness;
  // Mirrored: its inner end is at -1.1 on both sides of the face.
  return pathIn(within({ x: cx, y: y - height * 0.26, width: side * half, height: 1 }))`
    M -1.1 ${tilt + thick * 0.6}
    Q 0 ${-5 - thick * 0.4} 1.35 ${2 - browTilt * 2}
    Q 0 ${-2 + thick * 0.5} -1.1 ${tilt + thick * 1.5} Z`;
}
