import type { Random } from '../../src/random.ts';
import { drawBeard } from './draw-hair.ts';
import { darker, ellipse, lighter, path, rgb, softened, tag } from './svg.ts';
import { mix, type Traits } from './traits.ts';

/** The head's outline, from temple over chin to temple and over the skull. */
export function faceOutline({ x, y, width, height, jaw }: Traits): string {
  return path(
    ...[
      'M',
      x - width,
      y - height * 0.1,
      'C',
      x - width,
      y + height * 0.55,
      x - width * jaw,
      y + height,
      x,
      y + height,
    ],
    ...['C', x + width * jaw, y + height, x + width, y + height * 0.55, x + width, y - height * 0.1],
    ...['C', x + width, y - height * 1.3, x - width, y - height * 1.3, x - width, y - height * 0.1, 'Z'],
  );
}

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

/** Where a feature sits sideways: `across` is -1 at the left temple, 1 at the right; turning moves the middle most. */
function sideways({ x, width, yaw }: Traits, across: number): number {
  return x + width * (across + yaw * 0.22 * (1 - across * across));
}

function drawEars({ x, y, width, height, skin, yaw }: Traits): string {
  const ear = (side: -1 | 1) => {
    const shown = 7 * (1 - side * yaw * 0.5);
    const [cx, cy] = [x + side * (width + shown * 0.35), y + height * 0.08];
    return (
      ellipse(cx, cy, shown, 13, rgb(darker(skin, 0.12))) +
      ellipse(cx, cy + 1, shown * 0.5, 8, rgb(darker(skin, 0.35)), 0.6)
    );
  };
  return softened('edge', ear(-1) + ear(1));
}

function drawShading(traits: Traits): string {
  const { x, y, width, height, skin, lightSide, lightHardness } = traits;
  const [dark, light] = [rgb(darker(skin, 0.5)), rgb(lighter(skin, 0.55))];
  const nose = sideways(traits, 0);
  const away = lightSide < 0 ? 1 : -1;
  const strength = 0.25 + 0.5 * lightHardness * Math.abs(lightSide);
  const haze = [
    ellipse(x + away * width * 1.02, y + 8, width * 0.5, height * 1.05, dark, strength),
    ellipse(x, y + height * 1.08, width * 0.8, height * 0.26, dark, 0.5),
    ellipse(x - away * width * 0.35, y - height * 0.55, width * 0.5, height * 0.24, light, 0.45),
  ];
  const soft = [
    ellipse(sideways(traits, -0.42), y - height * 0.08, width * 0.27, height * 0.13, dark, 0.42),
    ellipse(sideways(traits, 0.42), y - height * 0.08, width * 0.27, height * 0.13, dark, 0.42),
    ellipse(
      sideways(traits, -0.55),
      y + height * 0.32,
      width * 0.24,
      height * 0.13,
      rgb(mix(skin, [214, 84, 74], 0.6)),
      0.28,
    ),
    ellipse(
      sideways(traits, 0.55),
      y + height * 0.32,
      width * 0.24,
      height * 0.13,
      rgb(mix(skin, [214, 84, 74], 0.6)),
      0.28,
    ),
    ellipse(sideways(traits, -0.5), y + height * 0.2, width * 0.2, height * 0.07, light, 0.35),
    ellipse(sideways(traits, 0.5), y + height * 0.2, width * 0.2, height * 0.07, light, 0.35),
    ellipse(nose + away * 8, y + height * 0.2, 6, height * 0.22, dark, 0.45),
    ellipse(x, y + height * 0.76, width * 0.26, height * 0.045, dark, 0.5),
    ellipse(x, y + height * 0.88, width * 0.2, height * 0.06, light, 0.25),
  ];
  return softened('haze', haze.join('')) + softened('soft', soft.join(''));
}

