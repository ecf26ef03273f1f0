import type { Normalization } from '../../vision/pixels-to-floats.ts';
import type { NetWeight } from './net-weights.ts';
import { fromPytorch, pytorchName, pytorchShape } from './pytorch-layout.ts';

/** How one kind of files calls the weights of a network, and lays them out. */
export interface Naming {
  readonly name: string;
  /** What a file that holds tensors of these names calls a weight. */
  nameOf(weight: NetWeight, tensors: readonly string[]): string;
  /** The shape that the file has of it. */
  shapeOf(weight: NetWeight): readonly number[];
  /** The file's order of values as tfjs's. */
  toTfjs(weight: NetWeight, values: Float32Array): Float32Array;
  /** What images were to the networks whose weights are published with such names. */
  readonly normalise?: Normalization;
}

const asInTfjs = {
  shapeOf: ({ shape }: NetWeight) => shape,
  toTfjs: (_: NetWeight, values: Float32Array) => values,
};

const ownName = ({ layer, name }: NetWeight): string => `${layer.name}/${name}`;

/** The namings that are known; a file has that by which most of a network's weights are found, or the first of such. */
export const namings: readonly Naming[] = [
  { name: 'Restage', nameOf: ownName, ...asInTfjs },
  {
    name: 'Keras',
    nameOf: kerasName,
    ...asInTfjs,
    // keras.applications.xception.preprocess_input: from -1 to 1.
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  },
  {
    name: '@vladmandic/face-api',
    nameOf: faceApiName,
    ...asInTfjs,
    // TinyXception.forwardInput of the package: a mean is taken off, then values from 0 to 255 are divided by 255.
    normalise: { mean: [122.782 / 255, 117.001 / 255, 104.298 / 255], deviation: [1, 1, 1] },
  },
  { name: 'PyTorch', nameOf: pytorchName, shapeOf: pytorchShape, toTfjs: fromPytorch },
];

/** Keras's Xception gives no name to the layers around its modules, which are then called by their number in a process. */
function kerasName(weight: NetWeight, tensors: readonly string[]): string {
  const shortcut = /^block(\d+)_shortcut(_bn)?$/.exec(weight.layer.name);
  if (shortcut === null) return ownName(weight);
  const automatic = shortcut[2] === undefined ? /^conv(?:olution)?2d(?:_(\d+))?$/ : /^batch_?normalization(?:_(\d+))?$/;
  const layers = [...new Set(tensors.map((name) => name.split('/')[0]!))].filter((layer) => automatic.test(layer));
  const number = (layer: string) => Number(automatic.exec(layer)![1] ?? 0);
  const inOrder = layers.sort((a, b) => number(a) - number(b));
  const place = ['2', '3', '4', '13'].indexOf(shortcut[1]!);
  return `${inOrder[place] ?? weight.layer.name}/${weight.name}`;
}

function faceApiName({ layer, name }: NetWeight): string {
  const kernel = layer.kind === 'dense' ? 'weights' : 'filters';
  return `${layer.name}/${name === 'kernel' ? kernel : name.replace('_kernel', '_filter')}`;
}
