import { writeFileSync } from 'node:fs';
import type { RunningBackend } from '../../src/backend/select-backend.ts';
import { buildNet } from '../../src/models/build-net.ts';
import { initialiseWeights } from '../../src/models/initial-weights.ts';
import { saveModel } from '../../src/models/model-files.ts';
import type { ModelInfo } from '../../src/models/model-info.ts';
import { netOf } from '../../src/models/model-setting.ts';
import { beginWithWeights } from '../../src/models/weights/begin-with-weights.ts';
import { weightPaths } from '../../src/models/weights/weight-inputs.ts';
import type { StageContext } from '../../src/stage.ts';
import { DatasetBatches } from '../../src/training/dataset-batches.ts';
import { fit } from '../../src/training/fit.ts';
import { freezingOf } from '../../src/training/freezing.ts';
import type { History } from '../../src/training/history.ts';
import { formatHistory } from '../../src/training/history.ts';
import { resolveLoss } from '../../src/training/loss.ts';
import { openTwoClasses } from '../../src/training/open-two-classes.ts';
import { trainSplit } from '../../src/training/split-names.ts';
import { startBackend } from '../../src/training/start-backend.ts';
import type { TrainingData } from '../../src/training/training-data.ts';
import { type Normalization, usualNormalization } from '../../src/vision/pixels-to-floats.ts';
import { epochLine, historyTable } from './epoch-table.ts';
import { Pace } from './pace.ts';
import type { TrainSettings } from './spec.ts';

export default async function run(context: StageContext<TrainSettings>): Promise<void> {
  const { settings } = context;
  const folder = context.input('dataset').path;
  using dataset = openTwoClasses(folder, [trainSplit, ...settings.monitor]);
  const backend = await startBackend(context);

  const net = netOf(settings.model);
  const model = buildNet(net, settings.imageSize);
  initialiseWeights(model, settings.seed);
  const paths = await weightPaths(context, settings.pretrained);
  const beginning =
    paths && (await beginWithWeights(model, { net, imageSize: settings.imageSize }, paths, context.log));
  const normalise = settings.normalise ?? beginning?.normalise ?? usualNormalization;
  await using batches = new DatasetBatches(folder, {
    batchSize: settings.batchSize,
    resize: { width: settings.imageSize, height: settings.imageSize, fit: settings.fit, kernel: settings.kernel },
    normalization: normalise,
    augment: settings.augment,
    seed: settings.seed,
    threads: context.cpus,
  });
  const labels = dataset.split(trainSplit).samples.map(({ label }) => label);
  const options = {
    ...settings,
    loss: resolveLoss(settings.loss ?? {}, labels),
    freezing: freezingOf(net, settings),
  };
  const history = await follow(context, batches, (data, listener) => fit(model, data, options, listener));

  await saveModel(context.output('model'), {
    model,
    info: modelInfo({ ...settings, normalise }, dataset.classes, history, backend),
  });
  writeFileSync(context.output('history'), formatHistory(history));
  context.highlight(historyTable(history));
}

/** Runs a training with its progress, log and speed shown. */
async function follow(
  context: StageContext<TrainSettings>,
  batches: DatasetBatches,
  train: (data: TrainingData, listener: Parameters<typeof fit>[3]) => Promise<History>,
): Promise<History> {
  const { epochs, monitor, trainValues } = context.settings;
  const evaluated = monitor.filter((split) => split !== trainSplit || trainValues === 'exact');
  const imagesEvaluated = evaluated.reduce((sum, split) => sum + batches.size(split), 0);
  const total = { training: epochs * batches.size(trainSplit), evaluation: epochs * imagesEvaluated };
  const pace = new Pace(total, () => performance.now() / 1000);
  const data: TrainingData = {
    batches: (split) => batches.batches(split),
    key: (split, index) => batches.key(split, index),
    training: (epoch) => pace.waitFor(batches.training(epoch)),
    evaluation: (split) => batches.evaluation(split),
  };
  const history = await train(data, {
    batch({ epoch, split, images, loss }) {
      pace.count(loss === undefined ? 'evaluation' : 'training', images);
      const now = loss === undefined ? `evaluating ${split}` : `loss ${loss.toFixed(3)}`;
      const { done, total, secondsLeft, trainingRate } = pace;
      const rate = Number.isFinite(trainingRate) ? { rate: trainingRate, secondsLeft } : {};
      context.progress({ done, total, unit: 'images', note: `epoch ${epoch}/${epochs}, ${now}`, ...rate });
    },
    epoch: (record, isBest) => context.log(epochLine(record, epochs, isBest)),
    say: (message) => context.log(message),
    warn: (message) => context.warn(message),
  });
  context.note('training images/s', Number(pace.trainingRate.toFixed(2)));
  context.note('waiting for images, share of training', Number(pace.waiting.toFixed(4)));
  return history;
}

function modelInfo(
  settings: Omit<TrainSettings, 'normalise'> & { readonly normalise: Normalization },
  classes: readonly string[],
  history: History,
  { name: backend, versions }: RunningBackend,
): ModelInfo {
  // What is monitored has no part in the weights: a model that is the same stays the same bytes.
  const { model, imageSize, fit, kernel, normalise, monitor: _, trainValues: __, ...training } = settings;
  return {
    architecture: model,
    classes: [...classes],
    input: {
      size: imageSize,
      fit,
      kernel,
      normalise: { mean: [...normalise.mean], deviation: [...normalise.deviation] },
    },
    training,
    chosenEpoch: history.chosenEpoch,
    backend,
    versions,
  };
}
