import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatList, formatSigned } from '../../src/format-numbers.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import {
  type ImageBlock,
  type ImageCell,
  imageSheet,
} from '../../src/learning/charts/image-sheet.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { predictedClasses } from '../../src/learning/metrics/arithmetic/logits.ts';
import type { ScoreRow, ScoreTable } from '../../src/learning/metrics/scores/scores-file.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { corruptImage } from '../../src/learning/vision/corruptions/corrupt-image.ts';
import { corruptionOf } from '../../src/learning/vision/corruptions/corruption-settings.ts';
import { openImages } from '../../src/learning/vision/dataset/shown-images.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import type { StageContext } from '../../src/stage.ts';
import type { EvaluateSettings } from './spec.ts';

/** Images in a line, and lines for each kind of mistake. */
const across = 6;
const lines = 2;
/** Room for the text below an image, in units. */
const captionWidth = 90;

/** Pairs of classes that are shown of more than two, the most confused first. */
const mostPairs = 8;

/**
 * The images of one class in one split that are called another; `images` is the number of images of
 * the class.
 */
export interface Mistakes
  extends Readonly<Record<'label' | 'called' | 'images' | 'count', number>> {
  readonly split: string;
  /** The most confident ones, the most confident first. */
  readonly worst: readonly ScoreRow[];
}

/**
 * Draws the sheet of the most confident mistakes, with the images as the model saw them except for
 * their size.
 */
export async function drawMistakes(
  context: StageContext<EvaluateSettings>,
  table: ScoreTable,
): Promise<void> {
  const { splits, corrupt } = context.settings;
  const corruption = corruptionOf(context);
  const visible = shownSplits(splits);
  const mistakes = visible.flatMap((split) => mistakesOn(split, table));
  using images = openImages(context, visible);
  const pictures = new Map<ScoreRow, string>();
  for (const row of mistakes.flatMap(({ worst }) => worst)) {
    const bytes = await images.read(row.split, row.key);
    const seen = corruption === undefined ? bytes : await corruptImage(bytes, corruption, row.key);
    pictures.set(row, await thumbnail(seen));
  }
  const strengths = Object.entries(corrupt ?? {}).map(
    ([name, strength]) => `${name} ${showStrength(strength)}`,
  );
  const seenAs = strengths.length === 0 ? '' : ` Corrupted: ${strengths.join(', ')}.`;
  const chart = mistakesChart(mistakes, table.names, (row) => pictures.get(row)!, seenAs);
  await renderOutput(context, 'mistakes', chart);
}

/**
 * The splits whose mistakes are shown: those that neither trained nor selected the model; without
 * any, the last.
 */
export function shownSplits(splits: readonly string[]): readonly string[] {
  const unseen = splits.filter((split) => split !== trainSplit && split !== selectionSplit);
  return unseen.length > 0 ? unseen : splits.slice(-1);
}

/**
 * Images of each class called another: of two classes both ways, of more the most confused pairs.
 * Unknown labels are left out.
 */
export function mistakesOn(split: string, { classes, rows }: ScoreTable): readonly Mistakes[] {
  const known = rows.filter((row) => row.split === split && row.label < classes.length);
  const scores = known.flatMap((row) => row.scores);
  const called = predictedClasses(scores, classes.length);
  const sure = ({ scores, label }: ScoreRow, as: number) => scores[as]! - scores[label]!;
  const most = across * (classes.length === 2 ? lines : 1);
  const pairs = [...classes.keys()].flatMap((label) =>
    [...classes.keys()].flatMap((as): Mistakes[] => {
      if (as === label) return [];
      // An image whose label has the same score as another class is no mistake.
      const wrong = known.filter(
        (row, i) => row.label === label && called[i] === as && sure(row, as) > 0,
      );
      const worst = wrong.sort((a, b) => sure(b, as) - sure(a, as)).slice(0, most);
      const images = known.filter((row) => row.label === label).length;
      return [{ split, label, called: as, images, count: wrong.length, worst }];
    }),
  );
  if (classes.length === 2) return pairs;
  const confused = pairs.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  return confused.slice(0, mostPairs);
}

/**
 * A contact sheet: for each split the images of a class that are most confidently called another.
 */
export function mistakesChart(
  mistakes: readonly Mistakes[],
  names: readonly string[],
  pictureOf: (row: ScoreRow) => string,
  seenAs: string,
): TopLevelSpec {
  const splits = [...new Set(mistakes.map(({ split }) => split))];
  // Sources that are named like their class would say nothing more.
  const hasSource = ({ source, label }: ScoreRow) =>
    source !== undefined && source !== names[label];
  const hasSources = mistakes.some(({ worst }) => worst.some(hasSource));
  const isPair = names.length === 2;
  const cell = (row: ScoreRow, called: number): ImageCell => {
    const name = row.key.slice(row.key.lastIndexOf('/') + 1);
    const higher = isPair ? 1 : called;
    const lower = isPair ? 0 : row.label;
    const value = row.scores[higher]! - row.scores[lower]!;
    const signed = value === 0 ? '0.00' : formatSigned(value, 2);
    const caption = [signed, ...(hasSources ? [row.source ?? ''] : []), name]
      .map(shorten)
      .join('\n');
    const description = `${row.key}, ${row.source ?? names[row.label]}: ${names[higher]} − ${names[lower]} ${signed}`;
    return { image: pictureOf(row), caption, description };
  };
  const block = ({ split, label, called, images, count, worst }: Mistakes): ImageBlock => {
    const counts = `${names[label]}, called ${names[called]}, ${formatCount(count)} of ${formatCount(images)}`;
    return {
      header: splits.length === 1 ? counts : `${split}: ${counts}`,
      cells: worst.map((row) => cell(row, called)),
    };
  };
  const difference = isPair
    ? `its score of ${names[1]} minus that of ${names[0]}`
    : 'its score of the called class minus that of its own';
  const below = `${difference}${hasSources ? ', its source' : ''}, and its name`;
  return imageSheet({
    title: `Most confident mistakes on ${formatList(splits)}`,
    subtitle: `Below each image: ${below}.${seenAs}`,
    blocks: mistakes.map((mistake) => [block(mistake)]),
    across,
  });
}

/** A name cut to fit below an image, at its beginning, since names differ at their end. */
function shorten(name: string): string {
  let caption = name;
  for (let cut = 1; textWidth(caption, 11) > captionWidth && cut < name.length; cut++)
    caption = `…${name.slice(cut)}`;
  return caption;
}

/** A number, or the settings of a change that has several: `quality 40, shift 4`. */
function showStrength(strength: number | Readonly<Record<string, number>>): string {
  if (typeof strength === 'number') return String(strength);
  return Object.entries(strength)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
