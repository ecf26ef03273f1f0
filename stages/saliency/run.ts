import { writeFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import { formatJson } from '../../src/format-json.ts';
import { renderChart } from '../../src/learning/charts/render-chart.ts';
import { gapWarning } from '../../src/learning/explanations/completeness-gap.ts';
import { methodDefaults } from '../../src/learning/explanations/explanation-settings.ts';
import { mapMetrics, type Numbers } from '../../src/learning/explanations/map-metrics.ts';
import { MapsWriter } from '../../src/learning/explanations/maps-writer.ts';
import { openMasks } from '../../src/learning/explanations/open-masks.ts';
import { openSubject, type Subject } from '../../src/learning/explanations/open-subject.ts';
import { pathStart } from '../../src/learning/explanations/path-start.ts';
import { type Survey, type SurveyOptions, surveySplit } from '../../src/learning/explanations/survey-split.ts';
import { untrainedCopy } from '../../src/learning/models/untrained-copy.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { sampleImages } from '../../src/learning/vision/sample-images.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import type { StageContext } from '../../src/stage.ts';
import { meansChart } from './means-chart.ts';
import { paintRaw, paintScaled } from './paint.ts';
import { type ShownImage, saliencySheet } from './sheet.ts';
import type { SaliencySettings } from './spec.ts';
import { saliencyTable } from './tables.ts';
import type { Frame } from './texts.ts';

type Context = StageContext<SaliencySettings>;

export default async function run(context: Context): Promise<void> {
  const { settings } = context;
  await startBackend(context);
  const folders = { model: context.input('model').path, dataset: context.input('dataset').path };
  const subject = await openSubject(folders, settings.split, context.cpus);
  const options = surveyOptions(context, subject);
  const { survey, shown } = await surveyAndKeep(context, subject, options);
  const untrained = settings.untrained ? await surveyUntrained(subject, settings, options) : undefined;

  const groups = Array.from(survey.indices, (index) => subject.samples[index]!.group);
  const metrics = mapMetrics(survey, { ...settings, groups }, untrained);
  const { split, class: of, score, confidence } = settings;
  writeFileSync(context.output('metrics'), formatJson({ split, class: of, score, confidence, ...metrics }));
  const numbers = metrics[settings.method] as Numbers;
  const frame: Frame = { ...settings, labels: context.input('model').labels };
  const counts = [metrics['real'], metrics['fake']] as readonly number[];
  const shared = { classes: subject.classes, counts, numbers, frame };
  const render = (port: string, chart: TopLevelSpec) =>
    renderChart(chart, context.output(port), (line) => context.warn(line));
  await render('sheet', saliencySheet(shown, shared));
  await render('means', meansChart(await meanPictures(survey), untrained && (await meanPictures(untrained)), shared));
  sayWhatIsOff(context, survey, numbers);
  context.highlight(saliencyTable(numbers, frame));
}

/** Throws where masks are connected that are of other images. */
function surveyOptions(context: Context, subject: Subject): SurveyOptions {
  const { settings } = context;
  const given = { ...methodDefaults, ...settings };
  const [masks] = context.inputs('masks');
  const indices = settings.images === undefined ? undefined : draw(subject, settings.images, settings);
  const images = indices?.length ?? subject.samples.length;
  const total = (settings.untrained ? 2 : 1) * images;
  let done = 0;
  return {
    methods: [settings.method],
    explain: { gradients: { ...given, baseline: pathStart(given.baseline, subject.input.normalise) } },
    how: { ...settings, ...(indices && { indices }) },
    masks: masks && openMasks(masks.path, subject.samples, subject.input),
    onBatch: (more) => {
      done += more;
      const note = done > images ? 'untrained net' : 'trained net';
      context.progress({ done, total, unit: 'maps', ...(settings.untrained && { note }) });
    },
  };
}

interface Kept {
  readonly survey: Survey;
  readonly shown: readonly ShownImage[];
}

/** The survey of the trained net, whose raw maps are written as they come. */
async function surveyAndKeep(context: Context, subject: Subject, options: SurveyOptions): Promise<Kept> {
  const { settings } = context;
  const { samples } = subject;
  const surveyed = options.how.indices?.length ?? samples.length;
  const drawn = [...draw(subject, Math.min(settings.shown, surveyed), settings)];
  const isAll = settings.maps === 'all';
  using writer = new MapsWriter(context.output('maps'));
  writer.begin({
    ...{ prefix: '', model: '', split: settings.split, methods: options.methods },
    ...{ classes: subject.classes, samples, images: isAll ? surveyed : drawn.length },
  });
  const pictures = new Map<number, Pick<ShownImage, 'image' | 'map'> & { readonly place: number }>();
  const survey = await surveySplit(subject, {
    ...options,
    onImage: async (image) => {
      const isShown = drawn.includes(image.index);
      if (isAll || isShown) writer.add(image);
      if (isShown) {
        const [picture, map] = [await thumbnail(image.pixels()), await paintRaw(image.maps[0]!)];
        pictures.set(image.index, { image: picture, map, place: image.place });
      }
    },
  });
  writer.end(survey);
  const shown = drawn.map((index): ShownImage => {
    const { key, label } = samples[index]!;
    const { place, ...picture } = pictures.get(index)!;
    const logits = [survey.logits[2 * place]!, survey.logits[2 * place + 1]!] as const;
    return { key, label, logits, ...picture, topShare: survey.maps[0]!.topShares[place]! };
  });
  return { survey, shown };
}

const draw = ({ samples }: Subject, images: number, { seed }: SaliencySettings): Uint32Array =>
  sampleImages(
    samples.map(({ label }) => label),
    images,
    seed,
  );

async function surveyUntrained(subject: Subject, { seed }: SaliencySettings, options: SurveyOptions): Promise<Survey> {
  const model = await untrainedCopy(subject.model, seed);
  try {
    return await surveySplit(subject, { ...options, model });
  } finally {
    model.dispose();
  }
}

function meanPictures({ maps }: Survey): Promise<readonly (string | undefined)[]> {
  return Promise.all(maps[0]!.means.map((mean) => mean && paintScaled(mean)));
}

function sayWhatIsOff(context: Context, survey: Survey, numbers: Numbers): void {
  const { steps, split } = { ...methodDefaults, ...context.settings };
  const constant = survey.maps[0]!.constant.reduce((sum, count) => sum + count, 0);
  if (constant > 0) {
    context.warn(
      `${constant} of ${survey.indices.length} maps on ${split} are the same everywhere: the network's score does not hang on those images.`,
    );
  }
  const gap = (numbers['completeness'] as Numbers | undefined)?.['relativeGap'];
  const warning = typeof gap === 'number' ? gapWarning(gap, steps) : undefined;
  if (warning !== undefined) context.warn(warning);
}
