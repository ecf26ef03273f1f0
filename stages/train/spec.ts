import { z } from 'zod';
import { defaultNames } from '../../src/default-class-names.ts';
import { metricMissing } from '../../src/learning/metrics/known-classes.ts';
import { chosenBy } from '../../src/learning/metrics/metric-catalogue.ts';
import { headMistakes, headOf } from '../../src/learning/models/feature-head.ts';
import { inputMistakes } from '../../src/learning/models/input-mistakes.ts';
import {
  inputSettingNames,
  inputSettings,
  refusedNames,
  withInput,
} from '../../src/learning/models/input-settings.ts';
import { layerItem } from '../../src/learning/models/layers/layer-items.ts';
import { partsOfNet } from '../../src/learning/models/layers/net-parts.ts';
import {
  modelMistakes,
  modelSetting,
  nativeScaleMistakes,
  netOf,
  randomMistakes,
} from '../../src/learning/models/model-setting.ts';
import {
  fileNames,
  filePortOf,
  networkContents,
  networkPort,
  onnxPort,
  preprocessingPort,
} from '../../src/learning/models/network-ports.ts';
import {
  isPublishedNetwork,
  pretrainedSetting,
  publishedWeights,
} from '../../src/learning/models/published-weights.ts';
import { weightMistakes, weightPorts } from '../../src/learning/models/weight-inputs.ts';
import {
  freezeSetting,
  freezingConflicts,
  freezingMistakes,
  trainSetting,
  unfreezeSetting,
} from '../../src/learning/training/freezing.ts';
import { ratesSetting } from '../../src/learning/training/learning-rates.ts';
import { plannedObstacle } from '../../src/learning/training/resume-rules.ts';
import { mostEpochs, scheduleSettings } from '../../src/learning/training/schedule.ts';
import {
  selectionSplit,
  splitList,
  trainSplit,
  withSelectionSplit,
} from '../../src/learning/training/splits.ts';
import {
  clipSettings,
  lossSettings,
  optimizerSettings,
} from '../../src/learning/training/training-settings.ts';
import { augmentSettings } from '../../src/learning/vision/augment/augment-settings.ts';
import { mistakeIf, oneInput } from '../../src/setting-mistakes.ts';
import { count, flag, output, text } from '../../src/spec-parts.ts';
import { defineKind, type Facts, type KnownInputs, type SettingMistake } from '../../src/stage.ts';

