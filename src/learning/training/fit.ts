import type { LayersModel } from '@tensorflow/tfjs';
import { beginAnew } from '../../backend/registration/register.ts';
import { formatFew } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import { predictedClasses } from '../metrics/arithmetic/logits.ts';
import { crossEntropy } from '../metrics/calibration/losses.ts';
import { type MetricName, metric } from '../metrics/metric-catalogue.ts';
import { metricsOfLogits } from '../metrics/metrics-of-logits.ts';
import { rowOf } from '../models/row-of.ts';
import { seedDropout } from '../models/seeded-dropout.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';
import { allCalledBy, collapseKept, lastingCollapse } from './collapse.ts';
import { type Freezing, freezeLayers } from './freezing.ts';
import type { EpochRecord, History, SplitValues } from './history.ts';
import type { RateFactors } from './learning-rates.ts';
import { allWeights, assignValues, movingWeights, weightsOfLayers } from './model-weights.ts';
import { Optimizer } from './optimizer.ts';
import { predict } from './predict.ts';
import { type Length, whyEnded } from './resume-rules.ts';
import { scheduleFactor, warmUpFactor } from './schedule.ts';
import { selectionSplit, trainSplit } from './splits.ts';
import { type StepOptions, trainStep } from './train-step.ts';
import { trainableWeights } from './trainable-weights.ts';
import type { TrainingData } from './training-data.ts';
import type { OptimizerSettings } from './training-settings.ts';
import {
  type BestEpoch,
  bestOf,
  putState,
  type TrainingStates,
  takeState,
} from './training-state.ts';
import { WeightAverage } from './weight-average.ts';

/** How a model is trained, evaluated and selected. */
export interface FitOptions extends Omit<StepOptions, 'average'>, Length {
  readonly optimizer: OptimizerSettings;
  /** Splits that are evaluated after each epoch, {@link selectionSplit} among them. */
  readonly monitor: readonly string[];
  /**
   * Values of the training split: from a pass of their own (`exact`), or the free running means of
   * its batches (`running`).
   */
  readonly trainValues: 'exact' | 'running';
  readonly freezing?: Freezing;
  readonly factors?: RateFactors;
  readonly frozen?: FrozenHead;
  /** Evaluates, selects and keeps a running mean of the weights instead of the last ones. */
  readonly ema?: { readonly decay: number };
  /** Decides, with the epoch and the batch, what dropout drops. */
  readonly seed: number;
}

/** A network whose first layers never train, so that batches may hold their features. */
export interface FrozenHead {
  /** From features to logits, with the weights of the whole network. */
  readonly head: LayersModel;
  /** Whether batches of training hold features, too, and not only those of evaluation. */
  readonly trains: boolean;
}

/** Receives the progress of training. */
export interface FitListener {
  /**
   * A batch was trained on, or evaluated. `loss` is the mean of the pass so far, in training only.
   */
  batch(done: {
    readonly epoch: number;
    readonly split: string;
    readonly images: number;
    readonly loss?: number;
  }): void;
  epoch(record: EpochRecord, isBest: boolean): void;
  info(message: string): void;
  warn(message: string): void;
}

/**
 * Trains a model and leaves it with the weights of the epoch with the highest validation accuracy,
 * or the best value of another metric; of equal ones, with the lower validation loss, then the
 * earlier. The same model, data and options give the same bytes on the same backend, also when
 * training resumes from one of the `states`, which are kept after every epoch. Throws a
 * {@link StageError} when the loss is no longer finite, and for a metric that the classes do not
 * have.
 */
