import type { Random } from '../../src/random.ts';
import {
  clipped,
  darker,
  ellipse,
  faded,
  filled,
  lighter,
  path,
  rgb,
  stroked,
  tag,
} from './svg.ts';
import { mix, type Traits } from './traits.ts';

export function drawBackground(traits: Traits, random: Random): string {
  const [first, second] = traits.background;
  const stops =
    tag('stop', { offset: 0, 'stop-color': rgb(first) }) +
    tag('stop', { offset: 1, 'stop-color': rgb(second) });
  const turn = `rotate(${Math.round(random.between(0, 360))} 0.5 0.5)`;
  const gradient = tag('linearGradient', { id: 'background', gradientTransform: turn }, stops);
  const plain = tag('rect', { x: -20, y: -20, width: 296, height: 296, fill: 'url(#background)' });
  return gradient + plain + drawThings(traits, random);
}

function drawThings(
  { backgroundStyle, background: [first, second] }: Traits,
  random: Random,
): string {
  const many = (count: number, draw: () => string) => Array.from({ length: count }, draw).join('');
  const place = () => [random.between(-10, 266), random.between(-10, 266)] as const;
  switch (backgroundStyle) {
    case 'studio':
      return faded(...place(), 90, 70, lighter(first, 0.4), 0.6);
    case 'lights':
      return many(16, () => {
        const radius = random.between(5, 20);
        return ellipse(
          ...place(),
          radius,
          radius,
          rgb(lighter(mix(first, second, random.float()), 0.45)),
          0.5,
        );
      });
    case 'wall': {
      const start = random.between(0, 40);
      const step = random.between(28, 60);
      const line = (row: number) => path`M -20 ${start + row * step} L 276 ${start + row * step}`;
      return stroked(
        Array.from({ length: 10 }, (_, row) => line(row)).join(' '),
        rgb(darker(second, 0.3)),
        3,
      );
    }
    case 'leaves':
      return many(60, () => {
        const colour = random.float() < 0.5 ? lighter(first, 0.25) : darker(second, 0.35);
        return faded(...place(), random.between(4, 15), random.between(3, 9), colour, 0.7);
      });
    case 'window': {
      const x = random.between(-20, 180);
      const width = random.between(50, 110);
      const size = { width: width - 6, height: 78 };
      const fill = rgb(lighter(first, 0.65));
      const pane = (dx: number, dy: number) =>
        tag('rect', { x: x + dx * width, y: 10 + dy * 84, ...size, fill });
      return pane(0, 0) + pane(1, 0) + pane(0, 1) + pane(1, 1);
    }
  }
}

/** Neck and shoulders, up to under the chin. */
export function drawBody(traits: Traits, random: Random): string {
  const { x, y, width, height, skin, clothes, clothesStyle } = traits;
  const chin = y + height;
  const neck = width * 0.52;
  const top = chin + 16;
  const side = width * random.between(1.9, 2.3);
  const throat = path`
    M ${x - neck} ${y + height * 0.4}
    L ${x - neck} ${top}
    Q ${x - neck} ${top + 16} ${x - neck * 2} ${top + 24}
    L ${x + neck * 2} ${top + 24}
    Q ${x + neck} ${top + 16} ${x + neck} ${top}
    L ${x + neck} ${y + height * 0.4} Z`;
  const cut = clothesStyle === 'neckline' ? 46 : 22;
  const outline = path`
    M ${x - side} 280
    Q ${x - side} ${top + 26} ${x - neck * 1.5} ${top + 10}
    Q ${x} ${top + cut} ${x + neck * 1.5} ${top + 10}
    Q ${x + side} ${top + 26} ${x + side} 280 Z`;
  const shadow = faded(x, chin - 2, neck * 1.25, 20, darker(skin, 0.6), 0.75);
  return [
    filled(throat, rgb(darker(skin, 0.14))) + clipped('neck', throat, shadow),
    filled(outline, rgb(clothes)) + clipped('clothes', outline, drawCloth(traits, top, random)),
  ].join('');
}

function drawCloth(
  { x, width, clothes, clothesStyle, lightSide }: Traits,
  top: number,
  random: Random,
): string {
  const fold = () => {
    const at = x + random.between(-2, 2) * width;
    return path`
      M ${at} ${top + 20}
      Q ${at + random.between(-14, 14)} ${top + 50} ${at + random.between(-20, 20)} 280`;
  };
  const folds = Array.from({ length: 6 }, fold).join(' ');
  // One over the other, so that the edge is soft.
  const creases = [3, 6, 9]
    .map((wide) => stroked(folds, rgb(darker(clothes, 0.45)), wide, 0.2))
    .join('');
  const shade = faded(x - lightSide * width * 1.8, 250, width * 1.1, 60, darker(clothes, 0.7), 0.5);
  const base = creases + shade;
  if (clothesStyle === 'stripes') {
    const stripe = (at: number) => path`M 0 ${at} Q ${x} ${at + 12} 256 ${at}`;
    const stripes = Array.from({ length: 8 }, (_, row) => stripe(top + 18 + row * 11));
    return base + stroked(stripes.join(' '), rgb(lighter(clothes, 0.5)), 4, 0.7);
  }
  if (clothesStyle === 'collar') {
    const flap = (to: -1 | 1) =>
      path`
        M ${x} ${top + 30}
        L ${x + to * width * 0.8} ${top + 8}
        L ${x + to * width * 0.95} ${top + 30}
        L ${x + to * width * 0.35} ${top + 46} Z`;
    const fill = rgb(lighter(clothes, 0.25));
    return (
      base +
      tag('path', {
        d: `${flap(-1)} ${flap(1)}`,
        fill,
        stroke: rgb(darker(clothes, 0.4)),
        'stroke-width': 1,
      })
    );
  }
  return base;
}
