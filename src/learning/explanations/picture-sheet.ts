import { basename } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { formatList, formatShare, toDecimals } from '../../format-numbers.ts';
import {
  explainsClass,
  isAttention,
  isCam,
  type Method,
  methodTitle,
} from '../attribution/methods.ts';
import type { ScoreKind } from '../attribution/questions/question.ts';
import { captionOf, type ImageCell, imageSheet, wrappedCaption } from '../charts/image-sheet.ts';
import type { ColourMap } from '../vision/colour-map.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import { thumbnail } from '../vision/thumbnail.ts';
import type { ExplainedPicture, ExplainedPictures } from './explain-pictures.ts';
import {
  classlessText,
  colourWords,
  constancyOf,
  overlayOf,
  pictureOf,
  scoreText,
} from './map-pictures.ts';

/** Colour-blind people can read it, and it is that of all other maps. */
export const usualColours: ColourMap = 'viridis';

/** Options of a sheet of explained pictures. */
export interface SheetOptions {
  readonly title: string;
  readonly classes: readonly string[];
  readonly methods: readonly Method[];
  readonly score: ScoreKind;
  readonly colours?: ColourMap | undefined;
}

/** Side of a square, in units: 256 pixels in the PNG. */
const side = 128;
/** How much of an overlay is the map. */
const opacity = 0.5;

/**
 * A row for each picture: the picture as the network sees it, and its maps; class activation maps
 * lie over the picture.
 */
export async function pictureSheet(
  { pictures, layer }: ExplainedPictures,
  options: SheetOptions,
): Promise<TopLevelSpec> {
  const names = shortNames(pictures.map(({ name }) => name));
  const seen = pictures.map((picture, i) => pictureCell(picture, names[i]!, options));
  const columns = options.methods.map(async (method, m) => ({
    header: methodTitle(method),
    cells: await Promise.all(pictures.map((picture) => mapCell(picture, m, options))),
  }));
  return imageSheet({
    title: titleOf(pictures, options),
    subtitle: subtitleOf(layer, options),
    blocks: [
      [
        { header: 'Seen by the network', cells: await Promise.all(seen) },
        ...(await Promise.all(columns)),
      ],
    ],
    across: 1,
    side,
  });
}

async function cellOf(
  image: DecodedImage,
  caption: string,
  description: string,
): Promise<ImageCell> {
  const scaled = await thumbnail(image, { side: 2 * side, format: 'png' });
  return { image: scaled, caption, description };
}

function pictureCell(
  picture: ExplainedPicture,
  short: string,
  { classes }: SheetOptions,
): Promise<ImageCell> {
  const { name, seen, scores, probabilities, called } = picture;
  const likely = [...classes.keys()]
    .filter((c) => c !== called)
    .sort((a, b) => probabilities[b]! - probabilities[a]!);
  const lines = [called, ...likely.slice(0, 2)].map(
    (c) => `${classes[c]} ${formatShare(probabilities[c]!)} (${formatScore(scores[c]!)})`,
  );
  const caption = [captionOf([short], side), wrappedCaption(lines, side)].join('\n');
  return cellOf(seen, caption, [name, ...lines].join(', '));
}

function mapCell(
  { name, seen, explained, maps }: ExplainedPicture,
  m: number,
  options: SheetOptions,
) {
  const map = maps[m]!;
  const method = options.methods[m]!;
  const colours = options.colours ?? usualColours;
  const of = explainsClass(method) ? `for ${options.classes[explained]}` : 'for any class';
  const lines = [of, constancyOf(map) ?? []].flat();
  const drawn = isCam(method)
    ? overlayOf(seen, map, { colours, opacity })
    : pictureOf(map, colours);
  const description = [`${methodTitle(method)} of ${name}`, ...lines].join(', ');
  return cellOf(drawn, wrappedCaption(lines, side), description);
}

/** File names without their folders, unless two are the same. */
function shortNames(names: readonly string[]): readonly string[] {
  const short = names.map((name) => basename(name));
  return short.map((name, i) =>
    short.indexOf(name) === short.lastIndexOf(name) ? name : names[i]!,
  );
}

/** Two decimals, without a sign on zero. */
function formatScore(score: number): string {
  const text = toDecimals(score, 2);
  return Number(text) === 0 ? '0.00' : text.replace('-', '−');
}

function titleOf(pictures: readonly ExplainedPicture[], { title, classes }: SheetOptions): string {
  const [first, ...more] = pictures as readonly [ExplainedPicture, ...ExplainedPicture[]];
  const { name, called, probabilities } = first;
  if (more.length === 0)
    return `${title} calls ${basename(name)} ${classes[called]}, ${formatShare(probabilities[called]!)}`;
  if (classes.length > 2)
    return `${title} calls ${formatList([...new Set(pictures.map((picture) => classes[picture.called]!))])}`;
  const positives = pictures.filter((picture) => picture.called === 1).length;
  return `${title} calls ${positives} of ${pictures.length} pictures ${classes[1]}`;
}

function subtitleOf(
  layer: string | undefined,
  { methods, score, classes, ...options }: SheetOptions,
): string {
  const cams = methods.filter(isCam);
  const attention = methods.filter(isAttention);
  const others = methods.filter((method) => !isCam(method) && !isAttention(method));
  const [, strong] = colourWords[options.colours ?? usualColours];
  const titles = (some: readonly Method[]) => formatList(some.map(methodTitle));
  const sentences = [
    `Below a picture: ${classes.length > 3 ? 'the probabilities of the three likeliest classes, and their scores' : 'the probability of each class, and its score'} in brackets. Below a map: the class that it explains. ${strong} marks where ${scoreText(score, 'that class', classes)} depends most on the picture, each map on its own scale.`,
    others.length > 0 ? `${titles(others)}: by pixel, up to the most salient 1 %.` : [],
    attention.length > 0 ? `${titles(attention)}: by patch, up to the most salient 1 %.` : [],
    cams.length > 0 ? `${titles(cams)}: by place of the layer ${layer}, over the picture.` : [],
    classlessText(methods) ?? [],
  ].flat();
  return sentences.join(' ').replace(/(?<=^|\. )[a-z]/g, (letter) => letter.toUpperCase());
}
