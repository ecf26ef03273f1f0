import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus as processors } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { RunningBackend } from '../../src/backend/select/select-backend.ts';
import { formatDecimal } from '../../src/format-numbers.ts';
import { calibrateNorms } from '../../src/learning/models/calibrate-norms.ts';
import { inputSettingNames } from '../../src/learning/models/input-settings.ts';
import { fixStatistics } from '../../src/learning/models/layers/batch-statistics.ts';
import { saveModel } from '../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { fit } from '../../src/learning/training/fit.ts';
import { type Freezing, freezingOf } from '../../src/learning/training/freezing.ts';
import {
  type EpochRecord,
  formatHistory,
  type History,
} from '../../src/learning/training/history.ts';
import { describeRates, rateFactors } from '../../src/learning/training/learning-rates.ts';
import { resolveLoss } from '../../src/learning/training/loss.ts';
import { majorityWords, totalOf, trainSplit } from '../../src/learning/training/splits.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import { historyEvents } from '../../src/learning/training/tensorboard.ts';
import { holdAllButBiases } from '../../src/learning/training/trainable-weights.ts';
import { TrainingCheckpoints } from '../../src/learning/training/training-checkpoints.ts';
import type { TrainingData } from '../../src/learning/training/training-data.ts';
import { type CurvePoint, type Highlight, type StageContext, StageError } from '../../src/stage.ts';
import { frozenBatches } from './frozen-batches.ts';
import { Pace } from './pace.ts';
import { openSource, type Source } from './source.ts';
import type { TrainSettings } from './spec.ts';

export default async function run(context: StageContext<TrainSettings>): Promise<void> {
  const { settings } = context;
  const backend = await startBackend(context);
  await using source = await openSource(context);
  const { model, parts, labels } = source;
  const freezing = freezingOf(parts, settings);
  const options = {
    ...settings,
    loss: resolveLoss(settings.loss ?? {}, labels, source.classes),
    freezing,
    ...(settings.rates !== undefined && { factors: rateFactors(source.parts, settings.rates) }),
  };
  prepareBackbone(source, settings);
  await calibrate(context, source);
  if (settings.rates?.decay !== undefined) context.log(describeRates(parts, options.factors!));
  warnOfRandomFreezing(context, freezing);
  const { batches, frozen } = await frozenBatches(context, source, freezing);
  const states = checkpointsOf(context, backend);
  for (const record of states?.last?.epochs ?? []) context.point(epochPoint(record, settings));
  const before = states?.last?.epochs.length ?? 0;
  const history = await follow(context, batches, before, (data, listener) =>
    fit(model, data, { ...options, ...(frozen && { frozen }) }, listener, states),
  );

  await saveModel(context.output('model'), {
    model,
    info: modelInfo(settings, source, history, backend),
  });
  writeFileSync(context.output('history'), formatHistory(history));
  if (settings.tensorboard) writeEvents(context.output('tensorboard'), history);
  context.highlight(historyTable(history));
}

/**
 * Prepares the layers before the head as the settings say; how they train differs from the rest.
 */
function prepareBackbone({ model, parts }: Source, { train, batchNorm }: TrainSettings): void {
  const layers = new Set(parts.backbone);
  if (train === 'bias') holdAllButBiases(model, layers);
  if (batchNorm !== 'frozen') return;
  const norms = model.layers.filter(({ name }) => layers.has(name) && parts.norms.includes(name));
  if (norms.length === 0) {
    throw new StageError(
      'Expected BatchNorm before the head for batchNorm, got none. PyTorch folds it into convolutions when it exports ONNX; docs/weights.md says how to keep it.',
    );
  }
  fixStatistics(norms);
}

/** Restored BatchNorms get the statistics of training images; a checkpoint's then replace them. */
async function calibrate(
  context: StageContext<TrainSettings>,
  { model, restored = [], batches }: Source,
): Promise<void> {
  if (restored.length === 0) return;
  const images = await calibrateNorms(model, restored, batches.training(1));
  context.log(
    `BatchNorm is put back after ${restored.length} convolutions, with the statistics of ${images} training images.`,
  );
}

/**
 * The checkpoints of the stage, with everything that decides its bytes here but is not in its
 * fingerprint.
 */
function checkpointsOf(
  { checkpoints, settings, cpus, info }: StageContext<TrainSettings>,
  { name, versions, device }: RunningBackend,
): TrainingCheckpoints | undefined {
  if (checkpoints === undefined) return undefined;
  const circumstances = {
    backend: name,
    ...versions,
    ...(device !== undefined && { device }),
    threads: cpus,
    processor: processors()[0]?.model ?? 'unknown', // by which ONNX Runtime chooses its kernels
    libvips: sharp.versions.vips,
  };
  return new TrainingCheckpoints(checkpoints, settings, circumstances, info);
}

/**
 * Runs a training and shows its progress, log and speed; an earlier attempt completed the first
 * `before` epochs.
 */
