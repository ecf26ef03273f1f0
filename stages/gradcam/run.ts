import { writeFileSync } from 'node:fs';
import { formatList, formatShare } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import { fewestCells } from '../../src/learning/attribution/top-share-ceiling.ts';
import { titleOf } from '../../src/learning/charts/chart-title.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { facePartsTable } from '../../src/learning/explanations/face-parts-table.ts';
import { chanceNote } from '../../src/learning/explanations/measured-texts.ts';
import { type SurveyedCase, surveyModels } from '../../src/learning/explanations/survey-models.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import type { StageContext } from '../../src/stage.ts';
import { leadOf, leadTable } from './lead.ts';
import { type Case, openCases } from './open-cases.ts';
import { ChosenImages, camSheet } from './sheet.ts';
import type { GradcamSettings } from './spec.ts';
import { casesTable, formatMetrics, formatTable } from './tables.ts';

type Context = StageContext<GradcamSettings>;

/**
 * Images between two reports of progress with Score-CAM, which takes a forward pass for every
 * channel of each image.
 */
const mostAtOnce = 4;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  await startBackend(context);
  const { cases, shared } = await openCases(context);
  const { split, shownOfEach: most, seed, batchSize, method: methods } = settings;
  const chosen = new Map(
    cases.map((modelCase) => [
      modelCase,
      new ChosenImages({ images: modelCase.subject.samples.length, most, split, seed }),
    ]),
  );
  const surveyed = await surveyModels(context, cases, {
    methods,
    batchSize: methods.includes('score-cam') ? Math.min(batchSize, mostAtOnce) : batchSize,
    onImage: (image, modelCase) => chosen.get(modelCase)!.offer(image),
  });

  const lead = leadOf(surveyed, settings);
  writeFileSync(context.output('metrics'), formatMetrics(surveyed, settings, lead));
  writeFileSync(context.output('table'), formatTable(surveyed));
  const rows = cases.map((modelCase) => ({ ...modelCase, chosen: chosen.get(modelCase)! }));
  const chart = await camSheet(rows, settings, {
    title: titleOf(formatList(methods.map(methodTitle)), settings, shared),
    notes: surveyed.flatMap(({ name, measured }) => {
      const note = chanceNote(measured);
      if (note === undefined) return [];
      return name === '' ? note : `${name}: ${note}`;
    }),
  });
  await renderOutput(context, 'sheet', chart);
  for (const surveyedCase of surveyed) {
    warnOfConstantMaps(context, surveyedCase);
    warnOfFewCells(context, surveyedCase);
  }
  context.highlight(casesTable(surveyed, settings));
  const parts = facePartsTable(surveyed, settings);
  if (parts.rows.length > 0) context.highlight(parts);
  if (lead !== undefined) context.highlight(leadTable(lead, settings));
}

/** Leaves out the control, whose random weights may leave nothing of a map. */
function warnOfConstantMaps(
  context: Context,
  { name, layer, survey, subject }: Case & SurveyedCase,
): void {
  const constant = survey.maps.flatMap(({ method, constant: counts }) => {
    const all = counts.reduce((sum, count) => sum + count);
    const [firstClass, secondClass] = subject.classes;
    const byClass =
      counts.length > 2
        ? ''
        : ` (${counts[0]} of ${firstClass} images, ${counts[1]} of ${secondClass} ones)`;
    return method === 'random-cam' || all === 0
      ? []
      : [`${all} of ${survey.indices.length} by ${methodTitle(method)}${byClass}`];
  });
  if (constant.length === 0) return;
  context.warn(
    `Constant maps${name && ` of ${name}`} on ${context.settings.split}: ${formatList(constant)}. There ${layer} shows nothing of the class. Shares of pixels are means over the other maps.`,
  );
}

/** A map of few cells says little of where in an image a network looks. */
function warnOfFewCells(
  context: Context,
  { name, layer, survey, subject }: Case & SurveyedCase,
): void {
  const { grid, ceiling } = survey.maps[0]!;
  if (grid === undefined || Math.min(grid.height, grid.width) >= fewestCells) return;
  const { size } = subject.input;
  context.warn(
    `Maps${name && ` of ${name}`} have ${grid.height} x ${grid.width} cells at ${layer}, for ${size} x ${size} pixels: even one cell alone has only ${formatShare(ceiling!)} of its map in a tenth of the pixels. Name an earlier layer, or train on larger images, before you compare such shares.`,
  );
}
