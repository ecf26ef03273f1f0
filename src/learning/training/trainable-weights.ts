import type { LayersModel, Variable } from '@tensorflow/tfjs';

/** The weights that gradients move now, in the order of layers. */
export const trainableWeights = (model: LayersModel): Variable[] =>
  model.trainableWeights
    .map((weight) => weight.read() as Variable)
    .filter((weight) => !held.has(weight));

/** Weights that do not train although others of their layer do. */
const held = new WeakSet<Variable>();

/** Lets of some layers only biases train, as far as the layers train at all. */
export function holdAllButBiases(model: LayersModel, names: ReadonlySet<string>): void {
  const layers = model.layers.filter(({ name }) => names.has(name));
  for (const weight of layers.flatMap((layer) => layer.weights)) {
    if (!/\/(bias|beta)(_\d+)?$/.test(weight.originalName)) held.add(weight.read() as Variable);
  }
}
