import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatShare } from '../../src/format-numbers.ts';
import { explainsClass, methodTitle } from '../../src/learning/attribution/methods.ts';
import { withColourBar } from '../../src/learning/charts/colour-bar.ts';
import {
  type ImageBlock,
  type ImageCell,
  imageSheet,
  wrappedCaption,
} from '../../src/learning/charts/image-sheet.ts';
import {
  classlessText,
  classText,
  colourWords,
  constancyOf,
  mapColourBar,
  overlayOf,
  scoreText,
} from '../../src/learning/explanations/map-pictures.ts';
import type { SurveyedImage } from '../../src/learning/explanations/survey-split.ts';
import { predictedClasses, softmax } from '../../src/learning/metrics/arithmetic/logits.ts';
import type { DecodedImage } from '../../src/learning/vision/decode-image.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { permutation, Random } from '../../src/random.ts';
import type { GradcamSettings } from './spec.ts';

type Outcome = 'right' | 'wrong';

/** An image to show; its maps are unscaled, by method. */
interface ChosenImage extends Omit<SurveyedImage, 'pixels'> {
  /** The picture as the network sees it. */
  readonly pixels: DecodedImage;
}

/**
 * Keeps, of the images that a survey passes, the first of each class and outcome in a random order.
 * The order depends on the split and the seed alone, so models of one data set show the same images
 * where their predictions agree.
 */
export class ChosenImages {
  readonly #ranks: Uint32Array;
  readonly #most: number;
  readonly #kept = new Map<string, { count: number; first: readonly ChosenImage[] }>();

  constructor({
    images,
    most,
    split,
    seed,
  }: { images: number; most: number; split: string; seed: number }) {
    this.#most = most;
    this.#ranks = new Uint32Array(images);
    for (const [rank, index] of permutation(images, new Random('gradcam', seed, split)).entries()) {
      this.#ranks[index] = rank;
    }
  }

  offer(image: SurveyedImage): void {
    const outcome =
      predictedClasses(image.logits, image.logits.length)[0] === image.label ? 'right' : 'wrong';
    const { count, first } = this.#of(image.label, outcome);
    const rank = ({ index }: { readonly index: number }) => this.#ranks[index]!;
    const isFirst = first.length < this.#most || rank(image) < rank(first.at(-1)!);
    const more = isFirst ? [...first, { ...image, pixels: image.pixels() }] : first;
    const sorted = more.toSorted((a, b) => rank(a) - rank(b)).slice(0, this.#most);
    this.#kept.set(`${image.label} ${outcome}`, { count: count + 1, first: sorted });
  }

  first(label: number, outcome: Outcome): readonly ChosenImage[] {
    return this.#of(label, outcome).first;
  }

  /** The number of such images, shown or not. */
  count(label: number, outcome: Outcome): number {
    return this.#of(label, outcome).count;
  }

  #of(label: number, outcome: Outcome) {
    return this.#kept.get(`${label} ${outcome}`) ?? { count: 0, first: [] };
  }
}

/** Side of a square, in units. */
const side = 120;
/** With more methods, wrong predictions stand below the right ones, not beside them. */
const mostBeside = 3;

/** Classes that are shown, and classes whose images are counted one by one. */
const mostClasses = 12;
const mostCounted = 4;

interface SheetRow {
  /** The name of the model. */
  readonly name: string;
  readonly layer: string;
  readonly subject: {
    readonly classes: readonly string[];
    readonly samples: readonly { readonly path: string }[];
  };
  readonly chosen: ChosenImages;
}

/** Images and the maps over them: a row for each model, right predictions apart from wrong ones. */
export async function camSheet(
  rows: readonly SheetRow[],
  settings: GradcamSettings,
  { title, notes }: { readonly title: string; readonly notes: readonly string[] },
): Promise<TopLevelSpec> {
  const blocks: (readonly ImageBlock[])[] = [];
  for (const row of rows) {
    const right = await blockOf(row, 'right', settings);
    const wrong = await blockOf(row, 'wrong', settings);
    blocks.push(...(settings.method.length <= mostBeside ? [[right, wrong]] : [[right], [wrong]]));
  }
  const subtitle = [
    subtitleOf(settings, rows[0]!.subject.classes),
    classlessText(settings.method) ?? [],
    notes,
  ]
    .flat()
    .join(' ');
  const sheet = imageSheet({
    title,
    subtitle,
    blocks,
    across: 1 + settings.method.length,
    side,
    headerLines: 5,
  });
  const bar = {
    title: 'of each map, on its own scale',
    length: 2 * side,
    values: [0, 1],
    labels: ['least', 'most'],
  };
  return withColourBar(sheet, mapColourBar(settings.colours, { ...bar, orient: 'bottom' }));
}