const givenSettings = z.strictObject({
  model: modelSetting
    .default('simple-net')
    .describe(
      'The network, by name or as a list of layers; with features, those of its layers that follow the backbone.',
    ),
  ...inputSettings,
  cut: text
    .exactOptional()
    .describe(
      'With `network` or `onnx`: the tensor after which the file’s network ends and the head begins; the one before its classifier when left out.',
    ),
  head: z
    .array(layerItem)
    .min(1)
    .max(1000)
    .exactOptional()
    .describe(
      'With `network` or `onnx`: the layers after the cut, which begin with random weights; when left out one dense layer, after the mean over all places if there are any.',
    ),
  target: z
    .enum(['class', 'source'])
    .exactOptional()
    .describe(
      'What is learned: the classes, the default, or the sources of the training split, such as the methods of forgeries. A source that it lacks is unknown to the model, and is left out of the monitored values.',
    ),
  pretrained: pretrainedSetting.prefault('none'),
  augment: augmentSettings.prefault({}).describe('Random changes of training images.'),
  optimizer: optimizerSettings
    .prefault({ kind: 'adam' })
    .describe('The optimizer; defaults are PyTorch’s.'),
  schedule: scheduleSettings
    .exactOptional()
    .describe(
      'The learning rate over the epochs, with an optional warm-up; constant when left out.',
    ),
  loss: lossSettings
    .exactOptional()
    .describe(
      'The loss that training minimises; the plain cross-entropy when left out. Reported losses are always plain.',
    ),
  clip: clipSettings.exactOptional().describe('Clips gradients; no clipping when left out.'),
  batchSize: count.default(32).describe('Images of one step; the last of an epoch may have fewer.'),
  batches: z
    .enum(['paired'])
    .exactOptional()
    .describe(
      'paired: a photograph and its forgeries lie in one batch, as `forge` pairs them; images without a pair with those of their `group`, of videos also of their frame. Anywhere when left out.',
    ),
  epochs: count.default(5).describe('Passes over the training split; the best epoch is kept.'),
  by: z
    .enum(chosenBy)
    .exactOptional()
    .describe(
      `The metric on ${selectionSplit} whose best epoch is kept, such as auc; accuracy when left out.`,
    ),
  earlyStopping: z
    .strictObject({
      patience: count
        .exactOptional()
        .describe('Training ends after this many epochs in a row without a better one.'),
      bounds: z
        .array(z.union([z.number(), z.literal(false)]))
        .exactOptional()
        .describe(
          'For each epoch from the first: how good the best one so far must be, by `by`, for training to go on; `false`: anything will do. A `search` with `prune` gives them.',
        ),
    })
    .exactOptional()
    .describe('Ends training early when epochs no longer improve; never when left out.'),
  freeze: freezeSetting
    .exactOptional()
    .describe(
      'Layers that do not train: the backbone (all before the first flatten or global pooling), or a list of names of layers or residual blocks, as `restage model` lists them; `*` stands for any characters. None when left out.',
    ),
  unfreeze: unfreezeSetting
    .exactOptional()
    .describe('Frozen layers that train from a later epoch on.'),
  train: trainSetting
    .exactOptional()
    .describe(
      'Instead of `freeze`: what trains of the backbone, beside the head. norm: only layers that normalise; bias: only biases; or a list of names.',
    ),
  batchNorm: z
    .enum(['trained', 'frozen', 'restored'])
    .exactOptional()
    .describe(
      'The statistics of BatchNorm before the head: those of each batch, which the moving ones follow (trained, the default), or the moving ones as training began with them (frozen). With `network` or `onnx`, restored puts a BatchNorm after every convolution that has none, since exporters fold them in: at first it changes nothing, then it trains.',
    ),
  rates: ratesSetting
    .exactOptional()
    .describe('Learning rates of parts, relative to that of the optimizer; all 1 when left out.'),
  ema: z
    .strictObject({
      decay: z
        .number()
        .min(0)
        .lt(1)
        .default(0.999)
        .describe('The weight of a step relative to the next one.'),
    })
    .exactOptional()
    .describe(
      'Evaluates, selects and saves a running mean of the weights; the weights themselves when left out.',
    ),
  seed: z
    .int()
    .default(7)
    .describe('Seed of random initial weights, of the order of images and of their augmentation.'),
  monitor: splitList
    .refine(
      (splits) => splits.includes(selectionSplit),
      `expected "${selectionSplit}" among them, since it selects the epoch`,
    )
    .default([trainSplit, selectionSplit])
    .describe(
      `Splits whose loss and accuracy are measured after each epoch. Only ${selectionSplit} selects.`,
    ),
  tensorboard: flag.describe(
    'Also writes the history as event files for TensorBoard: the output `tensorboard`.',
  ),
  trainValues: z
    .enum(['exact', 'running'])
    .default('exact')
    .describe(
      'Values of the training split: from a pass after each epoch as for the others (exact), or as running means of its batches (running), which saves that pass.',
    ),
});
const settings = withInput(givenSettings);
export type TrainSettings = z.infer<typeof settings>;

function check(given: TrainSettings, inputs: ReadonlySet<string>): readonly SettingMistake[] {
  const file = filePortOf(inputs);
  if (file !== undefined) return graphMistakes(given, inputs, file);
  if (isPublishedNetwork(given)) return graphMistakes(given, inputs, 'pretrained');
  const isHead = inputs.has('features') && !inputs.has('dataset');
  const net = isHead ? headOf(given.model) : netOf(given.model);
  return [
    ...oneInput(inputs, ['dataset', 'features']),
    ...(isHead
      ? [...headMistakes(given.model), ...imageSettings(given), ...noWeights(given, inputs)]
      : [
          ...inputMistakes(given, inputs),
          ...wholeImageMistakes(given),
          // The size that a file says is known when the stage runs.
          ...(inputs.has('preprocessing') ? [] : modelMistakes(given.model, given.imageSize)),
          ...(inputs.has('weights') ? [] : randomMistakes(given.model)),
          ...weightMistakes(given, inputs),
        ]),
    ...(mayContinueGraph(given, inputs)
      ? freezingConflicts(given)
      : freezingMistakes(partsOfNet(net), given)),
    ...rateMistakes(given),
    ...scheduleMistakes(given),
    ...onlyOfGraphs(given),
  ];
}

/**
 * Mistakes with a file at the port `file`, which brings its layers along: their names are known
 * when it is read.
 */
