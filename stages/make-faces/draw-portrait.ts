import type { Random } from '../../src/random.ts';
import { drawFace } from './draw-face.ts';
import { drawBackground, drawBody } from './draw-scene.ts';
import {
  bothSides,
  clipped,
  darker,
  ellipse,
  faded,
  fades,
  filled,
  lighter,
  path,
  pathIn,
  repeated,
  rgb,
  stroked,
  tag,
  white,
  within,
} from './svg.ts';
import { type Colour, sideways, type Traits } from './traits.ts';

/** The part of the box of 256 by 256 that is shown: closer to the face than the drawing needs. */
export const frame = { left: 20, top: 12, side: 216 } as const;

/** A portrait as an SVG of `size` by `size` pixels, before light and camera. */
export function drawPortrait(traits: Traits, random: Random, size: number): string {
  const { x, y, roll } = traits;
  const person = [
    drawBackHair(traits),
    drawBody(traits, random),
    drawFace(traits, random),
    drawGlasses(traits),
    drawFrontHair(traits, random),
  ].join('');
  const leaning = tag(
    'g',
    { transform: `rotate(${roll.toFixed(2)} ${x.toFixed(1)} ${(y + 60).toFixed(1)})` },
    person,
  );
  const drawn = drawBackground(traits, random) + leaning;
  const content = tag('defs', {}, fades(drawn)) + drawn;
  const viewBox = `${frame.left} ${frame.top} ${frame.side} ${frame.side}`;
  return tag(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', width: size, height: size, viewBox },
    content,
  );
}

/** Frames, arms and a reflection, in front of everything but the fringe. */
function drawGlasses(traits: Traits): string {
  const { x, y, width, height, glasses, lightSide, hair } = traits;
  if (glasses === 'none') return '';
  const cy = y - height * 0.03;
  const half = width * 0.33;
  const tall = glasses === 'round' ? width * 0.31 : width * 0.25;
  const colour = darker(hair, 0.5);
  const lenses = bothSides((side) => {
    const cx = sideways(traits, side * 0.44);
    const glass = tag('rect', {
      x: cx - half,
      y: cy - tall,
      width: half * 2,
      height: tall * 2,
      rx: glasses === 'round' ? tall : 5,
      fill: 'rgb(200,220,235)',
      'fill-opacity': 0.14,
      stroke: rgb(colour),
      'stroke-width': 2.6,
    });
    const glint = path`
      M ${cx + lightSide * 8 - 6} ${cy - tall * 0.7}
      l -7 ${tall * 1.1}
      l 5 0
      l 7 ${-tall * 1.1} Z`;
    return glass + filled(glint, white, 0.22);
  });
  const left = sideways(traits, -0.44);
  const right = sideways(traits, 0.44);
  const bridgeAndArms = path`
    M ${left + half} ${cy - 2} Q ${(left + right) / 2} ${cy - 8} ${right - half} ${cy - 2}
    M ${left - half} ${cy - 3} L ${x - width - 3} ${cy - 6}
    M ${right + half} ${cy - 3} L ${x + width + 3} ${cy - 6}`;
  return lenses + stroked(bridgeAndArms, colour, 2.4);
}

function drawBackHair(traits: Traits): string {
  const { x, y, width, height, hair, hairStyle } = traits;
  const fill = darker(hair, 0.35);
  switch (hairStyle) {
    case 'long': {
      const mane = pathIn(within({ x, y, width: width * 1.32, height }))`
        M -1 1.25
        C -1.1 -0.3 -1 -1.25 0 -1.2
        C 1 -1.25 1.1 -0.3 1 1.25
        Q 0 0.9 -1 1.25 Z`;
      return filled(mane, fill);
    }
    case 'bun':
      return ellipse(x, y - height * 1.12, width * 0.42, width * 0.38, fill);
    case 'curly':
      return ellipse(x, y - height * 0.35, width * 1.32, height * 0.88, fill);
    case 'short':
    case 'parted':
    case 'fringe':
      return ellipse(x, y - height * 0.32, width * 1.08, height * 0.72, fill);
    case 'bald':
      return '';
  }
}

/**
 * The hair on the head: a cap from temple to temple whose lower edge is the hairline, with strands.
 */
function drawFrontHair(traits: Traits, random: Random): string {
  const { hair, hairStyle } = traits;
  if (hairStyle === 'bald') return '';
  const outline = capOutline(traits);
  const texture =
    hairStyle === 'curly'
      ? drawCurls(traits, random)
      : clipped('hair', outline, drawStrands(traits, random));
  return filled(outline, hair) + texture;
}

function capOutline(traits: Traits): string {
  const { yaw, hairStyle } = traits;
  const isLong = hairStyle === 'long';
  const isBun = hairStyle === 'bun';
  const side = isLong ? 1.16 : 1.07;
  const shortEnds = isBun ? -0.18 : -0.05;
  const ends = isLong ? 0.45 : shortEnds;
  const crown = isBun ? -1.14 : -1.3;
  const line = hairStyle === 'fringe' ? -0.3 : -0.62;
  const besideMiddle = yaw < 0 ? -0.4 : 0.4;
  const part = isLong || hairStyle === 'parted' ? besideMiddle : 0.1 * yaw;
  return pathIn(within(traits))`
    M ${-side} ${ends}
    C ${-side * 1.08} ${crown} ${-side * 0.4} ${crown} 0 ${crown + 0.1}
    C ${side * 0.4} ${crown} ${side * 1.08} ${crown} ${side} ${ends}
    Q 0.9 -0.3 ${0.9 * 0.86} ${line + 0.16}
    Q ${(0.9 + part) / 2} ${line - 0.04} ${part} ${line - 0.06}
    Q ${(part - 0.9) / 2} ${line - 0.04} ${-0.9 * 0.86} ${line + 0.16}
    Q -0.9 -0.3 ${-side} ${ends} Z`;
}

function drawStrands(traits: Traits, random: Random): string {
  const { x, y, width, height, hair, lightSide } = traits;
  const onHead = pathIn(within(traits));
  const strands = (count: number, colour: Colour, opacity: number) =>
    repeated(count, () => {
      const from = random.between(-0.5, 0.5);
      const to = from * 2 + random.between(-0.5, 0.5);
      const strand = onHead`
        M ${from} ${-random.between(0.9, 1.2)}
        Q ${to} ${-random.between(0.7, 1.1)} ${to * 1.25} ${random.between(-0.4, 0.3)}`;
      return stroked(strand, colour, random.between(0.6, 2.2), opacity);
    });
  const dark = strands(40, darker(hair, 0.55), 0.5);
  const light = strands(30, lighter(hair, 0.3), 0.35);
  const across = x + lightSide * width * 0.5;
  const up = y - height * 0.86;
  const shine = faded(across, up, width * 0.4, height * 0.14, lighter(hair, 0.5), 0.4);
  return dark + light + shine;
}

function drawCurls({ x, y, width, height, hair }: Traits, random: Random): string {
  return repeated(90, () => {
    const angle = random.between(-0.15, 1.15) * Math.PI;
    const reach = random.between(0.88, 1.18);
    const cx = x + Math.cos(angle) * width * reach * 1.08;
    const cy = y - height * 0.28 - Math.sin(angle) * height * 0.72 * reach;
    const radius = random.between(5, 10);
    const isDark = random.float() < 0.5;
    const colour = isDark
      ? darker(hair, random.between(0, 0.4))
      : lighter(hair, random.between(0, 0.14));
    return ellipse(cx, cy, radius, radius, colour, 0.95);
  });
}
