import type { Random } from '../../src/random.ts';
import { drawFace } from './draw-face.ts';
import { drawBackground, drawBody } from './draw-scene.ts';
import {
  clipped,
  darker,
  ellipse,
  faded,
  fades,
  filled,
  lighter,
  path,
  rgb,
  stroked,
  tag,
} from './svg.ts';
import { sideways, type Traits } from './traits.ts';

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
  const stroke = rgb(darker(hair, 0.5));
  const lens = (side: -1 | 1) => {
    const cx = sideways(traits, side * 0.44);
    const corner = glasses === 'round' ? tall : 5;
    const frame = { x: cx - half, y: cy - tall, width: half * 2, height: tall * 2, rx: corner };
    const glint = path`M ${cx + lightSide * 8 - 6} ${cy - tall * 0.7} l -7 ${tall * 1.1} l 5 0 l 7 ${-tall * 1.1} Z`;
    return (
      tag('rect', {
        ...frame,
        fill: 'rgb(200,220,235)',
        'fill-opacity': 0.14,
        stroke,
        'stroke-width': 2.6,
      }) + filled(glint, 'rgb(255,255,255)', 0.22)
    );
  };
  const left = sideways(traits, -0.44);
  const right = sideways(traits, 0.44);
  const bridge = path`M ${left + half} ${cy - 2} Q ${(left + right) / 2} ${cy - 8} ${right - half} ${cy - 2}`;
  const arms = path`
    M ${left - half} ${cy - 3}
    L ${x - width - 3} ${cy - 6}
    M ${right + half} ${cy - 3}
    L ${x + width + 3} ${cy - 6}`;
  return lens(-1) + lens(1) + stroked(`${bridge} ${arms}`, stroke, 2.4);
}

function drawBackHair({ x, y, width, height, hair, hairStyle }: Traits): string {
  const fill = rgb(darker(hair, 0.35));
  switch (hairStyle) {
    case 'long': {
      const side = width * 1.32;
      const d = path`
        M ${x - side} ${y + height * 1.25}
        C ${x - side * 1.1} ${y - height * 0.3} ${x - side} ${y - height * 1.25} ${x} ${y - height * 1.2}
        C ${x + side} ${y - height * 1.25} ${x + side * 1.1} ${y - height * 0.3} ${x + side} ${y + height * 1.25}
        Q ${x} ${y + height * 0.9} ${x - side} ${y + height * 1.25} Z`;
      return filled(d, fill);
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
  const d = capOutline(traits);
  const cap = filled(d, rgb(hair));
  return (
    cap +
    (hairStyle === 'curly'
      ? drawCurls(traits, random)
      : clipped('hair', d, drawStrands(traits, random)))
  );
}

function capOutline({ x, y, width, height, yaw, hairStyle }: Traits): string {
  const side = width * (hairStyle === 'long' ? 1.16 : 1.07);
  const shortEnds = hairStyle === 'bun' ? -0.18 : -0.05;
  const ends = y + height * (hairStyle === 'long' ? 0.45 : shortEnds);
  const crown = y - height * (hairStyle === 'bun' ? 1.14 : 1.3);
  const line = y - height * (hairStyle === 'fringe' ? 0.3 : 0.62);
  const part =
    x +
    width * (hairStyle === 'parted' || hairStyle === 'long' ? 0.4 * (yaw < 0 ? -1 : 1) : 0.1 * yaw);
  const inner = width * 0.9;
  return path`
    M ${x - side} ${ends}
    C ${x - side * 1.08} ${crown} ${x - side * 0.4} ${crown} ${x} ${crown + height * 0.1}
    C ${x + side * 0.4} ${crown} ${x + side * 1.08} ${crown} ${x + side} ${ends}
    Q ${x + inner} ${y - height * 0.3} ${x + inner * 0.86} ${line + height * 0.16}
    Q ${(x + inner + part) / 2} ${line - height * 0.04} ${part} ${line - height * 0.06}
    Q ${(x - inner + part) / 2} ${line - height * 0.04} ${x - inner * 0.86} ${line + height * 0.16}
    Q ${x - inner} ${y - height * 0.3} ${x - side} ${ends} Z`;
}

function drawStrands({ x, y, width, height, hair, lightSide }: Traits, random: Random): string {
  const strand = (colour: string, opacity: number) => {
    const from = random.between(-0.5, 0.5);
    const to = from * 2 + random.between(-0.5, 0.5);
    const d = path`
      M ${x + from * width} ${y - height * random.between(0.9, 1.2)}
      Q ${x + to * width} ${y - height * random.between(0.7, 1.1)} ${x + to * width * 1.25} ${y + height * random.between(-0.4, 0.3)}`;
    return stroked(d, colour, random.between(0.6, 2.2), opacity);
  };
  const dark = Array.from({ length: 40 }, () => strand(rgb(darker(hair, 0.55)), 0.5)).join('');
  const light = Array.from({ length: 30 }, () => strand(rgb(lighter(hair, 0.3)), 0.35)).join('');
  const across = x + lightSide * width * 0.5;
  const up = y - height * 0.86;
  const shine = faded(across, up, width * 0.4, height * 0.14, lighter(hair, 0.5), 0.4);
  return dark + light + shine;
}

function drawCurls({ x, y, width, height, hair }: Traits, random: Random): string {
  const curl = () => {
    const angle = random.between(-0.15, 1.15) * Math.PI;
    const reach = random.between(0.88, 1.18);
    const cx = x + Math.cos(angle) * width * reach * 1.08;
    const cy = y - height * 0.28 - Math.sin(angle) * height * 0.72 * reach;
    const radius = random.between(5, 10);
    const isDark = random.float() < 0.5;
    const colour = isDark
      ? darker(hair, random.between(0, 0.4))
      : lighter(hair, random.between(0, 0.14));
    return ellipse(cx, cy, radius, radius, rgb(colour), 0.95);
  };
  return Array.from({ length: 90 }, curl).join('');
}
