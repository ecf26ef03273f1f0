import { createHash } from 'node:crypto';
import { type LayersModel, type layers, model as tfjsModel } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { operatorOf } from './graph/graph-layer.ts';

const flat = new Set(['Flatten', 'GlobalAveragePooling2D', 'ClassToken']);

/** What a gate pools becomes an image of one pixel again. */
const makesFlat = (layer: layers.Layer): boolean =>
  flat.has(layer.getClassName()) &&
  layer.outboundNodes.every(({ outboundLayer }) => outboundLayer.getClassName() !== 'Reshape');

/**
 * A network up to a layer, by default the first that makes an image flat: from images to
 * `[batch, values]`, with shared weights. Throws a {@link StageError} when there is no such layer,
 * or when its output is not flat.
 */
export function featureNetwork(model: LayersModel, layer?: string) {
  const last =
    layer === undefined ? firstFlat(model) : model.layers.find(({ name }) => name === layer);
  if (last === undefined) {
    const names = model.layers.map(({ name }) => name).join(', ');
    const wanted = layer === undefined ? 'a layer that makes an image flat' : `a layer "${layer}"`;
    throw new StageError(`Expected ${wanted} in the network, got only ${names}.`);
  }
  const [, ...shape] = last.outputShape as readonly number[];
  if (shape.length !== 1) {
    throw new StageError(
      `Expected a layer whose output is flat, but ${last.name} outputs ${shape.join(' x ')}.`,
    );
  }
  const part = tfjsModel({ inputs: model.inputs, outputs: last.output });
  return { model: part, layer: last.name, values: shape[0]! };
}

/** The layer that makes an image flat, where the head begins; undefined if there is none. */
export const firstFlat = (model: LayersModel): layers.Layer | undefined =>
  endOfGraph(model) ?? model.layers.find(makesFlat);

/** The last node of an ONNX file, where the head begins, if its output is flat. */
function endOfGraph({ layers }: LayersModel) {
  const last = layers.findLast((layer) => operatorOf(layer) !== undefined);
  return last?.outputShape.length === 2 ? last : undefined;
}

/** SHA-256 of a model's weights, in the order of its layers: equal for equal weights. */
export async function weightsDigest(model: LayersModel): Promise<string> {
  const hash = createHash('sha256');
  for (const weight of model.getWeights())
    hash.update(new Uint8Array((await weight.data<'float32'>()).slice().buffer));
  return hash.digest('hex');
}
