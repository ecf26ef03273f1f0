import type { layers as Layers } from '@tensorflow/tfjs';
import { layers, sequential } from '@tensorflow/tfjs';

type Layer = InstanceType<typeof Layers.Layer>;
type Recurrent = InstanceType<typeof Layers.RNN>;

/** The names in tfjs's table that make no layer: base classes, and the symbolic input. */
export const NO_LAYERS = ['Layer', 'RNN', 'RNNCell', 'input'] as const;
type LayerName = Exclude<keyof typeof Layers, (typeof NO_LAYERS)[number]>;

/** A layer on inputs of given shapes. */
export interface LayerCase {
  readonly make: () => Layer;
  readonly inputs: readonly (readonly number[])[];
  readonly training?: boolean;
  /** The inputs are integers from 0 to below this number. */
  readonly below?: number;
  /** What tfjs has gradients with respect to, where not inputs and weights. */
  readonly gradients?: 'weights' | 'none';
}

const ACTIVATIONS = [
  ...(['elu', 'gelu', 'gelu_new', 'hardSigmoid', 'linear', 'mish', 'relu', 'relu6'] as const),
  ...(['selu', 'sigmoid', 'softmax', 'softplus', 'softsign', 'swish', 'tanh'] as const),
];

const rows = [[3, 4]];
const twoRows = [...rows, ...rows];
const sequence = [[2, 5, 3]];
const image = [[2, 6, 7, 3]];
/**
 * For tfjs's cpu gradients of resizing: the bilinear one mixes height and width up, the nearest one
 * the images of a batch.
 */
const square = [[2, 6, 6, 3]];
const oneImage = [[1, 6, 7, 3]];
const volume = [[2, 4, 5, 3, 2]];
const films = [[2, 3, 4, 5, 2]];

const on = (inputs: LayerCase['inputs'], ...makes: LayerCase['make'][]): LayerCase[] =>
  makes.map((make) => ({ make, inputs }));

const forward = (cases: LayerCase[]): LayerCase[] =>
  cases.map((layer) => ({ ...layer, gradients: 'none' }));

/** Cases of a layer in inference and in training. */
const both = (inputs: LayerCase['inputs'], ...makes: LayerCase['make'][]): LayerCase[] =>
  on(inputs, ...makes).flatMap((layer) => [layer, { ...layer, training: true }]);

const averagePooling1d = on(
  sequence,
  () => layers.averagePooling1d({ poolSize: 2 }),
  () => layers.averagePooling1d({ poolSize: 3, strides: 1, padding: 'same' }),
);
const averagePooling2d = on(
  image,
  () => layers.averagePooling2d({ poolSize: 2 }),
  () => layers.averagePooling2d({ poolSize: [3, 2], strides: [2, 1], padding: 'same' }),
);
const averagePooling3d = on(
  volume,
  () => layers.averagePooling3d({ poolSize: 2 }),
  () => layers.averagePooling3d({ poolSize: [2, 3, 2], strides: [1, 2, 1], padding: 'same' }),
);
const maxPooling1d = on(
  sequence,
  () => layers.maxPooling1d({ poolSize: 2 }),
  () => layers.maxPooling1d({ poolSize: 3, strides: 1, padding: 'same' }),
);
const maxPooling2d = on(
  image,
  () => layers.maxPooling2d({ poolSize: 2 }),
  () => layers.maxPooling2d({ poolSize: [3, 2], strides: [2, 1], padding: 'same' }),
);
const globalMaxPooling1d = on(sequence, () => layers.globalMaxPooling1d());
const globalMaxPooling2d = on(image, () => layers.globalMaxPooling2d({}));

