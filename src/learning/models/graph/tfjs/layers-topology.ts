import { z } from 'zod';
import type { Json } from '../../../../json.ts';
import { StageError } from '../../../../stage.ts';
import type { StoredTensor as StoredWeight, StoredWeights } from '../../weights/weight-files.ts';
import { exportedOpset } from '../file/exported-opset.ts';
import type { GraphInput, OnnxGraph } from '../file/onnx-graph.ts';
import { dataType } from '../file/tensor-values.ts';
import { Unsupported } from '../operators/operator.ts';
import { inOrder, mostNodes } from './in-order.ts';
import { anyJson, KerasLayer, kerasLayer, type WrittenLayer } from './keras-layer.ts';
import { layerClasses } from './layer-classes.ts';
import { type Computed, Translation, type Value } from './translation.ts';

const layerList = z.array(kerasLayer).min(1);
const functional = z.object({
  layers: layerList,
  input_layers: anyJson.optional(),
  output_layers: anyJson.optional(),
});
const sequential = z.union([
  layerList,
  z.object({ layers: layerList }).transform(({ layers }) => layers),
]);
const network = z.union([
  z.object({ class_name: z.literal('Sequential'), config: sequential }),
  z.object({ class_name: z.enum(['Functional', 'Model']), config: functional }),
]);
type Network = z.infer<typeof network>;

/** The topology of a tfjs layers model: a network as Keras describes it. */
export const layersTopology = z.union([
  z.object({ model_config: network }).transform((topology) => topology.model_config),
  network,
]);

interface LayersModel {
  readonly topology: Network;
  readonly weights: StoredWeights['tensors'];
  readonly path: string;
  /** The file's name, for messages. */
  readonly file: string;
}

/** The network of a layers model in ONNX's operators. Throws a {@link StageError}. */
export function translateLayers({ topology, weights, path, file }: LayersModel): OnnxGraph {
  const nodes = plainNodes(topology, file);
  const byTensor = new Map(nodes.map((node) => [node.name, node]));
  if (byTensor.size < nodes.length) {
    throw new StageError(`Expected every layer of ${file} once, got two of one name.`);
  }
  const t = new Translation([...byTensor.keys(), ...weights.keys()], path);
  const values = new Map<string, Value>();
  const inputs: GraphInput[] = [];
  const sorted = inOrder(nodes, file, ({ inputs }) =>
    inputs.flatMap((name) => byTensor.get(name) ?? []),
  );
  for (const node of sorted) {
    if (node.layer.class_name === 'InputLayer') {
      const input = imageInput(node);
      inputs.push(input);
      const { name: tensor, shape } = input;
      values.set(tensor, { kind: 'value', tensor, rank: shape.length, isImage: shape[1] === 3 });
    } else values.set(node.name, translate(t, node, { values, weights, file }));
  }
  const taken = new Set(nodes.flatMap((node) => node.inputs));
  const outputs = nodes.flatMap(({ name }) => (taken.has(name) ? [] : [name]));
  return { nodes: t.nodes, initializers: t.initializers, inputs, outputs, opset: exportedOpset };
}

/** A layer at one of its places in the network. */
interface LayerNode {
  /** The tensor that it gives. */
  readonly name: string;
  readonly layer: WrittenLayer;
  /** The tensors that it takes. */
  readonly inputs: readonly string[];
}

function translate(
  t: Translation,
  { name, layer, inputs: names }: LayerNode,
  {
    values,
    weights,
    file,
  }: {
    readonly values: ReadonlyMap<string, Value>;
    readonly weights: LayersModel['weights'];
    readonly file: string;
  },
): Computed {
  const inputs = names.map((input) => {
    const value = values.get(input);
    if (value !== undefined) return value;
    throw new StageError(`Expected the input "${input}" of "${name}" in ${file}, got none.`);
  });
  const operator = layer.class_name;
  const tensors = inputs.flatMap((value) => (value.kind === 'value' ? [value.tensor] : []));
  const unknown = { name, operator, domain: 'Keras', inputs: tensors };
  const row = layerClasses.get(operator);
  if (row === undefined) return t.emitUnknown(unknown, undefined);
  try {
    if (inputs.length === 0) throw new Unsupported('no inputs');
    return row(t, new KerasLayer(layer, name, weightsOf(nameOf(layer), weights)), inputs);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return t.emitUnknown(unknown, error.message);
  }
}

