import { isDeepStrictEqual } from 'node:util';
import { type LayersModel, model as tfjsModel } from '@tensorflow/tfjs';
import { z } from 'zod';
import { formatList } from '../../../format-numbers.ts';
import { StageError } from '../../../stage.ts';
import { architectures } from '../architectures/architectures.ts';
import { applyLayers, buildNet } from '../build-net.ts';
import { featureNetwork, weightsDigest } from '../feature-network.ts';
import { operatorOf } from '../graph/graph-layer.ts';
import { networkWithHead, type OpenedGraph, placedTensors } from '../graph-network.ts';
import { isBlock, joinName, type Layer } from '../layers/layer.ts';
import type { LayerItem } from '../layers/layer-items.ts';
import { backbone, weightedLayers } from '../layers/net-parts.ts';
import { readLayers } from '../layers/read-layers.ts';
import type { ModelFiles } from '../model-files.ts';
import { type GraphArchitecture, imageInput, type ModelInfo, modelInfo } from '../model-info.ts';
import { type ModelSetting, modelSetting } from '../model-setting.ts';
import { poolLayers } from '../pooled-layers.ts';
import { pools } from '../pools.ts';
import { modelAsGraph } from './model-as-graph.ts';
import { withPooledTensors } from './pooled-tensors.ts';

const commonOrigin = {
  architecture: modelInfo.shape.architecture,
  input: imageInput,
  /** SHA-256 of the weights up to the layers, or of the ONNX file. */
  weights: z.string(),
};

/** Where the features of a head came from, as kind `embed` writes it for a single layer. */
const layerOrigin = z.object({
  ...commonOrigin,
  /** The layer whose output the features are; of an ONNX file, the tensor. */
  layer: z.string(),
});
export type LayerOrigin = z.infer<typeof layerOrigin>;

/** The same for several layers, whose channels are pooled over their positions. */
const pooledOrigin = z.object({
  ...commonOrigin,
  layers: z.array(z.string()).min(1),
  pool: z.array(z.enum(pools)).min(1),
});
export type PooledOrigin = z.infer<typeof pooledOrigin>;

const featuresOrigin = z.union([layerOrigin, pooledOrigin]);
export type FeaturesOrigin = z.infer<typeof featuresOrigin>;

/** The layers whose outputs the features are. */
export const layersOf = (origin: FeaturesOrigin): readonly string[] =>
  'layer' in origin ? [origin.layer] : origin.layers;

/** Throws a {@link StageError} for a model that no single network can stand before. */
export function originOf({ input }: ModelInfo): FeaturesOrigin {
  if (!('values' in input)) {
    throw new StageError(
      'Expected a head that was trained on features, got a model of images, which is whole already.',
    );
  }
  const origin = featuresOrigin.safeParse(input.of);
  if (origin.success) return origin.data;
  const joined = z.object({ joined: z.array(z.unknown()) }).safeParse(input.of).data?.joined;
  if (joined === undefined) {
    throw new StageError(
      'Expected a head on features of one network, as `embed` writes them, got one on features of another program.',
    );
  }
  throw new StageError(
    `Expected a head on features of one network, got one on features that were joined from ${joined.length} stages: no single network gives them. Embed several \`layers\` of one network in place of joining stages, or score features with the head alone.`,
  );
}

/** A network with a head behind one or some of its layers. */
export interface JoinedModel {
  readonly model: LayersModel;
  readonly architecture: ModelInfo['architecture'];
}

/**
 * The network of a file up to the tensors of a head's features, and the head. Throws a
 * {@link StageError} for another file than that of the features.
 */
export async function joinToFile(
  opened: OpenedGraph,
  origin: FeaturesOrigin,
  head: ModelFiles,
): Promise<JoinedModel> {
  if (opened.digest() !== origin.weights) {
    throw new StageError(
      `Expected the file that the features of the head came from, but ${opened.file} is another.`,
    );
  }
  if ('layer' in origin) return await cutAndJoin(opened, origin.layer, { origin, head });
  return await joinToTensors(opened, origin.layers, { origin, head });
}

/**
 * A network of layers up to those of a head's features, pooled, and the head, as nodes of the ONNX
 * graph that `export` writes of it. Throws a {@link StageError} for another network than that of
 * the features.
 */
export async function joinToLayers(
  files: ModelFiles,
  origin: PooledOrigin,
  head: ModelFiles,
): Promise<JoinedModel> {
  const { part } = poolLayers(files.model, origin.layers, origin.pool);
  await expectWeights(part, origin);
  const { opened, tensorOf } = modelAsGraph(files);
  const tensors = origin.layers.map((layer) => {
    const tensor = tensorOf.get(layer);
    if (tensor !== undefined) return tensor;
    throw new StageError(`Expected features of layers that \`export\` writes, got "${layer}".`);
  });
  return await joinToTensors(opened, tensors, { origin, head });
}

/** A head, and where its features came from. */
interface Joint<Origin = FeaturesOrigin> {
  readonly origin: Origin;
  readonly head: ModelFiles;
}

async function joinToTensors(
  opened: OpenedGraph,
  tensors: readonly string[],
  joint: Joint<PooledOrigin>,
): Promise<JoinedModel> {
  const { input, pool } = joint.origin;
  const placed = await placedTensors(opened, tensors, input.size);
  const { graph, tensor } = withPooledTensors(opened.graph, placed, pool);
  return await cutAndJoin({ ...opened, graph }, tensor, joint);
}