/** Lines and freckles. */
function drawAge(traits: Traits, random: Random): string {
  const { y, height, skin, age } = traits;
  const stroke = rgb(darker(skin, 0.4));
  const fold = (side: -1 | 1) =>
    path(
      'M',
      sideways(traits, side * 0.24),
      y + height * 0.3,
      'Q',
      sideways(traits, side * 0.42),
      y + height * 0.42,
      sideways(traits, side * 0.44),
      y + height * 0.58,
    );
  const brow = (row: number) =>
    path(
      'M',
      sideways(traits, -0.5),
      y - height * (0.45 + row),
      'Q',
      sideways(traits, 0),
      y - height * (0.5 + row),
      sideways(traits, 0.5),
      y - height * (0.45 + row),
    );
  const lines = [fold(-1), fold(1), ...(age > 0.5 ? [brow(0), brow(0.08)] : [])].join(' ');
  const wrinkles = tag('path', { d: lines, fill: 'none', stroke, 'stroke-width': 1.4, opacity: 0.15 + 0.45 * age });
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
  return softened('edge', wrinkles + freckles.join(''));
}

function drawNose(traits: Traits): string {
  const { y, width, height, skin, noseLength, noseWidth, lightSide } = traits;
  const [cx, base, half] = [sideways(traits, 0), y + height * 0.34 * noseLength, width * 0.2 * noseWidth];
  const [dark, stroke] = [rgb(darker(skin, 0.65)), rgb(darker(skin, 0.45))];
  const wings = path(
    ...[
      'M',
      cx - half,
      base - 4,
      'Q',
      cx - half * 1.2,
      base + 4,
      cx - half * 0.5,
      base + 3,
      'Q',
      cx,
      base + 8,
      cx + half * 0.5,
      base + 3,
    ],
    ...['Q', cx + half * 1.2, base + 4, cx + half, base - 4],
  );
  const side = lightSide < 0 ? 1 : -1;
  const ridge = path(
    'M',
    cx + side * 5,
    y - height * 0.1,
    'Q',
    cx + side * 4,
    y + height * 0.12,
    cx + side * half * 0.8,
    base - 6,
  );
  const nostril = (to: -1 | 1) => ellipse(cx + to * half * 0.5, base + 2, 3, 1.6, dark, 0.8);
  const shine =
    ellipse(cx, base - 7, 3.4, 4.5, rgb(lighter(skin, 0.7)), 0.5) +
    ellipse(cx, y + height * 0.08, 2.4, height * 0.12, rgb(lighter(skin, 0.6)), 0.4);
  const line = tag('path', { d: wings, fill: 'none', stroke, 'stroke-width': 1.8, opacity: 0.8 });
  const bridge = tag('path', { d: ridge, fill: 'none', stroke, 'stroke-width': 2.4, opacity: 0.35 });
  return softened('edge', line + bridge + nostril(-1) + nostril(1)) + softened('edge', shine);
}

function drawMouth(traits: Traits): string {
  const { y, width, height, skin, mouthWidth, lipFullness, smile } = traits;
  const [cx, cy, half] = [sideways(traits, 0), y + height * 0.58, width * (0.36 + 0.07 * smile) * mouthWidth];
  const [up, down, lift] = [4.5 * lipFullness, 6.5 * lipFullness, smile * 6];
  const lip = mix(skin, [168, 52, 58], 0.45);
  const [left, right] = [cx - half, cx + half];
  const corners = cy - lift * 0.6;
  const middle = cy + lift * 0.4;
  const open = smile > 0.6 ? 5.5 * smile : 0;
  const upper = path(
    'M',
    left,
    corners,
    'Q',
    cx - half * 0.4,
    middle - up * 1.5,
    cx,
    middle - up * 0.8,
    'Q',
    cx + half * 0.4,
    middle - up * 1.5,
    right,
    corners,
    'Q',
    cx,
    middle + lift * 0.6,
    left,
    corners,
    'Z',
  );
  const lower = path(
    'M',
    left,
    corners,
    'Q',
    cx,
    middle + lift * 0.6 + open,
    right,
    corners,
    'Q',
    cx,
    middle + down * 1.9 + lift * 0.6 + open,
    left,
    corners,
    'Z',
  );
  const inside = path(
    'M',
    left,
    corners,
    'Q',
    cx,
    middle + lift * 0.5,
    right,
    corners,
    'Q',
    cx,
    middle + lift * 0.6 + open * 2,
    left,
    corners,
    'Z',
  );
  const parting = path('M', left - 1, corners, 'Q', cx, middle + lift * 0.6, right + 1, corners);
  return softened(
    'edge',
    [
      tag('path', { d: lower, fill: rgb(lighter(lip, 0.08)) }),
      tag('path', { d: upper, fill: rgb(darker(lip, 0.2)) }),
      open > 0 ? tag('path', { d: inside, fill: 'rgb(232,226,216)' }) : '',
      tag('path', { d: parting, fill: 'none', stroke: rgb(darker(lip, 0.65)), 'stroke-width': 1.5 }),
      ellipse(cx + 2, middle + down * 0.7 + lift * 0.5 + open, half * 0.3, 1.6, rgb(lighter(lip, 0.6)), 0.5),
    ].join(''),
  );
}

