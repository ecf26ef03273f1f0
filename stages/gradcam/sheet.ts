import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatShare } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import { withColourBar } from '../../src/learning/charts/colour-bar.ts';
import { type ImageBlock, type ImageCell, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { colourWords, constancyOf, mapColourBar } from '../../src/learning/explanations/map-pictures.ts';
import { classlessText, classText, scoreText } from '../../src/learning/explanations/score-text.ts';
import { fakeProbabilities, logitDifferences, predictedClasses } from '../../src/learning/metrics/logits.ts';
import type { ChosenImage, ChosenImages, Outcome } from './chosen-images.ts';
import type { GradcamSettings } from './spec.ts';

/** In units, twice as many pixels. */
export const side = 120;
/** With more methods than these, what was called wrong stands below what was called right, not beside it. */
const mostBeside = 3;

/** A row of the sheet. */
export interface SheetRow {
  readonly name: string;
  readonly layer: string;
  /** Of the data set, in label order. */
  readonly classes: readonly string[];
  readonly paths: readonly string[];
  readonly chosen: ChosenImages;
}

/** The image alone, and by method the maps over it, as data URIs. */
export type PicturesOf = (image: ChosenImage) => { readonly image: string; readonly overlays: readonly string[] };

/** Images and the maps over them: a row for each model, what it called right apart from what it called wrong. */
export function camSheet(
  rows: readonly SheetRow[],
  settings: GradcamSettings,
  { title, note, picturesOf }: { readonly title: string; readonly note?: string; readonly picturesOf: PicturesOf },
): TopLevelSpec {
  const across = 1 + settings.method.length;
  const blocks = rows.flatMap((row) => {
    const [right, wrong] = (['right', 'wrong'] as const).map((outcome) => ({
      header: header(row, outcome),
      cells: cellsOf(row, outcome, settings, picturesOf),
    })) as [ImageBlock, ImageBlock];
    return settings.method.length <= mostBeside ? [[right, wrong]] : [[right], [wrong]];
  });
  const sheet = imageSheet({
    title,
    subtitle: [note ?? [], subtitle(settings), classlessText(settings.method) ?? []].flat().join(' '),
    blocks,
    across,
    side,
  });
  return withColourBar(sheet, mapColourBar(settings.colours, 2 * side));
}

function subtitle({ split, class: of, score, colours, images, shownOfEach, seed }: GradcamSettings): string {
  const [least, most] = colourWords[colours];
  const counted = shownOfEach === 1 ? 'one image' : `up to ${shownOfEach} images`;
  const from = images === undefined ? split : `at most ${formatCountOf(images, 'image')} of ${split}`;
  return `What in each image raises ${scoreText(score, classText(of))}: ${most} most, ${least} least. From ${from}, ${counted} of each class and outcome, drawn by chance (seed ${seed}).`;
}

/** The model and its layer stand once in a row, before what it called right. */
function header({ name, layer, classes, chosen }: SheetRow, outcome: Outcome): string {
  const counts = classes.map((className, label) => {
    const all = chosen.count(label, 'right') + chosen.count(label, 'wrong');
    return `${formatCount(chosen.count(label, outcome))} of ${formatCount(all)} ${className}`;
  });
  const whose = outcome === 'right' ? `${name === '' ? '' : `${name} at `}${layer}, ` : '';
  const isNone = classes.every((_, label) => chosen.count(label, outcome) === 0);
  return `${whose}called ${outcome}: ${isNone ? 'none' : counts.join(', ')}`;
}

/** A line for each image, real ones first; where one class has none, an empty square says so, and where both, the header. */
function cellsOf(
  row: SheetRow,
  outcome: Outcome,
  { method: methods }: GradcamSettings,
  picturesOf: PicturesOf,
): readonly ImageCell[] {
  if (row.classes.every((_, label) => row.chosen.count(label, outcome) === 0)) return [];
  return row.classes.flatMap((className, label) => {
    const images = row.chosen.of(label, outcome);
    if (images.length === 0) return [{ lack: `no ${className} image\ncalled ${outcome}` }, ...methods.map(() => ({}))];
    return images.flatMap((image) => {
      const pictures = picturesOf(image);
      const called = callOf(image, row.classes);
      const description = `${row.paths[image.index]}: ${className}, ${called}`;
      return [
        { image: pictures.image, caption: `${className}\n${called}`, description },
        ...methods.map((method, i): ImageCell => {
          const constancy = constancyOf(image.maps[i]!);
          const told = `${methodTitle(method)} of ${row.classes[image.class]} at ${row.layer}`;
          return {
            image: pictures.overlays[i]!,
            caption: [methodTitle(method), ...(constancy === undefined ? [] : [constancy])].join('\n'),
            description: [description, told, ...(constancy === undefined ? [] : [constancy])].join('; '),
          };
        }),
      ];
    });
  });
}

/** `called real 81.3 %`. */
function callOf({ logits }: ChosenImage, classes: readonly string[]): string {
  const called = predictedClasses(logits)[0]!;
  const [fake] = fakeProbabilities(logitDifferences(logits)) as unknown as [number];
  return `called ${classes[called]} ${formatShare(called === 1 ? fake : 1 - fake)}`;
}
