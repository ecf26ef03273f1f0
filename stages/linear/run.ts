import { writeFileSync } from 'node:fs';
import { tensor } from '@tensorflow/tfjs';
import { csvTable } from '../../src/csv.ts';
import { formatMetric } from '../../src/format-numbers.ts';
import { crossEntropy } from '../../src/learning/metrics/calibration/losses.ts';
import { metric } from '../../src/learning/metrics/metric-catalogue.ts';
import { metricsOfLogits } from '../../src/learning/metrics/metrics-of-logits.ts';
import { buildHead } from '../../src/learning/models/build-net.ts';
import { headOf } from '../../src/learning/models/feature-head.ts';
import { saveModel } from '../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { openFeaturesOfClasses } from '../../src/learning/training/open-labelled-data.ts';
import { selectionSplit, trainSplit } from '../../src/learning/training/splits.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import type { Features } from '../../src/learning/vision/features/features.ts';
import { sampleImages } from '../../src/learning/vision/sample-images.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import {
  type Fit,
  type LabelledRows,
  logisticRegressions,
  logitsOf,
} from './logistic-regression.ts';
import type { LinearSettings } from './spec.ts';

type Context = StageContext<LinearSettings>;

/** A fit with its values on both splits. */
interface Candidate extends Fit {
  readonly trainLoss: number;
  readonly valLoss: number;
  /** The metric that chooses, on val. */
  readonly value: number;
}

export default async function run(context: Context): Promise<void> {
  const { strengths, by, images, seed = 7 } = context.settings;
  const features = openFeaturesOfClasses(context.input('features').path, [
    trainSplit,
    selectionSplit,
  ]);
  const train = drawRows(rowsOf(features, trainSplit), images, seed);
  const val = rowsOf(features, selectionSplit);
  const candidates: Candidate[] = [];
  for (const fit of logisticRegressions(train, features.classes.length, strengths)) {
    candidates.push(measure(fit, train, val, features.classes, by));
    context.progress({ done: candidates.length, total: strengths.length, unit: 'fits' });
    const { c, iterations, isConverged } = fit;
    if (!isConverged)
      context.warn(`The fit with C = ${c} had not converged after ${iterations} iterations.`);
  }
  const kept = bestOf(candidates, by);
  writeFileSync(context.output('path'), formatPath(candidates, kept, by));
  await save(context, features, kept);
  warnOfEnds(context, candidates, kept);
  context.highlight({
    title: `Regularisation, chosen by ${metric(by).title} on ${selectionSplit}`,
    role: 'choice',
    columns: ['C', `${trainSplit} loss`, `${selectionSplit} loss`, metric(by).title, 'kept'],
    rows: candidates.map((candidate) => [
      candidate.c,
      formatMetric(candidate.trainLoss, 4),
      formatMetric(candidate.valLoss, 4),
      formatMetric(candidate.value, 4),
      candidate === kept ? 'kept' : '',
    ]),
  });
}

function rowsOf(features: Features, split: string): LabelledRows {
  const { samples, features: values } = features.split(split);
  return { values, width: features.values, labels: samples.map(({ label }) => label) };
}

/**
 * So many of the rows, in their order, equally many of each class if possible; all where `images`
 * is undefined. Throws a {@link StageError} where there are fewer.
 */
function drawRows(
  { values, width, labels }: LabelledRows,
  images: number | undefined,
  seed: number,
): LabelledRows {
  if (images === undefined) return { values, width, labels };
  if (images > labels.length) {
    throw new StageError(
      `Expected at most the ${labels.length} images of ${trainSplit} as "images", got ${images}.`,
    );
  }
  const drawn = Array.from(sampleImages(labels, images, seed));
  const rows = new Float32Array(images * width);
  for (const [row, index] of drawn.entries())
    rows.set(values.subarray(index * width, (index + 1) * width), row * width);
  return { values: rows, width, labels: drawn.map((index) => labels[index]!) };
}

function measure(
  fit: Fit,
  train: LabelledRows,
  val: LabelledRows,
  classes: readonly string[],
  by: LinearSettings['by'],
): Candidate {
  const lossOf = (rows: LabelledRows, logits: Float64Array) =>
    crossEntropy(rows.labels, logits, { classes: classes.length });
  const logits = logitsOf(val, fit.classifier);
  const value = metricsOfLogits(val.labels, logits, classes)[by];
  if (value === undefined || Number.isNaN(value)) {
    throw new StageError(
      `Expected a metric that these ${val.labels.length} images of ${selectionSplit} have, got "${by}".`,
    );
  }
  return {
    ...fit,
    trainLoss: lossOf(train, logitsOf(train, fit.classifier)),
    valLoss: lossOf(val, logits),
    value,
  };
}

/** The first of the best, from the smallest C on. */
function bestOf(candidates: readonly Candidate[], by: LinearSettings['by']): Candidate {
  const sign = metric(by).better === 'higher' ? 1 : -1;
  return candidates.reduce((best, candidate) =>
    sign * candidate.value > sign * best.value ? candidate : best,
  );
}

/** A C beyond the candidates may be better than the last one. */
function warnOfEnds(context: Context, candidates: readonly Candidate[], kept: Candidate): void {
  if (candidates.length < 2 || (kept !== candidates[0] && kept !== candidates.at(-1))) return;
  const side = kept === candidates[0] ? 'smallest' : 'largest';
  context.warn(
    `The ${side} of the strengths, ${kept.c}, was kept: one beyond it may be better. Add it to "strengths".`,
  );
}

function formatPath(
  candidates: readonly Candidate[],
  kept: Candidate,
  by: LinearSettings['by'],
): string {
  return csvTable(
    candidates.map((candidate) => ({
      c: candidate.c,
      [`${trainSplit}Loss`]: candidate.trainLoss,
      [`${selectionSplit}Loss`]: candidate.valLoss,
      ...(by !== 'loss' && { [`${selectionSplit}.${by}`]: candidate.value }),
      weightNorm: candidate.weightNorm,
      iterations: candidate.iterations,
      kept: candidate === kept ? 'yes' : '',
    })),
  );
}

async function save(context: Context, { classes, values, of }: Features, { c, classifier }: Fit) {
  const { by, images } = context.settings;
  // Nothing is computed, so the simplest backend serves.
  await startBackend({ ...context, backend: 'cpu' });
  const architecture = { layers: [{ dense: classes.length }] };
  const model = buildHead(headOf(architecture, classes.length), values);
  model.setWeights([
    tensor(Float32Array.from(classifier.weights), [values, classes.length]),
    tensor(Float32Array.from(classifier.biases), [classes.length]),
  ]);
  const info: ModelInfo = {
    architecture,
    classes: [...classes],
    input: { values, ...(of !== undefined && { of }) },
    training: { regression: 'logistic', c, by, ...(images !== undefined && { images }) },
    chosenEpoch: 0,
    backend: 'none',
  };
  await saveModel(context.output('model'), { model, info });
}
