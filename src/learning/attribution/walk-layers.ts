import type { layers as Layers, LayersModel, Tensor } from '@tensorflow/tfjs';

/**
 * What a model makes of images in inference mode, layer by layer: `after` gets what each layer leaves, and what it gives
 * back goes on. So a value inside the network can be read, or be changed on its way to the layers behind it, wherever it
 * lies: a model cut in two at a layer could not be cut inside of a residual block.
 *
 * @param images `[batch, height, width, channels]`.
 */
export function walkLayers(
  model: LayersModel,
  images: Tensor,
  after: (layer: Layers.Layer, output: Tensor) => Tensor,
): Tensor {
  const outputs = new Map<string, Tensor>();
  let last = images;
  // In the order of the graph, as tfjs sorts them.
  for (const layer of model.layers) {
    const { inboundLayers } = layer.inboundNodes[0]!;
    const inputs = inboundLayers.map(({ name }) => outputs.get(name) ?? images); // a model may leave out its input layer
    const output = inputs.length === 0 ? images : layer.apply(inputs.length === 1 ? inputs[0]! : inputs, inference);
    last = after(layer, output as Tensor);
    outputs.set(layer.name, last);
  }
  return last;
}

const inference = { training: false };
