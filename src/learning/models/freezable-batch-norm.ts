import { layers } from '@tensorflow/tfjs';

/**
 * tfjs's BatchNorm, which while it is frozen (not `trainable`) normalises by its moving statistics in training, too, and
 * leaves them as they are, as Keras's does since TensorFlow 2. tfjs's own goes on with those of each batch, so that a frozen
 * backbone would change under the head that learns to read it.
 */
export function freezableBatchNorm(config: Parameters<typeof layers.batchNormalization>[0]): layers.Layer {
  const layer = layers.batchNormalization(config);
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, layer.trainable ? kwargs : { ...kwargs, training: false });
  return layer;
}
