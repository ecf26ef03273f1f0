import type { LayersModel, Variable } from '@tensorflow/tfjs';

/** All weights of a model, in the order of layers. tfjs's own order has those that train first, so freezing would change it. */
export function allWeights(model: LayersModel): Variable[] {
  return weightsOf(model.layers);
}

/** The weights that gradients move now, in the order of layers. */
export function trainableWeights(model: LayersModel): Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as Variable);
}

/** The weights that a step changes now: those, and the moving statistics of the layers that train. */
export function movingWeights(model: LayersModel): Variable[] {
  return weightsOf(model.layers.filter(({ trainable }) => trainable));
}

const weightsOf = (layers: LayersModel['layers']): Variable[] =>
  layers.flatMap((layer) => layer.weights.map((weight) => weight.read() as Variable));
