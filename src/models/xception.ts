import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import { input, layers, model } from '@tensorflow/tfjs';

const zeros = { kernelInitializer: 'zeros', biasInitializer: 'zeros' } as const;

/**
 * Xception's 36 convolutions in 14 modules with linear residuals around all but the first and the last (Chollet 2017,
 * "Xception: Deep learning with depthwise separable convolutions"), layers named and set as in Keras, so that its
 * weights fit. 20,861,480 parameters, 54,528 of them the moving statistics of BatchNorm.
 *
 * @param imageSize Pixels a side, at least 71.
 * @returns Images `[batch, imageSize, imageSize, 3]`, and their features `[batch, 2048]`; weights are zeros.
 */
export function xceptionBackbone(imageSize: number): {
  readonly image: SymbolicTensor;
  readonly features: SymbolicTensor;
} {
  const image = input({ name: 'image', shape: [imageSize, imageSize, 3] });
  let x = relu(normalised(convolution(image, 32, 3, 'block1_conv1', 2)), 'block1_conv1_act');
  x = relu(normalised(convolution(x, 64, 3, 'block1_conv2')), 'block1_conv2_act');
  // The first of these modules follows a ReLU and begins without its own.
  x = halvingModule(x, 2, [128, 128], { activateFirst: false });
  x = halvingModule(x, 3, [256, 256]);
  x = halvingModule(x, 4, [728, 728]);
  for (let block = 5; block <= 12; block++) x = middleModule(x, block);
  x = halvingModule(x, 13, [728, 1024]);
  x = relu(separable(x, 1536, 'block14_sepconv1'), 'block14_sepconv1_act');
  x = relu(separable(x, 2048, 'block14_sepconv2'), 'block14_sepconv2_act');
  return { image, features: layers.globalAveragePooling2d({ name: 'avg_pool' }).apply(x) as SymbolicTensor };
}

/**
 * Xception with a linear classifier. With two classes 20,865,578 parameters, with ImageNet's thousand 22,910,480, of
 * which 22,855,952 are trained.
 *
 * @param imageSize Pixels a side, at least 71.
 * @returns Images `[batch, imageSize, imageSize, 3]` to logits `[batch, classes]`; weights are zeros.
 */
export function xception(imageSize: number, classes = 2): LayersModel {
  const { image, features } = xceptionBackbone(imageSize);
  const logits = layers.dense({ name: 'logits', units: classes, ...zeros }).apply(features) as SymbolicTensor;
  return model({ name: 'xception', inputs: image, outputs: logits });
}

function halvingModule(
  x: SymbolicTensor,
  block: number,
  [inner, outer]: readonly [number, number],
  { activateFirst = true } = {},
): SymbolicTensor {
  const shortcut = normalised(convolution(x, outer, 1, `block${block}_shortcut`, 2, 'same'));
  let y = activateFirst ? relu(x, `block${block}_sepconv1_act`) : x;
  y = relu(separable(y, inner, `block${block}_sepconv1`), `block${block}_sepconv2_act`);
  y = separable(y, outer, `block${block}_sepconv2`);
  const pool = layers.maxPooling2d({ name: `block${block}_pool`, poolSize: 3, strides: 2, padding: 'same' });
  return add(block, pool.apply(y) as SymbolicTensor, shortcut);
}

function middleModule(x: SymbolicTensor, block: number): SymbolicTensor {
  let y = x;
  for (const i of [1, 2, 3]) y = separable(relu(y, `block${block}_sepconv${i}_act`), 728, `block${block}_sepconv${i}`);
  return add(block, y, x);
}

function convolution(
  x: SymbolicTensor,
  filters: number,
  kernelSize: number,
  name: string,
  strides = 1,
  padding: 'valid' | 'same' = 'valid',
): SymbolicTensor {
  const layer = layers.conv2d({ name, filters, kernelSize, strides, padding, useBias: false, ...zeros });
  return layer.apply(x) as SymbolicTensor;
}

/** Depthwise 3 x 3, then 1 x 1, then BatchNorm. */
function separable(x: SymbolicTensor, filters: number, name: string): SymbolicTensor {
  const layer = layers.separableConv2d({
    name,
    filters,
    kernelSize: 3,
    padding: 'same',
    useBias: false,
    depthwiseInitializer: 'zeros',
    pointwiseInitializer: 'zeros',
  });
  return normalised(layer.apply(x) as SymbolicTensor);
}

function normalised(x: SymbolicTensor): SymbolicTensor {
  const name = `${x.sourceLayer.name}_bn`;
  return layers.batchNormalization({ name, momentum: 0.99, epsilon: 1e-3 }).apply(x) as SymbolicTensor;
}

function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return layers.activation({ name, activation: 'relu' }).apply(x) as SymbolicTensor;
}

function add(block: number, a: SymbolicTensor, b: SymbolicTensor): SymbolicTensor {
  return layers.add({ name: `block${block}_add` }).apply([a, b]) as SymbolicTensor;
}