export async function fit(
  model: LayersModel,
  data: TrainingData,
  options: FitOptions,
  listener: FitListener,
  states?: TrainingStates,
): Promise<History> {
  requireMetric(options.by, data);
  const optimizer = new Optimizer(options.optimizer);
  const average = options.ema && new WeightAverage(options.ema.decay);
  let best: BestEpoch | undefined;
  const memories = () => [...optimizer.memories, ...(average === undefined ? [] : [average])];
  const images = Object.fromEntries(options.monitor.map((split) => [split, data.images(split)]));
  const epochs = [...(states?.last?.epochs ?? [])];
  let chosenEpoch = states?.last?.chosenEpoch ?? 0;
  const enter = (epoch: number) => enterEpoch(model, optimizer, average, epoch, options);
  const warn = (warning: string | undefined) => warning !== undefined && listener.warn(warning);
  try {
    for (const { epoch } of epochs) enter(epoch);
    if (states?.last !== undefined) best = putState(model, memories(), states.last);
    for (let epoch = epochs.length + 1; epoch <= options.epochs; epoch++) {
      if (endsEarly(epochs, chosenEpoch, options, listener)) break;
      const change = enter(epoch);
      if (change !== undefined) listener.info(change);
      const rate = ratesOf(epoch, options, epochs, data.batches(trainSplit));
      const running = await trainEpoch(
        model,
        optimizer,
        data,
        { ...options, epoch, rate, average },
        listener,
      );
      average?.swap();
      const splits = await evaluateSplits(model, data, { ...options, epoch, running }, listener);
      const before = best;
      best = await bestOf(best, splits[selectionSplit]!, model, options.by);
      const isBest = best !== before;
      average?.swap();
      if (isBest) chosenEpoch = epoch;
      const record = { epoch, learningRate: optimizer.learningRate, running, splits };
      epochs.push(record);
      states?.keep(await takeState(model, best, memories(), { epochs, chosenEpoch }));
      listener.epoch(record, isBest);
      warn(lastingCollapse(epochs, images));
    }
  } finally {
    freezeLayers(model, new Map(), 1);
    optimizer.dispose();
    average?.dispose();
  }
  if (average !== undefined || chosenEpoch !== epochs.length)
    assignValues(allWeights(model), best!.weights);
  const { monitor: splits, by } = options;
  const history = { splits, epochs, chosenEpoch, images, ...(by !== undefined && { by }) };
  warn(collapseKept(history));
  return history;
}

/**
 * Prepares the weights for an epoch. Returns a sentence on how many parameters train, if that
 * changes.
 */
function enterEpoch(
  model: LayersModel,
  optimizer: Optimizer,
  average: WeightAverage | undefined,
  epoch: number,
  { freezing = new Map(), factors = new Map() }: FitOptions,
): string | undefined {
  const change = freezeLayers(model, freezing, epoch);
  const trainable = trainableWeights(model);
  for (const factor of new Set(factors.values())) {
    const names = [...factors].filter((entry) => entry[1] === factor).map(([name]) => name);
    const weights = new Set(weightsOfLayers(model, new Set(names)));
    optimizer.add(
      trainable.filter((weight) => weights.has(weight)),
      factor,
    );
  }
  optimizer.add(trainable);
  const moving = movingWeights(model);
  average?.follow(moving);
  // Training may resume from here, and must then compute the same.
  beginAnew(allWeights(model).filter((weight) => !moving.includes(weight)));
  return change;
}

function endsEarly(
  epochs: readonly EpochRecord[],
  chosenEpoch: number,
  options: FitOptions,
  listener: FitListener,
): boolean {
  const best = epochs[chosenEpoch - 1];
  const why = best && whyEnded(epochs.length, best, options);
  if (why === undefined) return false;
  listener.info(`Training ends after epoch ${epochs.length}: ${why}.`);
  return true;
}

/** The learning rate of every step of an epoch; steps count from 0. */
function ratesOf(
  epoch: number,
  { optimizer, epochs, schedule = { kind: 'constant' } }: FitOptions,
  past: readonly EpochRecord[],
  steps: number,
): (step: number) => number {
  const losses = past.map(({ splits }) => splits[selectionSplit]!.loss);
  const rate = optimizer.learningRate * scheduleFactor(schedule, { epoch, epochs, losses });
  return (step) => rate * warmUpFactor(schedule, (epoch - 1) * steps + step, steps);
}

interface EpochOptions extends StepOptions {
  readonly epoch: number;
  /** The learning rate of a step, counted from 0. */
  readonly rate: (step: number) => number;
  readonly seed: number;
  readonly frozen?: FrozenHead;
}