function subtitleOf(
  { split, class: of, score, colours, images, shownOfEach, seed }: GradcamSettings,
  classes: readonly string[],
): string {
  const [least, most] = colourWords[colours];
  const each =
    classes.length > mostClasses
      ? `the first ${mostClasses} of ${classes.length} classes`
      : 'each class';
  const counted = shownOfEach === 1 ? 'One image' : `Up to ${shownOfEach} images`;
  const from =
    images === undefined ? split : `at most ${formatCountOf(images, 'image')} of ${split}`;
  return (
    'First the image with its class, the predicted class and its probability; then a map for each method, over the image: ' +
    `${most} where a place raises ${scoreText(score, classText(of), classes)} most, ${least} where least. ` +
    `${counted} of ${each} and outcome, drawn from ${from} (seed ${seed}).`
  );
}

/**
 * A line for each image, class by class. If a class has none, an empty square says so; if all have
 * none, the header does.
 */
async function blockOf(
  row: SheetRow,
  outcome: Outcome,
  settings: GradcamSettings,
): Promise<ImageBlock> {
  const { name, layer, subject, chosen } = row;
  const { classes } = subject;
  const counts = classes.map((_, label) => chosen.count(label, outcome));
  const all = counts.reduce((sum, count) => sum + count, 0);
  const counted = classes.map((className, label) => {
    const images = chosen.count(label, 'right') + chosen.count(label, 'wrong');
    return `${counts[label]} of ${formatCount(images)} ${className}`;
  });
  // The model and its layer are named once in a row.
  const model = name === '' ? '' : `${name}, `;
  const whose = outcome === 'right' ? `${model}layer ${layer}; ` : '';
  const those = classes.length > mostCounted ? formatCountOf(all, 'image') : counted.join(', ');
  const header = `${whose}predicted ${outcome}: ${all === 0 ? 'none' : those}`;
  const cells: ImageCell[] = [];
  for (const [label, className] of all === 0 ? [] : classes.slice(0, mostClasses).entries()) {
    const images = chosen.first(label, outcome);
    if (images.length === 0) {
      const lack = wrappedCaption([`no ${className} image`, `predicted ${outcome}`], side);
      cells.push({ lack }, ...settings.method.map(() => ({})));
    }
    for (const image of images) cells.push(...(await cellsOf(image, row, settings)));
  }
  return { header, cells };
}

/** The image, and a map over it for each method. */
async function cellsOf(
  image: ChosenImage,
  { layer, subject: { classes, samples } }: SheetRow,
  settings: GradcamSettings,
): Promise<readonly ImageCell[]> {
  const trueClass = classes[image.label]!;
  const predicted = predictedClasses(image.logits, classes.length)[0]!;
  const called = classes[predicted]!;
  const sure = formatShare(softmax(image.logits)[predicted]!);
  const description = `${samples[image.index]!.path}: ${trueClass}, predicted ${called}, ${sure}`;
  const pictureOf = (picture: DecodedImage) => thumbnail(picture, { side: 2 * side });
  const cells: ImageCell[] = [
    {
      image: await pictureOf(image.pixels),
      caption: wrappedCaption([`class: ${trueClass}`, `predicted: ${called}`, sure], side),
      description,
    },
  ];
  for (const [i, method] of settings.method.entries()) {
    const map = image.maps[i]!;
    const constancy = constancyOf(map) ?? [];
    const explained = explainsClass(method) ? classes[image.class] : 'any class';
    cells.push({
      image: await pictureOf(overlayOf(image.pixels, map, settings)),
      caption: wrappedCaption([methodTitle(method), `for ${explained}`, constancy].flat(), side),
      description: [description, `${methodTitle(method)} for ${explained} at ${layer}`, constancy]
        .flat()
        .join('; '),
    });
  }
  return cells;
}
