import { type LayersModel, tensor, tidy, type Variable } from '@tensorflow/tfjs';

/**
 * All weights of a model, in the order of layers. tfjs's own order begins with trainable weights,
 * so freezing would change it.
 */
export const allWeights = (model: LayersModel): Variable[] => weightsOf(model.layers);

/** All weights of some layers, in the order of layers. */
export const weightsOfLayers = (model: LayersModel, names: ReadonlySet<string>): Variable[] =>
  weightsOf(model.layers.filter(({ name }) => names.has(name)));

/**
 * The weights that a step changes now: the trainable ones, and the moving statistics of the layers
 * that train.
 */
export const movingWeights = (model: LayersModel): Variable[] =>
  weightsOf(model.layers.filter(({ trainable }) => trainable));

const weightsOf = (layers: LayersModel['layers']): Variable[] =>
  layers.flatMap((layer) => layer.weights.map((weight) => weight.read() as Variable));

/**
 * Puts values, as {@link readValues} gave them, into variables of the same shapes, in the same
 * order.
 */
export function assignValues(
  variables: readonly Variable[],
  values: readonly Float32Array[],
): void {
  tidy(() => {
    for (const [i, variable] of variables.entries())
      variable.assign(tensor(values[i]!, variable.shape));
  });
}