function graphMistakes(
  given: TrainSettings,
  inputs: ReadonlySet<string>,
  file: 'network' | 'onnx' | 'pretrained',
): readonly SettingMistake[] {
  const brings = `which the file of "${file}" brings along`;
  const defaults = settings.parse({});
  const isNamed = file === 'pretrained';
  const names = isNamed ? (['model'] as const) : (['model', 'pretrained'] as const);
  const twice = names.filter((name) => given[name] !== defaults[name]);
  const others = ['weights', 'features', ...(file === 'network' ? ['onnx'] : ['shards'])];
  const ports = others.filter((name) => inputs.has(name));
  const isKnown = isNamed || inputs.has('preprocessing');
  const isUnnormalised = given.normalise === undefined && !isKnown;
  const what = file === 'onnx' ? 'the ONNX file' : 'the file of "network"';
  const how = `expected how images are normalised for ${what}, such as { mean: [0.485, 0.456, 0.406], … }`;
  return [
    ...mistakeIf(!inputs.has('dataset'), [], `expected the input \`dataset\` beside \`${file}\``),
    ...twice.map((name) => ({ at: [name], message: `expected no "${name}", ${brings}` })),
    ...ports.map((name) => ({
      at: [],
      message: `either ${isNamed ? '' : 'the input '}\`${file}\` or \`${name}\`, got both`,
    })),
    ...inputMistakes(given, inputs),
    ...(given.scale === undefined ? [] : nativeHeadMistakes(given)),
    ...mistakeIf(isUnnormalised, ['normalise'], how),
    ...restoredMistakes(given),
    ...freezingConflicts(given),
    ...rateMistakes(given),
    ...scheduleMistakes(given),
  ];
}

/**
 * Whether `weights` may be a model that began as an ONNX file, whose layers are known when it is
 * read.
 */
const mayContinueGraph = (
  { model, pretrained }: TrainSettings,
  inputs: ReadonlySet<string>,
): boolean => inputs.has('weights') && model === 'simple-net' && pretrained === 'none';

/** A head that cannot follow whole images; the network of the file is known when it is read. */
const nativeHeadMistakes = ({ head = [], augment }: TrainSettings): readonly SettingMistake[] => [
  ...nativeScaleMistakes({ layers: [...head] }),
  ...cropMistakes(augment),
];

/** A BatchNorm that is put back, and never trains. */
function restoredMistakes({ freeze, unfreeze, batchNorm }: TrainSettings) {
  const isFrozen = freeze === 'backbone' && unfreeze === undefined;
  const message = 'expected no "restored" with freeze: backbone, whose layers do not train';
  return mistakeIf(isFrozen && batchNorm === 'restored', ['batchNorm'], message);
}

/** A rate of what never trains. */
function rateMistakes({ freeze, unfreeze, rates }: TrainSettings): readonly SettingMistake[] {
  const isFrozen = freeze === 'backbone' && unfreeze === undefined;
  const message = 'expected none with freeze: backbone, whose layers do not train';
  if (!isFrozen) return [];
  return Object.keys(rates ?? {}).map((name) => ({ at: ['rates', name], message }));
}

function onlyOfGraphs(given: TrainSettings): readonly SettingMistake[] {
  const names = (['cut', 'head'] as const).filter((name) => given[name] !== undefined);
  const wrong = given.batchNorm === 'restored' ? [...names, 'batchNorm' as const] : names;
  return wrong.map((name) => ({
    at: [name],
    message: `"${name === 'batchNorm' ? 'restored' : name}" is for the inputs \`network\` and \`onnx\``,
  }));
}

function wholeImageMistakes({ model, scale, augment }: TrainSettings): readonly SettingMistake[] {
  return scale === undefined ? [] : [...nativeScaleMistakes(model), ...cropMistakes(augment)];
}

function cropMistakes({ crop }: TrainSettings['augment']): readonly SettingMistake[] {
  const message = 'expected none with scale: native, whose crops lie anywhere in the image';
  return mistakeIf(crop !== usualAugment.crop, ['augment', 'crop'], message);
}

const usualAugment = augmentSettings.parse({});

function scheduleMistakes({ epochs, schedule }: TrainSettings): readonly SettingMistake[] {
  const most = mostEpochs(schedule);
  const message = `expected at most the ${most} epochs that the schedule spans, got ${epochs}`;
  return mistakeIf(epochs > most, ['epochs'], message);
}

function imageSettings(given: TrainSettings): readonly SettingMistake[] {
  const defaults = settings.parse({});
  const changed = [...refusedNames(given), 'augment' as const].filter(
    (name) => JSON.stringify(given[name]) !== JSON.stringify(defaults[name]),
  );
  const message = 'does not apply to features, which were made of the images before';
  return changed.map((name) => ({ at: [name], message: `"${name}" ${message}` }));
}

