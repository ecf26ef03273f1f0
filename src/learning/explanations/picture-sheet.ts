import { basename } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { formatList, formatShare } from '../../format-numbers.ts';
import type { AttributionMap } from '../attribution/attribution-map.ts';
import { explainsClass, isCam, type Method, methodTitle } from '../attribution/methods.ts';
import type { ScoreKind } from '../attribution/question.ts';
import { resizeMap } from '../attribution/resize-map.ts';
import { scaleMap } from '../attribution/scale-map.ts';
import { fitText } from '../charts/fit-text.ts';
import { type ImageCell, imageSheet } from '../charts/image-sheet.ts';
import type { ColourMap } from '../vision/colour-map.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import { overlayMap, paintMap } from '../vision/paint-map.ts';
import { thumbnail } from '../vision/thumbnail.ts';
import { brightenMap } from './brighten-map.ts';
import type { ExplainedPicture, ExplainedPictures } from './explain-pictures.ts';
import { colourWords, constancyOf } from './map-pictures.ts';
import { classlessText, scoreText } from './score-text.ts';

/** How explained pictures are shown. */
export interface SheetOptions {
  /** Of the model, as the user calls it. */
  readonly title: string;
  readonly classes: readonly string[];
  readonly methods: readonly Method[];
  readonly score: ScoreKind;
  /** Of all maps; absent: jet for what lies over a picture, as it is published everywhere, and viridis beside it. */
  readonly colours?: ColourMap | undefined;
}

const coloursOf = (method: Method, { colours }: Pick<SheetOptions, 'colours'>): ColourMap =>
  colours ?? (isCam(method) ? 'jet' : 'viridis');

/** Of a square, in units: 256 pixels in the PNG. */
const side = 128;
const captionSize = 11;
/** Of the map in an overlay. */
const opacity = 0.5;

/** A row for each picture: as the network sees it, and its maps. Class activation maps lie over the picture, others beside it. */
export async function pictureSheet(
  { pictures, layer }: ExplainedPictures,
  options: SheetOptions,
): Promise<TopLevelSpec> {
  const { methods } = options;
  const columns = methods.map(async (method, m) => ({
    header: methodTitle(method),
    cells: await Promise.all(pictures.map((picture) => mapCell(picture, picture.maps[m]!, method, options))),
  }));
  const names = shortNames(pictures.map(({ name }) => name));
  const seen = await Promise.all(pictures.map((picture, i) => pictureCell(picture, names[i]!, options)));
  const blocks = [[{ header: 'Seen by the network', cells: seen }, ...(await Promise.all(columns))]];
  return imageSheet({
    ...{ title: titleOf(pictures, options), subtitle: subtitleOf(layer, options) },
    blocks,
    across: 1,
    side,
  });
}

async function pictureCell(picture: ExplainedPicture, short: string, { classes }: SheetOptions): Promise<ImageCell> {
  const { name, seen, scores, probabilities, called } = picture;
  const lines = [called, 1 - called].map(
    (c) => `${classes[c]} ${formatShare(probabilities[c]!)} (${formatScore(scores[c]!)})`,
  );
  const caption = [short, ...lines].map((line) => fitText(line, side, { size: captionSize })).join('\n');
  return { image: await urlOf(seen), caption, description: [name, ...lines].join(', ') };
}

async function mapCell(
  { name, seen, explained }: ExplainedPicture,
  map: AttributionMap,
  method: Method,
  options: SheetOptions,
): Promise<ImageCell> {
  const of = explainsClass(method) ? `for ${options.classes[explained]}` : 'for any class';
  const lines = [of, constancyOf(map) ?? []].flat();
  const caption = lines.map((line) => fitText(line, side, { size: captionSize })).join('\n');
  const colours = coloursOf(method, options);
  const shown = isCam(method) ? overlay(seen, map, colours) : paintMap(brightenMap(map), colours);
  return {
    image: await urlOf(shown),
    caption,
    description: [`${methodTitle(method)} of ${name}`, ...lines].join(', '),
  };
}

function overlay(seen: DecodedImage, map: AttributionMap, colours: ColourMap): DecodedImage {
  const { height, width, values } = resizeMap(map, seen);
  return overlayMap(seen, { height, width, values: scaleMap(values) }, { colours, opacity });
}

const urlOf = (image: DecodedImage): Promise<string> => thumbnail(image, { side: 2 * side, format: 'png' });

/** Without their folders, where that tells them apart. */
function shortNames(names: readonly string[]): readonly string[] {
  const short = names.map((name) => basename(name));
  return short.map((name, i) => (short.indexOf(name) === short.lastIndexOf(name) ? name : names[i]!));
}

/** With the sign of what is shown: no −0.00. */
function formatScore(score: number): string {
  const text = score.toFixed(2);
  return Number(text) === 0 ? '0.00' : text.replace('-', '−');
}

function titleOf(pictures: readonly ExplainedPicture[], { title, classes }: SheetOptions): string {
  const [first, ...more] = pictures as readonly [ExplainedPicture, ...ExplainedPicture[]];
  const { name, called, probabilities } = first;
  if (more.length === 0)
    return `${title} calls ${basename(name)} ${classes[called]}, ${formatShare(probabilities[called]!)}`;
  const fakes = pictures.filter((picture) => picture.called === 1).length;
  return `${title} calls ${fakes} of ${pictures.length} pictures ${classes[1]}`;
}

function subtitleOf(layer: string | undefined, { methods, score, ...options }: SheetOptions): string {
  const [cams, others] = [methods.filter(isCam), methods.filter((method) => !isCam(method))];
  const classless = classlessText(methods);
  const strong = [...new Set(methods.map((method) => colourWords[coloursOf(method, options)][1]))].join(' or ');
  const titles = (some: readonly Method[]) => formatList(some.map(methodTitle));
  return [
    `Below a picture the probabilities of its classes, and in brackets their scores. Below a map the class that it is for: ${strong} is where ${scoreText(score, 'that class')} depends most on the picture, each map in its own scale.`,
    ...(others.length > 0 ? [`${titles(others)}: by pixel, up to the most salient 1 %.`] : []),
    ...(cams.length > 0 ? [`${titles(cams)}: by place of the layer ${layer}, over the picture.`] : []),
    ...(classless === undefined ? [] : [classless]),
  ].join(' ');
}
