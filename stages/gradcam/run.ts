import { writeFileSync } from 'node:fs';
import { formatList } from '../../src/format-numbers.ts';
import { methodTitle } from '../../src/learning/attribution/methods.ts';
import { withLabels } from '../../src/learning/charts/chart-title.ts';
import { renderChart } from '../../src/learning/charts/render-chart.ts';
import { oneDraw } from '../../src/learning/explanations/format-measured.ts';
import { mapMetrics } from '../../src/learning/explanations/map-metrics.ts';
import { overlayPicture } from '../../src/learning/explanations/map-pictures.ts';
import { MapsWriter } from '../../src/learning/explanations/maps-writer.ts';
import type { Subject } from '../../src/learning/explanations/open-subject.ts';
import { type Survey, type SurveyOptions, surveySplit } from '../../src/learning/explanations/survey-split.ts';
import { untrainedCopy } from '../../src/learning/models/untrained-copy.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { sampleImages } from '../../src/learning/vision/sample-images.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import type { StageContext } from '../../src/stage.ts';
import { type ChosenImage, ChosenImages } from './chosen-images.ts';
import { findingOf, type Lead, leadOf, leadText } from './finding.ts';
import { type Case, openCases } from './open-cases.ts';
import { camSheet, side } from './sheet.ts';
import type { GradcamSettings } from './spec.ts';
import { casesTable, formatMetrics, formatTable, type MeasuredCase } from './tables.ts';

type Context = StageContext<GradcamSettings>;

/** Images between two signs of progress, where each takes a forward pass for every channel. */
const mostAtOnce = 4;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  await startBackend(context);
  const { cases, shared } = await openCases(context);
  const surveyed = await survey(context, cases);
  const measured = surveyed.map(({ name, dataset, layer, trained, untrained, groups }) => {
    const { confidence, draws, seed } = settings;
    const numbers = mapMetrics(trained, { groups, confidence, draws, seed }, untrained);
    return { name, dataset, layer, survey: trained, numbers, groups };
  });
  const lead = leadOf(measured, settings);
  writeFileSync(context.output('metrics'), formatMetrics(measured, settings, lead));
  writeFileSync(context.output('table'), formatTable(measured, settings));

  const pictures = await paint(surveyed, settings);
  const rows = surveyed.map(({ subject: { classes, samples }, ...row }) => ({
    ...{ ...row, classes, paths: samples.map(({ path }) => path) },
  }));
  const named = settings.title ?? withLabels(`${methodTitle(settings.method[0]!)} on ${settings.split}`, shared);
  const chart = camSheet(rows, settings, {
    title: `${named}: ${findingOf(measured)}`,
    ...noteOf(measured, settings, lead),
    picturesOf: (image) => pictures.get(image)!,
  });
  await renderChart(chart, context.output('sheet'), (line) => context.warn(line));
  for (const each of measured) sayWhatIsEmpty(context, each);
  context.highlight(casesTable(measured, settings));
}

/** What the title leaves open: of one model what untrained is, of several whether they can be told apart. */
function noteOf(cases: readonly MeasuredCase[], { untrained }: GradcamSettings, lead: Lead | undefined) {
  const note = lead !== undefined ? leadText(lead) : untrained && cases.length === 1 ? oneDraw : undefined;
  return note === undefined ? {} : { note };
}

/** Not of the control, whose weights of chance may leave nothing of a map. */
function sayWhatIsEmpty(context: Context, { name, layer, survey }: MeasuredCase): void {
  const empty = survey.maps.flatMap(({ method, constant: [real = 0, fake = 0] }) =>
    method === 'random-cam' || real + fake === 0
      ? []
      : [`${real + fake} by ${methodTitle(method)} (${real} of real images, ${fake} of fake ones)`],
  );
  if (empty.length === 0) return;
  context.warn(
    `${name === '' ? '' : `${name}: `}Of ${survey.indices.length} maps on ${context.settings.split} the same everywhere are ${formatList(empty)}: there ${layer} has nothing for the class by the method. What pixels hold is a mean over the others.`,
  );
}

