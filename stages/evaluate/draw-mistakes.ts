import { renderChart } from '../../src/learning/charts/render-chart.ts';
import type { ScoreRow } from '../../src/learning/metrics/scores-file.ts';
import { corruptImage } from '../../src/learning/vision/corrupt-image.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { corruptionOf } from './corruption-of.ts';
import { mistakesChart, mistakesOn, shownSplits } from './mistakes.ts';
import type { EvaluateSettings } from './spec.ts';

/** Draws the sheet of the most confident mistakes, its images as the model saw them but for their size. */
export async function drawMistakes(context: StageContext<EvaluateSettings>, rows: readonly ScoreRow[]): Promise<void> {
  const { settings } = context;
  const mistakes = shownSplits(settings.splits).map((split) => mistakesOn(split, rows));
  const corruption = corruptionOf(settings);
  using dataset = openDataset(context.input('dataset').path);
  const pictures = new Map<ScoreRow, string>();
  for (const { split, worstReal, worstFake } of mistakes) {
    const images = dataset.split(split);
    const places = new Map(images.samples.map(({ key }, index) => [key, index]));
    for (const row of [...worstReal, ...worstFake]) {
      const index = places.get(row.key);
      if (index === undefined) throw new StageError(`Expected the image ${row.key} in ${split} of the dataset.`);
      const bytes = await images.read(index);
      pictures.set(
        row,
        await thumbnail(corruption === undefined ? bytes : await corruptImage(bytes, corruption, row.key)),
      );
    }
  }
  const seenAs = settings.corrupt === undefined ? '' : ` Corrupted: ${describe(settings.corrupt)}.`;
  const chart = mistakesChart(mistakes, (row) => pictures.get(row)!, seenAs);
  await renderChart(chart, context.output('mistakes'), (line) => context.warn(line));
}

/** `jpeg 40, blur 1.5`. */
function describe(corrupt: object): string {
  return Object.entries(corrupt)
    .map(([name, strength]) => `${name} ${strength}`)
    .join(', ');
}
