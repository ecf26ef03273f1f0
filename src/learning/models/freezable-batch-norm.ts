import type { layers as Layers } from '@tensorflow/tfjs';
import { layers } from '@tensorflow/tfjs';
import { usesBatch } from './layers/batch-statistics.ts';

/**
 * tfjs's BatchNorm, except that a frozen one (not `trainable`) normalises by its moving statistics
 * in training too, and leaves them unchanged, as in Keras since TensorFlow 2. tfjs's own uses those
 * of each batch, so that a frozen backbone would change under the head that learns to read it.
 */
export function freezableBatchNorm(
  config: Parameters<typeof layers.batchNormalization>[0],
): Layers.Layer {
  const layer = layers.batchNormalization(config);
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) =>
    call(inputs, usesBatch(layer) ? kwargs : { ...kwargs, training: false });
  return layer;
}
