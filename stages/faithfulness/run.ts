import { writeFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import { randomisedDepths } from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import { renderChart } from '../../src/learning/charts/render-chart.ts';
import { expectAll } from '../../src/learning/explanations/all-mistakes.ts';
import { chooseClass } from '../../src/learning/explanations/choose-class.ts';
import { gapWarning } from '../../src/learning/explanations/completeness-gap.ts';
import { methodDefaults } from '../../src/learning/explanations/explanation-settings.ts';
import { openSubject, type Subject } from '../../src/learning/explanations/open-subject.ts';
import { pathStart } from '../../src/learning/explanations/path-start.ts';
import { layerOf } from '../../src/learning/explanations/seeing-model.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { sampleImages } from '../../src/learning/vision/sample-images.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { curvesChart } from './curves-chart.ts';
import { inTurn } from './in-turn.ts';
import { judge } from './judge.ts';
import { allPasses, type MeasureOptions, measureImages } from './measure-images.ts';
import { randomisationChart } from './randomisation-chart.ts';
import { rankingChart } from './ranking-chart.ts';
import { control, defaultWeightDraws, type FaithfulnessSettings } from './spec.ts';
import { faithfulnessTable, formatMetrics, formatTable } from './tables.ts';
import type { Frame } from './texts.ts';

/** Of a deep network, so many depths of randomised weights: each asks for all maps anew. */
const mostDepths = 12;

export default async function run(context: StageContext<FaithfulnessSettings>): Promise<void> {
  const { settings } = context;
  await startBackend(context);
  const folders = { model: context.input('model').path, dataset: context.input('dataset').path };
  const subject = await openSubject(folders, settings.split, context.cpus);
  const options = measureOptions(context, subject);
  const images = await measureImages(subject, options);
  const judgement = judge(images, {
    ...settings,
    methods: options.methods,
    depths: options.depths,
    labels: images.map(({ index }) => subject.samples[index]!.label),
    groups: images.map(({ index }) => subject.samples[index]!.group),
  });

  const frame: Frame = { ...settings, layer: options.explain.cams.layer, labels: context.input('model').labels };
  writeFileSync(context.output('metrics'), formatMetrics(judgement, frame));
  writeFileSync(context.output('table'), formatTable(judgement));
  const render = (port: string, chart: TopLevelSpec) =>
    renderChart(chart, context.output(port), (line) => context.warn(line));
  await render('curves', curvesChart(judgement, frame));
  await render('ranking', rankingChart(judgement, frame));
  if (settings.randomise) await render('randomisation', randomisationChart(judgement, frame));
  context.highlight(faithfulnessTable(judgement, frame));
  const completeness = judgement.ranked.flatMap((method) => method.completeness ?? []);
  for (const { relativeGap } of completeness) {
    const warning = gapWarning(relativeGap, options.explain.gradients.steps);
    if (warning !== undefined) context.warn(warning);
  }
}

function measureOptions(context: StageContext<FaithfulnessSettings>, subject: Subject): MeasureOptions {
  const { settings } = context;
  const given = { ...methodDefaults, ...settings };
  const labels = subject.samples.map(({ label }) => label);
  const indices = inTurn(sampleImages(labels, settings.images, settings.seed), labels);
  const [layer] = expectAll(
    () => layerOf(subject, settings.layer),
    () => chooseClass(subject.model, subject.classes, settings.class),
    () => expectBothClasses(subject, indices, settings.split),
  );
  if (indices.length < settings.images) {
    context.info(`${settings.split} has fewer than ${settings.images} images: all ${indices.length} are explained.`);
  }
  let done = 0;
  const options: MeasureOptions = {
    methods: [...settings.method, control],
    explain: {
      gradients: { ...given, baseline: pathStart(given.baseline, subject.input.normalise) },
      cams: { layer, batchSize: settings.batchSize },
    },
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

/** Throws a {@link StageError} otherwise: a control on one class would say less than it seems to. */
function expectBothClasses({ samples, classes }: Subject, indices: Uint32Array, split: string): void {
  for (const [label, name] of classes.entries()) {
    if (indices.some((index) => samples[index]!.label === label)) continue;
    throw new StageError(
      `Expected images of both classes in ${split}, got none of ${name}. Name another split, or give it some.`,
    );
  }
}