/**
 * Finds the weights of a layer: `conv1/kernel`, also below the name of a model within the model.
 */
function weightsOf(layer: string, weights: StoredWeights['tensors']) {
  return (name: string): StoredWeight | undefined => {
    const end = `${layer}/${name}`;
    const exact = weights.get(end);
    if (exact !== undefined) return exact;
    const below = [...weights.values()].filter((weight) => weight.name.endsWith(`/${end}`));
    return below.length === 1 ? below[0] : undefined;
  };
}

function nameOf({ name, config }: WrittenLayer): string {
  const inside = Array.isArray(config) ? undefined : config['name'];
  return name ?? (typeof inside === 'string' ? inside : '');
}

/** ONNX's form of an input of images, whose channels are last in the file. */
function imageInput({ name, layer }: LayerNode): GraphInput {
  const [batch, height, width, channels] = inputShape(layer) ?? [];
  const free = (length: Json | undefined, word: string) =>
    typeof length === 'number' ? length : word;
  const shape = [
    free(batch, 'batch'),
    typeof channels === 'number' ? channels : 3,
    free(height, 'height'),
    free(width, 'width'),
  ];
  return { name, type: dataType.float32, shape };
}

function inputShape({ config }: WrittenLayer): readonly Json[] | undefined {
  if (Array.isArray(config)) return undefined;
  const shape = config['batch_input_shape'] ?? config['batch_shape'] ?? config['batchInputShape'];
  return Array.isArray(shape) ? shape : undefined;
}

/** A name of no layer, for the image that a list of layers begins with. */
const imageName = 'image';

/**
 * The layers of a network and of the networks within it, each once for every place that it has.
 * Within another network, names begin with that network's.
 */
function plainNodes(topology: Network, file: string): readonly LayerNode[] {
  const { nodes } = expand(topology, '', undefined, file);
  return nodes;
}

interface Expanded {
  readonly nodes: readonly LayerNode[];
  /** The tensors that the network gives. */
  readonly outputs: readonly string[];
}

/** `given` are the tensors that a network within another takes. */
function expand(
  topology: Network,
  prefix: string,
  given: readonly string[] | undefined,
  file: string,
): Expanded {
  return topology.class_name === 'Sequential'
    ? expandSequence(topology.config, prefix, given, file)
    : expandFunctional(topology.config, prefix, given, file);
}

function expandSequence(
  layers: readonly WrittenLayer[],
  prefix: string,
  given: readonly string[] | undefined,
  file: string,
): Expanded {
  const nodes: LayerNode[] = [];
  let outputs = given ?? [];
  const [first] = layers;
  if (given === undefined && first !== undefined && first.class_name !== 'InputLayer') {
    const config = { batch_input_shape: firstShape(first) ?? null };
    const layer = { class_name: 'InputLayer', config, inbound_nodes: [] };
    nodes.push({ name: imageName, layer, inputs: [] });
    outputs = [imageName];
  }
  for (const layer of layers) {
    if (layer.class_name === 'InputLayer' && given !== undefined) continue;
    const placed = placeLayer(layer, prefix + nameOf(layer), outputs, file);
    nodes.push(...placed.nodes);
    outputs = placed.outputs;
  }
  return { nodes, outputs };
}

