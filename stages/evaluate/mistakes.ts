import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatList, formatSigned } from '../../src/format-numbers.ts';
import { textWidth } from '../../src/learning/charts/fonts.ts';
import { type ImageBlock, type ImageCell, imageSheet } from '../../src/learning/charts/image-sheet.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { corruptImage } from '../../src/learning/vision/corrupt-image.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type { EvaluateSettings } from './spec.ts';

/** Images in a line, and lines for each kind of mistake. */
const across = 6;
const lines = 2;
/** Room for the text below an image, in units. */
const captionWidth = 90;

/** The wrong predictions for the images of one class in one split; `images` is the number of images of the class. */
export type Mistakes = ReturnType<typeof mistakesOn>[number];

/** Draws the sheet of the most confident mistakes, with the images as the model saw them except for their size. */
export async function drawMistakes(context: StageContext<EvaluateSettings>, rows: readonly ScoreRow[]): Promise<void> {
  const { splits, corrupt, seed } = context.settings;
  const mistakes = shownSplits(splits).flatMap((split) => mistakesOn(split, rows));
  using dataset = openDataset(context.input('dataset').path);
  const pictures = new Map<ScoreRow, string>();
  for (const { split, worst } of mistakes) {
    const images = dataset.split(split);
    const places = new Map(images.samples.map(({ key }, index) => [key, index]));
    for (const row of worst) {
      const index = places.get(row.key);
      if (index === undefined) throw new StageError(`Expected the image ${row.key} in ${split} of the dataset.`);
      const bytes = await images.read(index);
      const seen = corrupt === undefined ? bytes : await corruptImage(bytes, { ...corrupt, seed }, row.key);
      pictures.set(row, await thumbnail(seen));
    }
  }
  const strengths = Object.entries(corrupt ?? {}).map(([name, strength]) => `${name} ${strength}`);
  const seenAs = strengths.length === 0 ? '' : ` Corrupted: ${strengths.join(', ')}.`;
  await renderOutput(
    context,
    'mistakes',
    mistakesChart(mistakes, (row) => pictures.get(row)!, seenAs),
  );
}

/** The splits whose mistakes are shown: those that neither trained nor selected the model; without any, the last. */
export function shownSplits(splits: readonly string[]): readonly string[] {
  const unseen = splits.filter((split) => split !== trainSplit && split !== selectionSplit);
  return unseen.length > 0 ? unseen : splits.slice(-1);
}

/** Real images called fake, and fake ones called real, the most confident first. */
export function mistakesOn(split: string, rows: readonly ScoreRow[]) {
  return [0, 1].map((label) => {
    const own = rows.filter((row) => row.split === split && row.label === label);
    // As everywhere, the higher score decides, and a tie is real.
    const wrong = own.filter((row) => (difference(row) > 0 ? 1 : 0) !== label);
    const sure = (row: ScoreRow) => (label === 0 ? difference(row) : -difference(row));
    const worst: readonly ScoreRow[] = wrong.sort((one, other) => sure(other) - sure(one)).slice(0, across * lines);
    return { split, label, images: own.length, count: wrong.length, worst };
  });
}

/** A contact sheet: for each split the real images that are most confidently called fake, and the fake ones called real. */
export function mistakesChart(
  mistakes: readonly Mistakes[],
  pictureOf: (row: ScoreRow) => string,
  seenAs: string,
): TopLevelSpec {
  const splits = [...new Set(mistakes.map(({ split }) => split))];
  // Sources that are named like their class would say nothing more.
  const hasSources = mistakes.some(({ worst }) =>
    worst.some((row) => row.source !== undefined && row.source !== nameOf(row)),
  );
  const cell = (row: ScoreRow): ImageCell => {
    const name = row.key.slice(row.key.lastIndexOf('/') + 1);
    const value = difference(row);
    const signed = value === 0 ? '0.00' : formatSigned(value, 2);
    const caption = [signed, ...(hasSources ? [row.source ?? ''] : []), name].map(shorten).join('\n');
    const description = `${row.key}, ${row.source ?? nameOf(row)}: fake − real ${signed}`;
    return { image: pictureOf(row), caption, description };
  };
  const block = ({ split, label, images, count, worst }: Mistakes): readonly ImageBlock[] => {
    const what = label === 0 ? 'real, called fake' : 'fake, called real';
    const counts = `${what}, ${formatCount(count)} of ${formatCount(images)}`;
    return [{ header: splits.length === 1 ? counts : `${split}: ${counts}`, cells: worst.map(cell) }];
  };
  const below = `its score of fake minus that of real${hasSources ? ', its source' : ''} and its name`;
  return imageSheet({
    title: `Most confident mistakes on ${formatList(splits)}`,
    subtitle: `Below each image: ${below}.${seenAs}`,
    blocks: mistakes.map(block),
    across,
  });
}

const difference = ({ real, fake }: ScoreRow): number => fake - real;

const nameOf = ({ label }: ScoreRow): string => (label === 0 ? 'real' : 'fake');

/** A name cut to fit below an image, at its beginning, since names differ at their end. */
function shorten(name: string): string {
  let shown = name;
  for (let cut = 1; textWidth(shown, 11) > captionWidth && cut < name.length; cut++) shown = `…${name.slice(cut)}`;
  return shown;
}
