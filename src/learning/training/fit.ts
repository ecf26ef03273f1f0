import type { LayersModel } from '@tensorflow/tfjs';
import { beginAnew } from '../../backend/begin-anew.ts';
import { StageError } from '../../stage.ts';
import { crossEntropy } from '../metrics/calibration/losses.ts';
import { accuracy, confusion } from '../metrics/confusion.ts';
import { predictedClasses } from '../metrics/logits.ts';
import { seedDropout } from '../models/seeded-dropout.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';
import { BestWeights } from './best-weights.ts';
import { allCalledBy, collapseKept, firstCollapse } from './collapse.ts';
import { freezeLayers } from './freeze-layers.ts';
import type { Freezing } from './freezing.ts';
import type { EpochRecord, History, SplitValues } from './history.ts';
import { allWeights, movingWeights, trainableWeights } from './model-weights.ts';
import type { OptimizerSettings } from './optimizer-settings.ts';
import { GrowingOptimizer } from './optimizers/growing-optimizer.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { predict } from './predict.ts';
import { scheduleFactor, warmUpFactor } from './schedule.ts';
import type { ScheduleSettings } from './schedule-settings.ts';
import { selectionSplit, trainSplit } from './split-names.ts';
import { type StepOptions, trainStep } from './train-step.ts';
import type { TrainingData } from './training-data.ts';
import { putState, type TrainingStates, takeState } from './training-state.ts';
import { WeightAverage } from './weight-average.ts';

export interface FitOptions extends Omit<StepOptions, 'average'> {
  readonly optimizer: OptimizerSettings;
  /** At least 1. */
  readonly epochs: number;
  /** Splits that are evaluated after each epoch; {@link selectionSplit} is one. */
  readonly monitor: readonly string[];
  /**
   * How the values of the training split come about: from a pass of their own as for the other splits (`exact`), or as
   * the running means of the epoch's batches (`running`), which costs nothing.
   */
  readonly trainValues: 'exact' | 'running';
  /** How the learning rate goes over the epochs; constant when left out. */
  readonly schedule?: ScheduleSettings;
  /** Training ends after `patience` epochs in a row without a better one; never before its time when left out. */
  readonly earlyStopping?: { readonly patience: number };
  /** Which layers train from which epoch on; all from the first when left out. */
  readonly freezing?: Freezing;
  /** What is evaluated, chosen and left is the running mean of the weights, not the last ones. */
  readonly ema?: { readonly decay: number };
  /** Decides, with the epoch and the batch, what dropout drops. */
  readonly seed: number;
}

/** Hears how training goes. */
export interface FitListener {
  /** A batch was trained on, or evaluated. `loss` is the mean of the pass so far, of training only. */
  batch(done: {
    readonly epoch: number;
    readonly split: string;
    readonly images: number;
    readonly loss?: number;
  }): void;
  epoch(record: EpochRecord, isBest: boolean): void;
  /** What is good to know, and no reason to worry. */
  say(message: string): void;
  warn(message: string): void;
}

/**
 * Trains a model and leaves it with the weights of the epoch whose validation accuracy was highest; of equal ones that of
 * the lower validation loss, then the earlier. The same model, data and options give the same bytes on the same backend,
 * also where it goes on from one of the `states` that an earlier call with them gave to be kept after every epoch.
 *
 * Throws a {@link StageError} when the loss is no longer a number.
 */
