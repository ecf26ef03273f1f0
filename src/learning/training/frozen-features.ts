import {
  input,
  type LayersModel,
  type layers,
  type SymbolicTensor,
  model as tfjsModel,
} from '@tensorflow/tfjs';
import { featureNetwork, firstFlat } from '../models/feature-network.ts';
import { outputOf } from '../models/model-output.ts';
import { isSeededDropout } from '../models/seeded-dropout.ts';
import type { Freezing } from './freezing.ts';
import type { TrainingData } from './training-data.ts';

/** A network in two parts with shared weights, the first of which never trains. */
export interface FrozenNetwork {
  /** From images to features, `[batch, values]`. */
  readonly part: LayersModel;
  /** The layer that part ends with. */
  readonly layer: string;
  readonly values: number;
  /** From features to logits. */
  readonly head: LayersModel;
  /** Whether the frozen part drops values at random in training. */
  readonly drops: boolean;
}

/**
 * Divides a network after the first layer that makes an image flat; undefined where a layer before
 * it trains in some epoch, or one after it reads more than its output.
 */
export function frozenNetwork(model: LayersModel, freezing: Freezing): FrozenNetwork | undefined {
  const last = firstFlat(model);
  if (last === undefined || last.outputShape.length !== 2) return undefined;
  const { model: part, layer, values } = featureNetwork(model, last.name);
  const weighted = part.layers.filter(({ weights }) => weights.length > 0);
  const isFrozen = ({ name }: layers.Layer) => freezing.get(name) === Number.POSITIVE_INFINITY;
  if (weighted.length === 0 || !weighted.every(isFrozen)) return undefined;
  const head = headAfter(model, part, values);
  const drops = part.layers.some(isSeededDropout);
  return head && { part, layer, values, head, drops };
}

/** The layers after a part, applied to its features. */
function headAfter(model: LayersModel, part: LayersModel, values: number): LayersModel | undefined {
  const features = input({ name: 'frozen_features', shape: [values] });
  const before = new Set(part.layers.map(({ name }) => name));
  const outputs = new Map<string, SymbolicTensor>([[part.outputNames[0]!, features]]);
  let last = features;
  for (const layer of model.layers) {
    if (before.has(layer.name)) continue;
    const { inboundLayers } = layer.inboundNodes[0]!;
    const inputs = inboundLayers.flatMap(({ name }) => outputs.get(name) ?? []);
    if (inputs.length !== inboundLayers.length) return undefined;
    last = layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as SymbolicTensor;
    outputs.set(layer.name, last);
  }
  return tfjsModel({ name: 'head', inputs: features, outputs: last });
}

/**
 * The features of all images of a split that are of the classes, `[images, values]`, at their
 * indices; zeros at those of others. Images are unchanged.
 */
export async function featuresOf(
  { part, values }: FrozenNetwork,
  data: TrainingData,
  { split, images }: { readonly split: string; readonly images: number },
  onBatch: (images: number) => void,
): Promise<Float32Array<ArrayBuffer>> {
  const features = new Float32Array(images * values);
  for await (const batch of data.evaluation(split)) {
    const rows = await outputOf(part, batch.images, batch.size);
    for (const [row, index] of batch.indices.entries()) {
      features.set(rows.subarray(row * values, (row + 1) * values), index * values);
    }
    batch.release();
    onBatch(batch.indices.length);
  }
  return features;
}
