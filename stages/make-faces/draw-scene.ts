import type { Random } from '../../src/random.ts';
import {
  bothSides,
  clipped,
  darker,
  ellipse,
  faded,
  filled,
  lighter,
  path,
  pathIn,
  repeated,
  rgb,
  stroked,
  tag,
  within,
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
  const anywhere = () => [random.between(-10, 266), random.between(-10, 266)] as const;
  switch (backgroundStyle) {
    case 'studio':
      return faded(...anywhere(), 90, 70, lighter(first, 0.4), 0.6);
    case 'lights':
      return repeated(16, () => {
        const radius = random.between(5, 20);
        const centre = anywhere();
        const colour = lighter(mix(first, second, random.float()), 0.45);
        return ellipse(...centre, radius, radius, colour, 0.5);
      });
    case 'wall': {
      const start = random.between(0, 40);
      const step = random.between(28, 60);
      const lines = repeated(10, (row) => {
        const y = start + row * step;
        return path`M -20 ${y} L 276 ${y}`;
      });
      return stroked(lines, darker(second, 0.3), 3);
    }
    case 'leaves':
      return repeated(60, () => {
        const colour = random.float() < 0.5 ? lighter(first, 0.25) : darker(second, 0.35);
        return faded(...anywhere(), random.between(4, 15), random.between(3, 9), colour, 0.7);
      });
    case 'window': {
      const x = random.between(-20, 180);
      const width = random.between(50, 110);
      const fill = rgb(lighter(first, 0.65));
      return repeated(4, (pane) => {
        const column = pane % 2;
        const row = Math.floor(pane / 2);
        const corner = { x: x + column * width, y: 10 + row * 84 };
        return tag('rect', { ...corner, width: width - 6, height: 78, fill });
      });
    }
  }
}

/** Neck and shoulders, up to under the chin. */
export function drawBody(traits: Traits, random: Random): string {
  const { x, y, width, height, skin, clothes, clothesStyle } = traits;
  const chin = y + height;
  const neck = width * 0.52;
  const top = chin + 16;
  const side = (width * random.between(1.9, 2.3)) / neck;
  const fromNeck = pathIn(within({ x, y: top, width: neck, height: 1 }));
  const inFace = y + height * 0.4 - top;
  const bottom = 280 - top;
  const throat = fromNeck`
    M -1 ${inFace}
    L -1 0
    Q -1 16 -2 24
    L 2 24
    Q 1 16 1 0
    L 1 ${inFace} Z`;
  const cut = clothesStyle === 'neckline' ? 46 : 22;
  const shoulders = fromNeck`
    M ${-side} ${bottom}
    Q ${-side} 26 -1.5 10
    Q 0 ${cut} 1.5 10
    Q ${side} 26 ${side} ${bottom} Z`;
  const shadow = faded(x, chin - 2, neck * 1.25, 20, darker(skin, 0.6), 0.75);
  return [
    filled(throat, darker(skin, 0.14)),
    clipped('neck', throat, shadow),
    filled(shoulders, clothes),
    clipped('clothes', shoulders, drawCloth(traits, top, random)),
  ].join('');
}

function drawCloth(traits: Traits, top: number, random: Random): string {
  const { x, width, clothes, lightSide } = traits;
  const folds = repeated(6, () => {
    const from = x + random.between(-2, 2) * width;
    return path`
      M ${from} ${top + 20}
      Q ${from + random.between(-14, 14)} ${top + 50} ${from + random.between(-20, 20)} 280`;
  });
  const foldColour = darker(clothes, 0.45);
  return [
    // One over the other, so that the edge is soft.
    stroked(folds, foldColour, 3, 0.2),
    stroked(folds, foldColour, 6, 0.2),
    stroked(folds, foldColour, 9, 0.2),
    faded(x - lightSide * width * 1.8, 250, width * 1.1, 60, darker(clothes, 0.7), 0.5),
    drawTrimming(traits, top),
  ].join('');
}

function drawTrimming({ x, width, clothes, clothesStyle }: Traits, top: number): string {
  switch (clothesStyle) {
    case 'stripes': {
      const stripes = repeated(8, (row) => {
        const y = top + 18 + row * 11;
        return path`M 0 ${y} Q ${x} ${y + 12} 256 ${y}`;
      });
      return stroked(stripes, lighter(clothes, 0.5), 4, 0.7);
    }
    case 'collar': {
      const flaps = bothSides(
        (side) => pathIn(within({ x, y: top, width: side * width, height: 1 }))`
          M 0 30 L 0.8 8 L 0.95 30 L 0.35 46 Z`,
      );
      const fill = rgb(lighter(clothes, 0.25));
      const stroke = rgb(darker(clothes, 0.4));
      return tag('path', { d: flaps, fill, stroke, 'stroke-width': 1 });
    }
    case 'plain':
    case 'neckline':
      return '';
  }
}