interface SurveyedCase extends Case {
  readonly trained: Survey;
  readonly untrained: Survey | undefined;
  readonly groups: readonly (string | undefined)[];
  readonly chosen: ChosenImages;
}

/** Each model over the images of its split, and once more without its training. */
async function survey(context: Context, cases: readonly Case[]): Promise<readonly SurveyedCase[]> {
  const { settings } = context;
  const { split, shownOfEach: most, seed, method: methods } = settings;
  const drawn = cases.map(({ subject }) => draw(subject, settings));
  const passes = settings.untrained ? 2 : 1;
  const total = passes * drawn.reduce((sum, indices) => sum + indices.length, 0);
  let done = 0;
  using writer = new MapsWriter(context.output('maps'));
  const surveyed: SurveyedCase[] = [];
  for (const [i, each] of cases.entries()) {
    const { name, subject, layer } = each;
    const { samples, classes } = subject;
    const indices = drawn[i]!;
    const prefix = cases.length === 1 ? '' : `${i + 1}-`;
    writer.begin({ prefix, model: name, split, layer, methods, classes, samples, images: indices.length });
    const chosen = new ChosenImages({ images: samples.length, most, split, seed });
    const options = (note: string): SurveyOptions => ({
      ...surveyOptions(settings, each, indices),
      onBatch: (count) => {
        done += count;
        context.progress({ done, total, unit: 'images', note: [name, note].filter((part) => part !== '').join(', ') });
      },
    });
    const trained = await surveySplit(subject, {
      ...options(''),
      onImage: (image) => {
        writer.add(image);
        chosen.offer(image);
      },
    });
    writer.end(trained);
    let untrained: Survey | undefined;
    if (settings.untrained) {
      const model = await untrainedCopy(subject.model, seed);
      try {
        untrained = await surveySplit(subject, { ...options('untrained'), model });
      } finally {
        model.dispose();
      }
    }
    subject.model.dispose();
    const groups = Array.from(indices, (index) => samples[index]!.group);
    surveyed.push({ ...each, trained, untrained, chosen, groups });
  }
  return surveyed;
}

/** The images that are explained. */
function draw({ samples }: Subject, { images, seed }: GradcamSettings): Uint32Array {
  const labels = samples.map(({ label }) => label);
  return sampleImages(labels, images ?? samples.length, seed);
}

function surveyOptions(settings: GradcamSettings, { layer, masks }: Case, indices: Uint32Array): SurveyOptions {
  const { method: methods, class: of, score, seed, batchSize } = settings;
  // Score-CAM makes a batch of each image, which should be heard of before many are done.
  const batch = methods.includes('score-cam') ? Math.min(batchSize, mostAtOnce) : batchSize;
  return {
    methods,
    explain: { cams: { layer, batchSize } },
    how: { class: of, score, seed, batchSize: batch, indices },
    masks,
  };
}

async function paint(
  surveyed: readonly SurveyedCase[],
  { colours, opacity }: GradcamSettings,
): Promise<ReadonlyMap<ChosenImage, { readonly image: string; readonly overlays: readonly string[] }>> {
  const pictures = new Map<ChosenImage, { readonly image: string; readonly overlays: readonly string[] }>();
  const options = { side: 2 * side, colours, opacity };
  for (const { chosen } of surveyed) {
    for (const image of [0, 1].flatMap((label) => [...chosen.of(label, 'right'), ...chosen.of(label, 'wrong')])) {
      const overlays: string[] = [];
      for (const map of image.maps) overlays.push(await overlayPicture(image.pixels, map, options));
      pictures.set(image, { image: await thumbnail(image.pixels, { side: 2 * side }), overlays });
    }
  }
  return pictures;
}