/** What the first layer of a list takes: its own, or that of the first within it. */
function firstShape(layer: WrittenLayer): Json | undefined {
  const own = inputShape(layer);
  if (own !== undefined) return [...own];
  const inner = network.safeParse(layer).data;
  const layers = inner?.class_name === 'Sequential' ? inner.config : inner?.config.layers;
  const [first] = layers ?? [];
  return first === undefined ? undefined : firstShape(first);
}

/** A layer as a node, or a network as its own layers. */
function placeLayer(
  layer: WrittenLayer,
  name: string,
  inputs: readonly string[],
  file: string,
): Expanded {
  const inner = network.safeParse(layer);
  if (!inner.success) return { nodes: [{ name, layer, inputs }], outputs: [name] };
  return expand(inner.data, `${name}/`, inputs, file);
}

function expandFunctional(
  { layers, input_layers, output_layers }: z.infer<typeof functional>,
  prefix: string,
  given: readonly string[] | undefined,
  file: string,
): Expanded {
  const entries = referencesIn(input_layers).map(({ layer }) => layer);
  const places = placesOf(layers);
  const byKey = new Map(places.map((each) => [each.name, each]));
  const sorted = inOrder(places, file, ({ references }) =>
    references.flatMap(({ layer, at }) => byKey.get(keyOf(layer, at)) ?? []),
  );
  const nodes: LayerNode[] = [];
  /** What each layer gives at each of its places. */
  const outputs = new Map<string, readonly string[]>();
  const taken = (references: readonly Reference[]) =>
    references.map(({ layer, at, tensor }) => {
      return outputs.get(keyOf(layer, at))?.[tensor] ?? prefix + layer;
    });
  for (const { name: key, layer, tensor, references } of sorted) {
    if (layer.class_name === 'InputLayer' && given !== undefined) {
      const entry = given[Math.max(0, entries.indexOf(nameOf(layer)))];
      outputs.set(key, entry === undefined ? [] : [entry]);
      continue;
    }
    const placed = placeLayer(layer, prefix + tensor, taken(references), file);
    nodes.push(...placed.nodes);
    if (nodes.length > mostNodes) {
      throw new StageError(`Expected at most ${mostNodes} layers of ${file}, got more.`);
    }
    outputs.set(key, placed.outputs);
  }
  return { nodes, outputs: taken(referencesIn(output_layers)) };
}

const keyOf = (layer: string, at: number): string => JSON.stringify([layer, at]);

/**
 * Every layer at each of its places, with what it takes there. Keras counts the places of a network
 * within a network from 1.
 */
function placesOf(layers: readonly WrittenLayer[]) {
  const inbound = layers.map((layer) =>
    layer.class_name === 'InputLayer' ? [[]] : layer.inbound_nodes.map(referencesIn),
  );
  const firsts = new Map<string, number>();
  for (const { layer, at } of inbound.flat(2)) {
    firsts.set(layer, Math.min(at, firsts.get(layer) ?? at));
  }
  return layers.flatMap((layer, i) => {
    const name = nameOf(layer);
    return inbound[i]!.map((references, call) => ({
      name: keyOf(name, call + (firsts.get(name) ?? 0)),
      layer,
      tensor: call === 0 ? name : `${name}:${call}`,
      references,
    }));
  });
}

/** A tensor of a layer: its name, which of its places, and which of its outputs. */
interface Reference {
  readonly layer: string;
  readonly at: number;
  readonly tensor: number;
}

/**
 * The tensors that a layer takes: `[name, place, output, …]`, alone or in lists, or as newer files
 * write them, `{ keras_history: [name, place, output] }`.
 */
function referencesIn(written: Json | undefined): readonly Reference[] {
  if (written === null || typeof written !== 'object') return [];
  if (!Array.isArray(written)) return Object.values(written).flatMap(referencesIn);
  const [layer, at, tensor] = written;
  if (typeof layer === 'string' && typeof at === 'number' && typeof tensor === 'number') {
    return [{ layer, at, tensor }];
  }
  return written.flatMap((each) => referencesIn(each as Json));
}
