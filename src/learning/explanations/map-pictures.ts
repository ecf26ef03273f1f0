import { formatList } from '../../format-numbers.ts';
import { type AttributionMap, resizeMap, scaleMap } from '../attribution/attribution-map.ts';
import { mostSalient } from '../attribution/map-measures.ts';
import {
  explainsClass,
  isAttention,
  isCam,
  type Method,
  methodTitle,
} from '../attribution/methods.ts';
import type { ScoreKind } from '../attribution/questions/question.ts';
import type { ColourBar } from '../charts/colour-bar.ts';
import {
  type ColourMap,
  colourMap,
  type OverlayOptions,
  overlayMap,
  paintMap,
} from '../vision/colour-map.ts';
import type { DecodedImage } from '../vision/decode-image.ts';

/** The share of the pixels that is shown as bright as the brightest. */
const brightest = 0.01;

/**
 * A map from 0 to 1, full from its most salient 1 % of pixels on, since few peaks would leave all
 * else dark.
 */
export function brightenMap({ height, width, values }: AttributionMap): AttributionMap {
  const count = Math.max(1, Math.round(brightest * values.length));
  // If the map is zero almost everywhere, its greatest value.
  const full = mostSalient(values, count).value || mostSalient(values, 1).value || 1;
  return { height, width, values: values.map((value) => Math.min(1, value / full)) };
}

/** A map alone as a picture, brightened, in its own size or reduced to `side` pixels. */
export function pictureOf(map: AttributionMap, colours: ColourMap, side?: number): DecodedImage {
  const scale = Math.min(1, (side ?? Number.POSITIVE_INFINITY) / Math.max(map.width, map.height));
  const size = { width: Math.round(scale * map.width), height: Math.round(scale * map.height) };
  return paintMap(brightenMap(resizeMap(map, size)), colours);
}

/**
 * An image with a map over it, resized to the image and scaled to 0 to 1; the image alone if the
 * map is constant.
 */
export function overlayOf(
  image: DecodedImage,
  map: AttributionMap,
  options: OverlayOptions,
): DecodedImage {
  const resized = resizeMap(map, image);
  return overlayMap(image, { ...resized, values: scaleMap(resized.values) }, options);
}

/** How a constant map is described; undefined for any other. */
export function constancyOf({
  values,
}: AttributionMap): 'zero everywhere' | 'the same everywhere' | undefined {
  const [first = 0] = values;
  if (values.some((value) => value !== first)) return undefined;
  return first === 0 ? 'zero everywhere' : 'the same everywhere';
}

/** Names of the colours at the ends of a colour map, least and most. */
export const colourWords: Readonly<Record<ColourMap, readonly [string, string]>> = {
  jet: ['blue', 'red'],
  viridis: ['violet', 'yellow'],
};

export function mapColourBar(
  colours: ColourMap,
  bar: Omit<ColourBar, 'domain' | 'colours'>,
): ColourBar {
  const domain = Array.from({ length: 33 }, (_, i) => i / 32);
  const hex = (value: number) => `#${Buffer.from(colourMap(colours)(value)).toString('hex')}`;
  return { ...bar, domain, colours: domain.map(hex) };
}

/** The class of the setting `class` in words, such as `its own class`. */
export function classText(name: string): string {
  if (name === 'label') return 'its own class';
  return name === 'predicted' ? 'the predicted class' : `the class ${name}`;
}

/** The explained score in words, such as `the score of its own class minus that of the other`. */
export function scoreText(
  score: ScoreKind,
  ofClass: string,
  { length }: readonly string[],
): string {
  const text = `the score of ${ofClass}`;
  if (score === 'score') return text;
  return `${text} minus that of ${length === 2 ? 'the other' : 'all others'}`;
}

/** What attention rollout marks. */
export const attendedText = 'where the class token takes most from, through all layers';

/** A caveat about the methods whose maps depend on no class, if there are any. */
export function classlessText(methods: readonly Method[]): string | undefined {
  const classless = methods.filter((method) => !explainsClass(method));
  const sentence = (some: readonly Method[], where: string) =>
    some.length === 0
      ? []
      : [`${formatList(some.map(methodTitle))}: ${where}, whatever the class.`];
  const sentences = [
    ...sentence(classless.filter(isCam), 'where the layer is active'),
    ...sentence(classless.filter(isAttention), attendedText),
  ];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}
