import { writeFileSync } from 'node:fs';
import { formatFew } from '../../src/format-numbers.ts';
import { groupBy } from '../../src/group-by.ts';
import { expectAttention } from '../../src/learning/attribution/attention-maps.ts';
import { findMapLayer } from '../../src/learning/attribution/cam/map-layers.ts';
import { randomisedDepths } from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { gapWarning } from '../../src/learning/explanations/completeness-gap.ts';
import { expectAll } from '../../src/learning/explanations/expect-all.ts';
import { chooseClass } from '../../src/learning/explanations/explained-class.ts';
import {
  type Subject,
  subjectOfStage,
} from '../../src/learning/explanations/explanation-subject.ts';
import { methodOptions } from '../../src/learning/explanations/method-options.ts';
import { drawImages } from '../../src/learning/explanations/survey-models.ts';
import { modelInput } from '../../src/learning/models/model-inputs.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { curvesChart, type Frame, randomisationChart, rankingChart } from './charts.ts';
import { allPasses, type MeasureOptions, measureImages } from './measure-images.ts';
import { control, defaultWeightDraws, type FaithfulnessSettings } from './spec.ts';
import { faithfulnessTable, formatMetrics, formatTable } from './tables.ts';
import { judge } from './verdict.ts';

/** Depths of randomised weights in a deep network; each makes all maps again. */
const mostDepths = 12;

export default async function run(context: StageContext<FaithfulnessSettings>): Promise<void> {
  const { settings } = context;
  await startBackend(context);
  const subject = await subjectOfStage(context);
  if (subject.cut !== undefined) context.info(subject.cut);
  const options = await measureOptions(context, subject);
  const { methods, depths } = options;
  const images = await measureImages(subject, options);
  const samples = images.map(({ index }) => subject.samples[index]!);
  const judgement = judge(images, {
    ...settings,
    methods,
    depths,
    labels: samples.map(({ label }) => label),
    classes: subject.classes.length,
    groups: samples.map(({ group }) => group),
  });

  writeFileSync(
    context.output('metrics'),
    formatMetrics(judgement, { ...settings, layer: options.explain.layer }),
  );
  writeFileSync(context.output('table'), formatTable(judgement));
  const frame: Frame = {
    ...settings,
    labels: modelInput(context).labels,
    classes: subject.classes,
  };
  await renderOutput(context, 'curves', curvesChart(judgement, frame));
  await renderOutput(context, 'ranking', rankingChart(judgement, frame));
  if (settings.randomise)
    await renderOutput(context, 'randomisation', randomisationChart(judgement, frame));
  context.highlight(faithfulnessTable(judgement, frame));
  for (const { completeness } of judgement.ranked) {
    const warning = completeness && gapWarning(completeness.relativeGap, options.explain.steps);
    if (warning !== undefined) context.warn(warning);
  }
}

async function measureOptions(
  context: StageContext<FaithfulnessSettings>,
  subject: Subject,
): Promise<MeasureOptions> {
  const { settings } = context;
  const { samples } = subject;
  const indices = alternate(
    drawImages(subject, settings.images, settings.seed),
    samples.map(({ label }) => label),
  );
  const [layer] = await expectAll(
    () => findMapLayer(subject.model, settings.layer),
    () => expectAttention(subject.model, settings.method),
    () => chooseClass(subject.model, subject.classes, settings.class),
    () => expectTwoClasses(subject, indices, settings.split),
  );
  if (indices.length < settings.images) {
    context.info(
      `${settings.split} has fewer than ${settings.images} images: all ${indices.length} are explained.`,
    );
  }
  let done = 0;
  const options: MeasureOptions = {
    methods: [...settings.method, control],
    explain: methodOptions(settings, subject.input.normalise, layer),
    how: { ...settings, indices },
    curveBaseline: settings.curveBaseline,
    curveSteps: settings.curveSteps,
    depths: settings.randomise ? randomisedDepths(subject.model, mostDepths) : [],
    weightDraws: settings.weightDraws ?? defaultWeightDraws,
    onPasses: (passes, note) => {
      done += passes;
      context.progress({ done, total, unit: 'passes', note });
    },
  };
  const total = allPasses(subject, options);
  return options;
}

/**
 * Images of the classes in turn, while there are any: each is compared with those before it, which
 * should be of others.
 */
export function alternate(indices: Uint32Array, labels: readonly number[]): Uint32Array {
  const orders = [...groupBy(indices, (index) => labels[index]!)]
    .sort(([a], [b]) => a - b)
    .map(([, members]) => members);
  const longest = Math.max(0, ...orders.map(({ length }) => length));
  return Uint32Array.from(
    Array.from({ length: longest }, (_, i) =>
      orders.flatMap((members) => members.slice(i, i + 1)),
    ).flat(),
  );
}

/**
 * Throws a {@link StageError} for images of a single class, on which the comparison with the
 * control would mislead.
 */
function expectTwoClasses(
  { samples, classes }: Subject,
  indices: Uint32Array,
  split: string,
): void {
  const present = new Set(Array.from(indices, (index) => samples[index]!.label));
  if (present.size >= 2) return;
  const none = classes.filter((_, label) => !present.has(label));
  throw new StageError(
    `Expected images of ${classes.length === 2 ? 'both' : 'two'} classes in ${split}, got none of ${formatFew(none, 10)}. Name another split, or give it some.`,
  );
}