async function cutAndJoin(
  opened: OpenedGraph,
  cut: string,
  { origin, head }: Joint,
): Promise<JoinedModel> {
  const { input } = origin;
  const items = itemsOfHead(head.info);
  const joined = await networkWithHead(opened, {
    imageSize: input.size,
    cut,
    head: items,
    classes: head.info.classes,
    seed: 0,
    isFitted: true,
    isNative: input.scale !== undefined,
  });
  copyHead(joined.model, readLayers(joined.head), head);
  return { model: joined.model, architecture: { ...factsOf(opened, cut), head: [...joined.head] } };
}

/**
 * A network up to the layer of a head's features, and the head. `file` is the ONNX file of a model
 * that was loaded from one. Throws a {@link StageError} for another network than that of the
 * features.
 */
export async function joinToNetwork(
  network: LayersModel,
  origin: LayerOrigin,
  head: ModelFiles,
  file?: OpenedGraph,
): Promise<JoinedModel> {
  const { architecture, layer, input } = origin;
  const { model: part } = featureNetwork(network, layer);
  await expectWeights(part, origin);
  const setting = modelSetting.safeParse(architecture);
  if (setting.success) {
    const classes = network.outputs[0]!.shape.at(-1)!;
    const before = itemsUpTo(itemsOf(setting.data, classes), layer);
    return joinLists(part, before, { head, imageSize: input.size });
  }
  const facts = typeof architecture === 'object' && 'onnx' in architecture && architecture;
  const begun = facts || (file && factsOf(file, layer));
  if (!begun) throw new Error(`Internal error: no network is known of ${layer}`);
  return joinGraph(part, begun, { layer, head });
}

/** Throws a {@link StageError} for another network than that of the features. */
async function expectWeights(part: LayersModel, origin: FeaturesOrigin): Promise<void> {
  if ((await weightsDigest(part)) === origin.weights) return;
  throw new StageError(
    `Expected the network that the features of the head came from, but its weights up to ${formatList(layersOf(origin))} are others.`,
  );
}

const factsOf = (opened: OpenedGraph, cut: string): GraphArchitecture => ({
  onnx: opened.digest(),
  cut,
  head: [],
  layout: opened.layout,
  opset: opened.graph.opset,
});

/** Joins two lists of layers, as the name of a network where they are its layers. */
function joinLists(
  part: LayersModel,
  before: readonly LayerItem[],
  { head, imageSize }: { readonly head: ModelFiles; readonly imageSize: number },
): JoinedModel {
  const items = [...before, ...itemsOfHead(head.info)];
  const layers = readLayers(items);
  const model = buildNet({ name: 'layers', layers }, imageSize);
  for (const layer of part.layers) {
    if (layer.weights.length > 0) model.getLayer(layer.name).setWeights(layer.getWeights());
  }
  const after = layers.filter(({ at }) => Number(at[0]) >= before.length);
  copyHead(model, after, head);
  const { architecture: name, classes } = head.info;
  const isNamed =
    isName(name) && isDeepStrictEqual(items, architectures[name].layers(classes.length));
  return { model, architecture: isNamed ? name : { layers: items } };
}

/** Puts the head behind layers that are the nodes of an ONNX file. */
function joinGraph(
  part: LayersModel,
  architecture: GraphArchitecture,
  { layer, head }: { readonly layer: string; readonly head: ModelFiles },
): JoinedModel {
  const isNode = operatorOf(part.getLayer(layer)) !== undefined;
  const before = isNode ? [] : itemsUpTo(architecture.head, layer);
  const items = [...before, ...itemsOfHead(head.info)];
  const layers = readLayers(items);
  const after = layers.filter(({ at }) => Number(at[0]) >= before.length);
  const taken = new Set(part.layers.map(({ name }) => name));
  const twice = weightedLayers(after).find((name) => taken.has(name));
  if (twice !== undefined) {
    throw new StageError(
      `Expected a head whose layers have other names than those of the network, but "${twice}" is in both: train it with another name.`,
    );
  }
  const outputs = applyLayers(after, part.outputs[0]!);
  const model = tfjsModel({ name: 'graph', inputs: part.inputs, outputs });
  copyHead(model, after, head);
  const cut = isNode ? layer : architecture.cut;
  return { model, architecture: { ...architecture, cut, head: items } };
}

/** Copies the weights of a head, whose layers may have other names in the whole network. */
function copyHead(
  model: LayersModel,
  layers: readonly Layer[],
  { model: head, info }: ModelFiles,
): void {
  const sources = weightedLayers(readLayers(itemsOfHead(info)));
  for (const [i, name] of weightedLayers(layers).entries()) {
    model.getLayer(name).setWeights(head.getLayer(sources[i]!).getWeights());
  }
}

const isName = (architecture: unknown): architecture is keyof typeof architectures =>
  typeof architecture === 'string' && architecture in architectures;

const itemsOf = (setting: ModelSetting, classes: number): readonly LayerItem[] =>
  typeof setting === 'string' ? architectures[setting].layers(classes) : setting.layers;

/** The layers of a head: of a named network, those after its backbone. */
function itemsOfHead({ architecture, classes }: ModelInfo): readonly LayerItem[] {
  const setting = modelSetting.parse(architecture);
  const items = itemsOf(setting, classes.length);
  if (typeof setting !== 'string') return items;
  const layers = readLayers(items);
  const [start] = layers[backbone(layers).length + 1]!.at;
  return items.slice(Number(start));
}

/** The items of a list up to a layer, which stands in no block. */
function itemsUpTo(items: readonly LayerItem[], name: string): readonly LayerItem[] {
  const layers = readLayers(items);
  const end = layers.findIndex((layer) => (isBlock(layer) ? joinName(layer) : layer.name) === name);
  if (end === -1) {
    throw new StageError(
      `Expected features of a layer that stands in no block of the network, got "${name}".`,
    );
  }
  const next = layers[end + 1];
  return next === undefined ? items : items.slice(0, Number(next.at[0]));
}