/** Every layer of tfjs-layers, in the forms in which it computes differently. */
export const layerCases: Readonly<Record<LayerName, readonly LayerCase[]>> = {
  // Activations
  activation: ACTIVATIONS.flatMap((activation) =>
    on(rows, () => layers.activation({ activation })),
  ),
  elu: on(rows, () => layers.elu()),
  leakyReLU: on(rows, () => layers.leakyReLU({ alpha: 0.2 })),
  prelu: on(rows, () => layers.prelu()).concat(
    on(image, () => layers.prelu({ sharedAxes: [1, 2] })),
  ),
  reLU: on(
    rows,
    () => layers.reLU(),
    () => layers.reLU({ maxValue: 0.5 }),
  ),
  softmax: on(image, () => layers.softmax({ axis: -1 })),
  thresholdedReLU: forward(on(rows, () => layers.thresholdedReLU({ theta: 0.3 }))),

  // Convolutions
  conv1d: [
    ...on(
      sequence,
      () => layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
      () => layers.conv1d({ filters: 4, kernelSize: 2, activation: 'tanh', useBias: false }),
    ),
    ...forward(on(sequence, () => layers.conv1d({ filters: 4, kernelSize: 2, dilationRate: 2 }))),
  ],
  conv2d: [
    ...on(
      image,
      () => layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 1], activation: 'relu' }),
      () => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
    ),
    ...forward(
      on(image, () =>
        layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', dilationRate: 2 }),
      ),
    ),
  ],
  conv2dTranspose: on(
    image,
    () => layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
    () => layers.conv2dTranspose({ filters: 4, kernelSize: [2, 3], activation: 'sigmoid' }),
  ),
  conv3d: on(
    volume,
    () => layers.conv3d({ filters: 3, kernelSize: 2, strides: [1, 2, 1] }),
    () => layers.conv3d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
  ),
  conv3dTranspose: forward(
    on(
      volume,
      () => layers.conv3dTranspose({ filters: 3, kernelSize: 2, strides: 2, padding: 'same' }),
      () => layers.conv3dTranspose({ filters: 3, kernelSize: [1, 2, 3] }),
    ),
  ),
  cropping2D: on(image, () =>
    layers.cropping2D({
      cropping: [
        [1, 2],
        [0, 3],
      ],
    }),
  ),
  depthwiseConv2d: [
    ...on(
      image,
      () =>
        layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', depthMultiplier: 2 }),
      () => layers.depthwiseConv2d({ kernelSize: [2, 3], activation: 'relu' }),
    ),
    ...forward(on(image, () => layers.depthwiseConv2d({ kernelSize: [2, 3], dilationRate: 2 }))),
  ],
  separableConv2d: on(
    image,
    () =>
      layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', depthMultiplier: 2 }),
    () => layers.separableConv2d({ filters: 4, kernelSize: 2, strides: 2, activation: 'relu' }),
  ),
  upSampling2d: [
    ...on(oneImage, () => layers.upSampling2d({ size: [2, 3] })),
    ...on(square, () => layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' })),
  ],
  zeroPadding2d: on(image, () =>
    layers.zeroPadding2d({
      padding: [
        [1, 0],
        [2, 3],
      ],
    }),
  ),

  // Dense and its relatives
  dense: [
    ...on(
      rows,
      () => layers.dense({ units: 5, activation: 'relu' }),
      () => layers.dense({ units: 2, useBias: false }),
    ),
    ...on(sequence, () => layers.dense({ units: 4, activation: 'softmax' })),
  ],
  dropout: both(
    image,
    () => layers.dropout({ rate: 0.4, seed: 3 }),
    () => layers.dropout({ rate: 0.4, noiseShape: [2, 1, 1, 3] }),
  ),
  embedding: [() => layers.embedding({ inputDim: 6, outputDim: 3 }), maskedEmbedding].map(
    (make) => ({
      make,
      inputs: [[3, 4]],
      below: 6,
      gradients: 'weights',
    }),
  ),
  flatten: on(image, () => layers.flatten()),
  inputLayer: on(rows, () =>
    sequential({ layers: [layers.inputLayer({ inputShape: [4] }), layers.dense({ units: 2 })] }),
  ),
  masking: [{ make: maskedSequence, inputs: [[3, 5, 1]], below: 2, gradients: 'weights' }],
  permute: on(image, () => layers.permute({ dims: [3, 1, 2] })),
  repeatVector: on(rows, () => layers.repeatVector({ n: 3 })),
  reshape: on(image, () => layers.reshape({ targetShape: [-1, 6] })),
  spatialDropout1d: both(sequence, () => layers.spatialDropout1d({ rate: 0.4, seed: 3 })),

  // Merging
  add: on(twoRows, () => layers.add()),
  average: on(twoRows, () => layers.average()),
  concatenate: on(twoRows, () => layers.concatenate()).concat(
    on([...image, ...image], () => layers.concatenate({ axis: 1 })),
  ),
  dot: [
    ...on(
      twoRows,
      () => layers.dot({ axes: 1 }),
      () => layers.dot({ axes: 1, normalize: true }),
    ),
    // Every query with every key, as attention does it.
    ...on(
      [
        [2, 3, 4],
        [2, 5, 4],
      ],
      () => layers.dot({ axes: 2 }),
    ),
    ...on(
      [
        [2, 3, 5],
        [2, 5, 4],
      ],
      () => layers.dot({ axes: [2, 1] }),
    ),
  ],
  maximum: on(twoRows, () => layers.maximum()),
  minimum: on(twoRows, () => layers.minimum()),
  multiply: on(twoRows, () => layers.multiply()).concat(
    on(
      [
        [2, 3, 4],
        [2, 1, 4],
      ],
      () => layers.multiply(),
    ),
  ),

  // Normalization
  batchNormalization: [
    ...both(rows, () => layers.batchNormalization()),
    ...both(image, () => layers.batchNormalization({ momentum: 0.5 })),
    // tfjs's own gradient of this throws, and so does training, whatever the backend.
    ...forward(on(image, () => layers.batchNormalization({ scale: false, center: false }))),
  ],
  layerNormalization: on(
    image,
    () => layers.layerNormalization(),
    () => layers.layerNormalization({ axis: [1, 3] }),
  ),

  // Pooling
  averagePooling1d,
  avgPool1d: averagePooling1d,
  avgPooling1d: averagePooling1d,
  averagePooling2d,
  avgPool2d: averagePooling2d,
  avgPooling2d: averagePooling2d,
  averagePooling3d,
  avgPool3d: averagePooling3d,
  avgPooling3d: averagePooling3d,
  globalAveragePooling1d: on(sequence, () => layers.globalAveragePooling1d()),
  globalAveragePooling2d: on(image, () => layers.globalAveragePooling2d({})),
  globalMaxPool1d: globalMaxPooling1d,
  globalMaxPooling1d,
  globalMaxPool2d: globalMaxPooling2d,
  globalMaxPooling2d,
  maxPool1d: maxPooling1d,
  maxPooling1d,
  maxPool2d: maxPooling2d,
  maxPooling2d,
  // In windows that are not as high as wide, tfjs's cpu gradient mixes the positions up.
  maxPooling3d: on(
    volume,
    () => layers.maxPooling3d({ poolSize: 2 }),
    () => layers.maxPooling3d({ poolSize: [3, 2, 2], strides: [1, 2, 1], padding: 'same' }),
  ),

  // Recurrent
  convLstm2d: both(
    films,
    () => layers.convLstm2d({ filters: 2, kernelSize: 3, padding: 'same', returnSequences: true }),
    () => layers.convLstm2d({ filters: 2, kernelSize: 2, dropout: 0.3, recurrentDropout: 0.2 }),
  ),
  convLstm2dCell: on(
    [
      [2, 4, 5, 2],
      [2, 3, 4, 2],
      [2, 3, 4, 2],
    ],
    () => {
      // Takes an input with the states before it, but is built for the input alone.
      const cell = layers.convLstm2dCell({ filters: 2, kernelSize: 2 });
      cell.build([2, 4, 5, 2]);
      return cell;
    },
  ),
  gru: both(
    sequence,
    () => layers.gru({ units: 4, returnSequences: true }),
    () => layers.gru({ units: 4, dropout: 0.3, recurrentDropout: 0.2, goBackwards: true }),
  ),
  gruCell: on(sequence, () => layers.rnn({ cell: layers.gruCell({ units: 4 }) })),
  lstm: both(
    sequence,
    () => layers.lstm({ units: 4, returnState: true }),
    () => layers.lstm({ units: 4, dropout: 0.3, recurrentDropout: 0.2, returnSequences: true }),
  ),
  lstmCell: on(sequence, () => layers.rnn({ cell: layers.lstmCell({ units: 4 }) })),
  rnn: on(sequence, () =>
    layers.rnn({ cell: layers.simpleRNNCell({ units: 4 }), goBackwards: true }),
  ),
  simpleRNN: both(
    sequence,
    () => layers.simpleRNN({ units: 4 }),
    () => layers.simpleRNN({ units: 4, dropout: 0.3 }),
  ),
  simpleRNNCell: on(sequence, () =>
    layers.rnn({ cell: layers.simpleRNNCell({ units: 4 }), returnSequences: true }),
  ),
  stackedRNNCells: on(sequence, () =>
    layers.rnn({
      cell: layers.stackedRNNCells({
        cells: [layers.gruCell({ units: 3 }), layers.lstmCell({ units: 4 })],
      }),
    }),
  ),

  // Wrappers
  bidirectional: (['concat', 'sum', 'mul', 'ave'] as const).flatMap((mergeMode) =>
    on(sequence, () =>
      layers.bidirectional({
        layer: layers.lstm({ units: 3, returnSequences: true }) as Recurrent,
        mergeMode,
      }),
    ),
  ),
  timeDistributed: [
    ...on(sequence, () =>
      layers.timeDistributed({ layer: layers.dense({ units: 4, activation: 'tanh' }) }),
    ),
    ...on(films, () =>
      layers.timeDistributed({ layer: layers.conv2d({ filters: 3, kernelSize: 3 }) }),
    ),
  ],

  // Noise
  alphaDropout: both(image, () => layers.alphaDropout({ rate: 0.3 })),
  gaussianDropout: both(image, () => layers.gaussianDropout({ rate: 0.3 })),
  gaussianNoise: both(image, () => layers.gaussianNoise({ stddev: 0.3 })),

  // Preprocessing
  categoryEncoding: (['oneHot', 'multiHot', 'count'] as const).map((outputMode) => ({
    make: () => layers.categoryEncoding({ numTokens: 6, outputMode }),
    inputs: [outputMode === 'oneHot' ? [4, 1] : [4, 3]],
    below: 6,
    gradients: 'none',
  })),
  centerCrop: [
    { make: () => layers.centerCrop({ height: 3, width: 4 }), inputs: image, gradients: 'none' },
    ...on(square, () => layers.centerCrop({ height: 9, width: 8 })),
  ],
  randomWidth: on(square, () => layers.randomWidth({ factor: [0.2, 0.9], seed: 3 })),
  rescaling: on(image, () => layers.rescaling({ scale: 1 / 255, offset: -0.5 })),
  resizing: [
    ...on(square, () => layers.resizing({ height: 4, width: 9 })),
    ...on(oneImage, () =>
      layers.resizing({ height: 4, width: 9, interpolation: 'nearest', cropToAspectRatio: true }),
    ),
  ],
};

/** Steps without meaning are masked out, and the recurrent layer behind passes over them. */
function maskedEmbedding(): Layer {
  const embedding = layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputLength: 4 });
  return sequential({ layers: [embedding, layers.gru({ units: 4 })] });
}

function maskedSequence(): Layer {
  const floats = layers.rescaling({ scale: 2, inputShape: [5, 1] });
  return sequential({
    layers: [floats, layers.masking({ maskValue: 0 }), layers.lstm({ units: 4 })],
  });
}