export async function fit(
  model: LayersModel,
  data: TrainingData,
  options: FitOptions,
  listener: FitListener,
  states?: TrainingStates,
): Promise<History> {
  const optimizer = new GrowingOptimizer(options.optimizer);
  const average = options.ema && new WeightAverage(options.ema.decay);
  const best = new BestWeights(model);
  const memories = () => [...optimizer.memories, ...(average === undefined ? [] : [average])];
  const images = Object.fromEntries(options.monitor.map((split) => [split, data.images(split)]));
  const epochs = [...(states?.last?.epochs ?? [])];
  let chosenEpoch = states?.last?.chosenEpoch ?? 0;
  const enter = (epoch: number, hears: Pick<FitListener, 'say'>) => {
    const change = freezeLayers(model, options.freezing ?? new Map(), epoch);
    if (change !== undefined) hears.say(change);
    optimizer.add(trainableWeights(model));
    const moving = movingWeights(model);
    average?.follow(moving);
    // Training may be gone on with from here, and must then compute the same.
    beginAnew(allWeights(model).filter((weight) => !moving.includes(weight)));
  };
  try {
    for (const { epoch } of epochs) enter(epoch, { say() {} });
    if (states?.last !== undefined) putState(model, best, memories(), states.last);
    for (let epoch = epochs.length + 1; epoch <= options.epochs; epoch++) {
      if (endsEarly(epochs.length, chosenEpoch, options, listener)) break;
      enter(epoch, listener);
      const rate = ratesOf(epoch, options, epochs, data.batches(trainSplit));
      const running = await trainEpoch(model, optimizer, data, { ...options, epoch, rate, average }, listener);
      average?.swap();
      const splits: Record<string, SplitValues> = {};
      for (const split of options.monitor) {
        const isKnown = split === trainSplit && options.trainValues === 'running';
        splits[split] = isKnown ? running : await evaluate(model, data, epoch, split, listener);
      }
      const isBest = await best.offer(splits[selectionSplit]!);
      average?.swap();
      if (isBest) chosenEpoch = epoch;
      const record = { epoch, learningRate: optimizer.learningRate, running, splits };
      epochs.push(record);
      states?.keep(await takeState(model, best, memories(), { epochs, chosenEpoch }));
      listener.epoch(record, isBest);
      warnIfAny(firstCollapse(epochs, images), listener);
    }
  } finally {
    freezeLayers(model, new Map(), 1);
    optimizer.dispose();
    average?.dispose();
  }
  if (average !== undefined || chosenEpoch !== epochs.length) best.restore();
  const history = { splits: options.monitor, epochs, chosenEpoch, images };
  warnIfAny(collapseKept(history), listener);
  return history;
}

function warnIfAny(warning: string | undefined, listener: FitListener): void {
  if (warning !== undefined) listener.warn(warning);
}

function endsEarly(
  epochs: number,
  chosenEpoch: number,
  { earlyStopping }: FitOptions,
  listener: Pick<FitListener, 'say'>,
): boolean {
  if (earlyStopping === undefined || epochs - chosenEpoch < earlyStopping.patience) return false;
  const { patience } = earlyStopping;
  listener.say(
    `Training ends after epoch ${epochs}: none of the last ${patience} was better than epoch ${chosenEpoch}.`,
  );
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
}

/** One pass over the training split; the means of its batches, weighted by their size. */
async function trainEpoch(
  model: LayersModel,
  optimizer: Optimizer,
  data: TrainingData,
  { epoch, rate, seed, ...step }: EpochOptions,
  listener: FitListener,
): Promise<SplitValues> {
  const sums = { images: 0, loss: 0, right: 0, batches: 0 };
  for await (const batch of data.training(epoch)) {
    optimizer.learningRate = rate(sums.batches);
    const images = batch.labels.length;
    seedDropout(model, seed, epoch, sums.batches);
    const logits = await trainStep(model, optimizer, batch, step);
    const loss = crossEntropy(batch.labels, logits);
    sums.batches++;
    if (!Number.isFinite(loss)) {
      const place = `epoch ${epoch}, batch ${sums.batches} of ${data.batches(trainSplit)}`;
      throw diverged(`${place} (${namesOf(batch, logits, data)})`, loss);
    }
    sums.images += images;
    sums.loss += loss * images;
    sums.right += accuracy(confusion(batch.labels, predictedClasses(logits))) * images;
    batch.release();
    listener.batch({ epoch, split: trainSplit, images, loss: sums.loss / sums.images });
  }
  return { loss: sums.loss / sums.images, accuracy: sums.right / sums.images };
}

async function evaluate(
  model: LayersModel,
  data: TrainingData,
  epoch: number,
  split: string,
  listener: FitListener,
): Promise<SplitValues> {
  const onBatch = (images: number) => listener.batch({ epoch, split, images });
  const { labels, logits } = await predict(model, data.evaluation(split), onBatch);
  const loss = crossEntropy(labels, logits);
  if (!Number.isFinite(loss)) throw diverged(`epoch ${epoch}, after its last batch, on ${split}`, loss);
  const allCalled = allCalledBy({ labels, logits });
  return { loss, accuracy: accuracy(confusion(labels, predictedClasses(logits))), ...(allCalled && { allCalled }) };
}

const mostNames = 4;

/** The images of a batch for which a network gives no number, or all when it does for each. */
function namesOf({ indices }: Batch, logits: Float32Array, data: TrainingData): string {
  const isLost = (slot: number) => !Number.isFinite(logits[2 * slot]! + logits[2 * slot + 1]!);
  const lost = indices.filter((_, slot) => isLost(slot));
  const keys = [...(lost.length > 0 ? lost : indices)].map((index) => data.key(trainSplit, index));
  const more = keys.length - mostNames;
  return `images ${keys.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function diverged(where: string, loss: number): StageError {
  return new StageError(`Expected a finite loss, got ${loss} in ${where}. A lower learning rate or \`clip\` may help.`);
}