function drawEye(traits: Traits, side: -1 | 1): string {
  const { y, width, height, skin, hair, iris, eyeSize, eyeOpen, browThickness, browTilt, yaw, lightSide } = traits;
  const [cx, cy] = [sideways(traits, side * 0.44), y - height * 0.06];
  const half = width * 0.225 * eyeSize * (1 + side * yaw * 0.12);
  const open = 6.6 * eyeSize * eyeOpen;
  const lids = path(
    'M',
    cx - half,
    cy + 1,
    'Q',
    cx,
    cy - open * 1.7,
    cx + half,
    cy + (side > 0 ? -1 : 1),
    'Q',
    cx,
    cy + open * 1.3,
    cx - half,
    cy + 1,
    'Z',
  );
  const upper = path('M', cx - half - 1, cy + 1, 'Q', cx, cy - open * 1.75, cx + half + 1, cy + (side > 0 ? -1 : 1));
  const crease = path('M', cx - half, cy - 4, 'Q', cx, cy - open * 1.7 - 5, cx + half, cy - 5);
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
  const brow = path(
    'M',
    inner,
    browY + browTilt * 3 + thick * 0.6,
    'Q',
    cx,
    browY - 5 - thick * 0.4,
    outer,
    browY + 2 - browTilt * 2,
    'Q',
    cx,
    browY - 2 + thick * 0.5,
    inner,
    browY + browTilt * 3 + thick * 1.5,
    'Z',
  );
  return [
    tag('clipPath', { id }, tag('path', { d: lids })),
    tag('g', { 'clip-path': `url(#${id})` }, ball),
    tag('path', { d: crease, fill: 'none', stroke: rgb(darker(skin, 0.5)), 'stroke-width': 1.2, opacity: 0.6 }),
    tag('path', { d: upper, fill: 'none', stroke: rgb(darker(hair, 0.7)), 'stroke-width': 1.9 }),
    softened('edge', tag('path', { d: brow, fill: rgb(darker(hair, 0.3)), opacity: 0.9 })),
  ].join('');
}

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
    const glint = path(
      'M',
      cx + lightSide * 8 - 6,
      cy - tall * 0.7,
      'l',
      -7,
      tall * 1.1,
      'l',
      5,
      0,
      'l',
      7,
      -tall * 1.1,
      'Z',
    );
    return (
      tag('rect', { ...frame, fill: 'rgb(200,220,235)', 'fill-opacity': 0.14, stroke, 'stroke-width': 2.6 }) +
      tag('path', { d: glint, fill: 'rgb(255,255,255)', opacity: 0.22 })
    );
  };
  const [left, right] = [sideways(traits, -0.44), sideways(traits, 0.44)];
  const bridge = path('M', left + half, cy - 2, 'Q', (left + right) / 2, cy - 8, right - half, cy - 2);
  const arms = path(
    'M',
    left - half,
    cy - 3,
    'L',
    x - width - 3,
    cy - 6,
    'M',
    right + half,
    cy - 3,
    'L',
    x + width + 3,
    cy - 6,
  );
  return lens(-1) + lens(1) + tag('path', { d: `${bridge} ${arms}`, fill: 'none', stroke, 'stroke-width': 2.4 });
}