/** One pass over the training split; the means of its batches, weighted by their size. */
async function trainEpoch(
  model: LayersModel,
  optimizer: Optimizer,
  data: TrainingData,
  { epoch, rate, seed, frozen, ...step }: EpochOptions,
  listener: FitListener,
): Promise<SplitValues> {
  const sums = { images: 0, loss: 0, right: 0, batches: 0 };
  for await (const batch of data.training(epoch)) {
    optimizer.learningRate = rate(sums.batches);
    const images = batch.labels.length;
    seedDropout(model, seed, epoch, sums.batches);
    const trained = frozen?.trains === true ? frozen.head : model;
    const logits = await trainStep(trained, optimizer, batch, step);
    const classes = data.classes.length;
    const loss = crossEntropy(batch.labels, logits, { classes });
    sums.batches++;
    if (!Number.isFinite(loss)) {
      const where = `epoch ${epoch}, batch ${sums.batches} of ${data.batches(trainSplit)}`;
      throw diverged(`${where} (${namesOf(batch, logits, data)})`, loss);
    }
    sums.images += images;
    sums.loss += loss * images;
    sums.right += shareRight(batch.labels, logits, classes) * images;
    batch.release();
    listener.batch({ epoch, split: trainSplit, images, loss: sums.loss / sums.images });
  }
  return { loss: sums.loss / sums.images, accuracy: sums.right / sums.images };
}

/** Loss and accuracy of every monitored split, with the model's weights at the end of an epoch. */
async function evaluateSplits(
  model: LayersModel,
  data: TrainingData,
  {
    epoch,
    monitor,
    trainValues,
    running,
    by,
    frozen,
  }: FitOptions & { readonly epoch: number; readonly running: SplitValues },
  listener: FitListener,
): Promise<Record<string, SplitValues>> {
  const splits: Record<string, SplitValues> = {};
  for (const split of monitor) {
    if (split === trainSplit && trainValues === 'running') {
      splits[split] = running;
      continue;
    }
    const onBatch = (images: number) => listener.batch({ epoch, split, images });
    const judged = frozen?.head ?? model;
    const { labels, logits } = await predict(judged, data.evaluation(split), onBatch);
    const classes = data.classes.length;
    const loss = crossEntropy(labels, logits, { classes });
    if (!Number.isFinite(loss))
      throw diverged(`epoch ${epoch}, after its last batch, on ${split}`, loss);
    const allCalled = allCalledBy({ labels, logits }, data.classes);
    const share = shareRight(labels, logits, classes);
    const selects = split === selectionSplit && by !== undefined;
    const selected = selects ? metricsOfLogits(labels, logits, data.classes)[by]! : Number.NaN;
    const value = Number.isFinite(selected) && { selected };
    splits[split] = { loss, accuracy: share, ...(allCalled && { allCalled }), ...value };
  }
  return splits;
}

/**
 * Throws a {@link StageError} for a metric that these classes do not have, or that the images to
 * choose by are too few for.
 */
function requireMetric(by: MetricName | undefined, data: TrainingData): void {
  const { classes } = data;
  const labels = [...classes.keys()];
  const logits = labels.flatMap((label) => labels.map((c) => Number(c === label)));
  const metrics = metricsOfLogits(labels, logits, classes);
  if (by === undefined) return;
  if (!(by in metrics)) {
    const known = Object.keys(metrics).join(', ');
    throw new StageError(
      `Expected a metric of ${classes.length} classes in "by", got ${by}; there are ${known}.`,
    );
  }
  const [negative] = classes as readonly [string];
  const needed = metric(by).needs?.negatives ?? 0;
  const available = data.images(selectionSplit)[negative] ?? 0;
  if (available >= needed) return;
  throw new StageError(
    `Expected at least ${needed} images of ${negative} in ${selectionSplit} for ${by} in "by", got ${available}: fewer do not show it. Choose by auc, say.`,
  );
}

function shareRight(labels: Int32Array, logits: Float32Array, classes: number): number {
  const called = predictedClasses(logits, classes);
  return labels.filter((label, i) => label === called[i]).length / labels.length;
}

const mostNames = 4;

/** The images of a batch whose logits are not finite; all images where every one is finite. */
function namesOf({ indices }: Batch, logits: Float32Array, data: TrainingData): string {
  const isLost = (slot: number) => !rowOf(logits, slot, indices.length).every(Number.isFinite);
  const lost = indices.filter((_, slot) => isLost(slot));
  const keys = [...(lost.length > 0 ? lost : indices)].map((index) => data.key(trainSplit, index));
  return `images ${formatFew(keys, mostNames)}`;
}

const diverged = (where: string, loss: number): StageError =>
  new StageError(
    `Expected a finite loss, got ${loss} in ${where}. A lower learning rate or \`clip\` may help.`,
  );