/** A head begins with random weights. */
function noWeights(
  { pretrained }: TrainSettings,
  inputs: ReadonlySet<string>,
): readonly SettingMistake[] {
  const message = 'a head that is trained on "features" begins with random weights, without';
  return [
    ...mistakeIf(pretrained !== 'none', ['pretrained'], `${message} "pretrained"`),
    ...mistakeIf(inputs.has('weights'), [], `${message} the input "weights"`),
  ];
}

/** The curve by which it chooses its epoch, and whether bounds of that end it. */
const courseFacts = ({ by = 'accuracy', earlyStopping }: TrainSettings): Facts => ({
  comparedCurve: withSelectionSplit(by),
  isBounded: earlyStopping?.bounds !== undefined,
});

/** The classes of the model. */
function learned({ target }: TrainSettings, inputs: KnownInputs): Facts {
  const [data] = [...inputs('dataset'), ...inputs('features')];
  const classes = data?.facts?.[target === 'source' ? 'sources' : 'classes'];
  return classes === undefined ? {} : { classes };
}

/**
 * A list of layers with another number of outputs than there are classes, where these are known and
 * nothing else is wrong.
 */
function outputMistakes(
  { model, imageSize, pretrained }: TrainSettings,
  inputs: KnownInputs,
  facts: Facts,
): readonly SettingMistake[] {
  const isFile = fileNames.some((name) => inputs(name).length > 0);
  if (isFile || isPublishedNetwork({ pretrained })) return [];
  const classes = facts['classes'] as readonly string[] | undefined;
  if (classes === undefined || typeof model === 'string') return [];
  const mistakes = (known?: readonly string[]) =>
    inputs('dataset').length > 0
      ? modelMistakes(model, imageSize, known)
      : headMistakes(model, known);
  return mistakes().length > 0 ? [] : mistakes(classes);
}

const parts = ({ monitor }: TrainSettings): readonly string[] => [
  ...new Set([trainSplit, ...monitor]),
];

export const spec = defineKind<TrainSettings>({
  name: 'train',
  version: 5,
  summary: `Trains a network to classify images, such as ${defaultNames.join(' and ')} ones, and keeps the epoch with the best validation accuracy, or another metric.`,
  settings,
  inputs: {
    dataset: {
      type: 'dataset',
      summary: `Labelled images, with the splits ${trainSplit}, ${selectionSplit} and those monitored.`,
      optional: true,
      parts,
    },
    features: {
      type: 'features',
      summary:
        'Instead of a dataset, the features that a network made of one: a head is trained on them.',
      optional: true,
      parts,
    },
    preprocessing: preprocessingPort,
    network: {
      ...networkPort,
      summary: `Instead of \`model\`: training begins with its weights, and with a random head. ${networkPort.summary}`,
    },
    onnx: {
      ...onnxPort,
      summary: 'The earlier name of `network`, for ONNX files.',
    },
    ...weightPorts,
  },
  outputs: {
    model: output.model(
      'A tfjs-layers model with the weights of the best epoch, and the information for using it.',
    ),
    history: output.history('Loss and accuracy of every monitored split by epoch.'),
    tensorboard: output.files(
      'With `tensorboard: true`: the history as a log folder of TensorBoard, a run for each split.',
      'tensorboard',
    ),
  },
  computes: true,
  checkpointsWithout: ['epochs', 'earlyStopping', 'tensorboard'],
  whyNoResume: (settings, state) => plannedObstacle(state, settings),
  downloads: publishedWeights,
  check,
  facts: (given, inputs) => ({ ...learned(given, inputs), ...courseFacts(given) }),
  checkInputs: (given, inputs) => {
    const facts = learned(given, inputs);
    return [
      ...metricMissing(given.by, () => [{ facts, labels: {} }], 'model'),
      ...outputMistakes(given, inputs, facts),
    ];
  },
  contents: networkContents(
    fileNames,
    [...inputSettingNames, 'cut', 'batchNorm'],
    async () => (await import('../../src/learning/models/check-networks.ts')).checkBackbone,
  ),
  example: `fit:
  kind: train
  inputs: { dataset: faces.dataset }
  with:
    model: simple-net
    imageSize: 256
    optimizer: { kind: adam, learningRate: 0.001 }
    epochs: 5
    monitor: [train, val, test]
`,
});