async function follow(
  context: StageContext<TrainSettings>,
  batches: TrainingData,
  before: number,
  train: (data: TrainingData, listener: Parameters<typeof fit>[3]) => Promise<History>,
): Promise<History> {
  const { epochs, monitor, trainValues } = context.settings;
  const evaluated = monitor.filter((split) => split !== trainSplit || trainValues === 'exact');
  const sizeOf = (split: string) => totalOf(batches.images(split));
  const imagesEvaluated = evaluated.reduce((sum, split) => sum + sizeOf(split), 0);
  const imagesOf = (epochs: number) => ({
    training: epochs * sizeOf(trainSplit),
    evaluation: epochs * imagesEvaluated,
  });
  const pace = new Pace(imagesOf(epochs), () => performance.now() / 1000, imagesOf(before));
  const data: TrainingData = {
    ...batches,
    training: (epoch) => pace.waitFor(batches.training(epoch)),
  };
  const history = await train(data, {
    batch({ epoch, split, images, loss }) {
      pace.count(loss === undefined ? 'evaluation' : 'training', images);
      const now = loss === undefined ? `evaluating ${split}` : `loss ${formatDecimal(loss)}`;
      const { done, total, secondsLeft, trainingRate } = pace;
      const rate = Number.isFinite(trainingRate) ? { rate: trainingRate } : {};
      const estimate = secondsLeft === undefined ? {} : { secondsLeft };
      context.progress({
        done,
        total,
        unit: 'images',
        note: `epoch ${epoch}/${epochs}, ${now}`,
        ...rate,
        ...estimate,
      });
    },
    epoch: (record, isBest) => {
      context.log(epochLine(record, epochs, isBest));
      context.point(epochPoint(record, context.settings));
    },
    info: (message) => context.info(message),
    warn: (message) => context.warn(message),
  });
  if (before > 0) context.note('resumed after epoch', before);
  if (history.epochs.length < epochs)
    context.note('ended early, after epoch', history.epochs.length);
  if (before === history.epochs.length) return history;
  context.note('training images/s', Number(pace.trainingRate.toFixed(2)));
  context.note('waiting for images, share of training', Number(pace.waiting.toFixed(4)));
  return history;
}

/** Frozen layers are only as good as their initial weights. */
function warnOfRandomFreezing(context: StageContext<TrainSettings>, freezing: Freezing): void {
  const isGiven = ['weights', 'network', 'onnx'].some((port) => context.inputs(port).length > 0);
  const isRandom = context.settings.pretrained === 'none' && !isGiven;
  if (freezing.size === 0 || !isRandom) return;
  const isHead = context.inputs('features').length > 0;
  const cure = isHead
    ? 'a head on features has no others'
    : 'connect "weights", or set "pretrained"';
  context.warn(`Frozen layers keep their random initial weights: ${cure}.`);
}

function writeEvents(folder: string, history: History): void {
  for (const [path, bytes] of historyEvents(history)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

function modelInfo(
  settings: TrainSettings,
  { classes, input, architecture, recipe }: Source,
  history: History,
  { name: backend, versions }: RunningBackend,
): ModelInfo {
  // Settings without influence on the weights are left out, so that equal models have equal bytes.
  const aside = new Set<string>([
    'model',
    'cut',
    'head',
    ...inputSettingNames,
    'monitor',
    'trainValues',
    'tensorboard',
  ]);
  if ('values' in input) aside.add('augment');
  const training = Object.fromEntries(
    Object.entries(settings).filter(([name]) => !aside.has(name)),
  );
  return {
    architecture,
    classes: [...classes],
    input,
    ...(recipe !== undefined && { recipe }),
    training: training as ModelInfo['training'],
    chosenEpoch: history.chosenEpoch,
    backend,
    versions,
  };
}

/**
 * An epoch in the log:
 * `epoch 2/5: running loss 0.6120, val loss 0.6400 accuracy 0.640, best so far`.
 */
function epochLine(
  { epoch, running, splits }: EpochRecord,
  epochs: number,
  isBest: boolean,
): string {
  const values = Object.entries(splits).map(
    ([split, { loss, accuracy, allCalled }]) =>
      `${split} loss ${formatDecimal(loss, 4)} accuracy ${formatDecimal(accuracy)}${allCalled ? ` all called ${allCalled}` : ''}`,
  );
  const parts = [
    `running loss ${formatDecimal(running.loss, 4)}`,
    ...values,
    ...(isBest ? ['best so far'] : []),
  ];
  return `epoch ${epoch}/${epochs}: ${parts.join(', ')}`;
}

function epochPoint({ epoch, splits }: EpochRecord, { epochs, by }: TrainSettings): CurvePoint {
  const values = Object.entries(splits).flatMap(([split, { loss, accuracy, selected }]) => [
    [`${split} accuracy`, accuracy] as const,
    [`${split} loss`, loss] as const,
    ...(selected === undefined ? [] : [[`${split} ${by}`, selected] as const]),
  ]);
  return { unit: 'epoch', step: epoch, total: epochs, values: Object.fromEntries(values) };
}

/** Accuracy and loss of every monitored split by epoch, the kept one marked. */
function historyTable({ splits, epochs, chosenEpoch, images }: History): Highlight {
  return {
    // Without the epoch, so that the trainings of a matrix share one table.
    title: `Training${images ? `; majority class ${majorityWords(images)}` : ''}`,
    columns: [
      'epoch',
      ...splits.flatMap((split) => [`${split} accuracy`, `${split} loss`]),
      'kept',
    ],
    rows: epochs.map(({ epoch, splits: values }) => [
      epoch,
      ...splits.flatMap((split) => [
        formatDecimal(values[split]!.accuracy),
        formatDecimal(values[split]!.loss, 4),
      ]),
      epoch === chosenEpoch ? 'kept' : '',
    ]),
  };
}
