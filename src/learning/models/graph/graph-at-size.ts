import {
  input,
  type LayersModel,
  type layers,
  type SymbolicTensor,
  type Tensor,
  model as tfjsModel,
  tidy,
  zeros,
} from '@tensorflow/tfjs';
import { GraphLayer, type LayerForm } from './graph-layer.ts';
import { axisOrder, isPerImage } from './operators/shapes.ts';

/**
 * A network whose layers hold for images of every size, with the same weights and `size` pixels a
 * side: a layer of a file keeps the shape that it gives, which is another one now.
 */
export function graphAtSize(model: LayersModel, size: number): LayersModel {
  const shapes = shapesAt(model, size);
  const symbols = new Map<string, SymbolicTensor>();
  let image: SymbolicTensor | undefined;
  for (const layer of model.layers) {
    const inputs = inboundOf(layer).map((name) => symbols.get(name)!);
    if (inputs.length === 0) {
      image = input({ name: layer.name, shape: [size, size, 3] });
      symbols.set(layer.name, image);
      continue;
    }
    const copy = copyOf(layer, shapes.get(layer.name)!);
    symbols.set(
      layer.name,
      copy.apply(inputs.length === 1 ? inputs[0]! : inputs) as SymbolicTensor,
    );
    copy.setWeights(layer.getWeights());
  }
  const outputs = model.outputs.map(({ sourceLayer }) => symbols.get(sourceLayer.name)!);
  return tfjsModel({ name: model.name, inputs: image!, outputs });
}

const inboundOf = (layer: layers.Layer): readonly string[] =>
  layer.inboundNodes[0]!.inboundLayers.map(({ name }) => name);

/** The shapes that layers give for one image, which a lazy backend knows without computing. */
function shapesAt(model: LayersModel, size: number): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  tidy(() => {
    const values = new Map<string, Tensor>();
    for (const layer of model.layers) {
      const inputs = inboundOf(layer).map((name) => values.get(name)!);
      const value =
        inputs.length === 0
          ? zeros([1, size, size, 3])
          : (layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Tensor);
      values.set(layer.name, value);
      shapes.set(layer.name, value.shape);
    }
  });
  return shapes;
}

function copyOf(layer: layers.Layer, given: readonly number[]): layers.Layer {
  if (layer instanceof GraphLayer) {
    return new GraphLayer({ name: layer.name, form: formAt(layer.form, given) });
  }
  const type = layer.constructor as typeof layers.Layer & {
    fromConfig(type: unknown, config: object): layers.Layer;
  };
  return type.fromConfig(type, layer.getConfig());
}

function formAt({ step, weights }: LayerForm, given: readonly number[]): LayerForm {
  const { shape, layout } = step.output;
  const order = axisOrder(shape.length, layout);
  const lengths = shape.map((length, axis) =>
    isPerImage(length) ? length : given[order.indexOf(axis)]!,
  );
  return { step: { ...step, output: { ...step.output, shape: lengths } }, weights };
}
