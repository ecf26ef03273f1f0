import {
  input,
  type LayersModel,
  type layers,
  model,
  type SymbolicTensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { permuteAxes } from '../weights/net-weights.ts';
import { type Constant, isFloat, readConstant, sizeOf } from './file/constants.ts';
import type { GraphNode, OnnxGraph } from './file/onnx-graph.ts';
import { dataType } from './file/tensor-values.ts';
import { ConstantFolder, shapeConstant } from './fold-constants.ts';
import { GraphLayer, type WeightForm } from './graph-layer.ts';
import { LayerFormer, type Value, type WeightSource } from './layer-former.ts';
import { needed } from './needed.ts';
import { operators } from './operators/index.ts';
import { checkSize, NodeCall, type Operand, type Plan, Unsupported } from './operators/operator.ts';
import { type Placed, perImage } from './operators/shapes.ts';

/** A tensor that a built network gives. */
interface BuiltTensor {
  readonly symbol: SymbolicTensor;
  /** For one image in ONNX's order of axes: `[channels, height, width]`, or `[values]`. */
  readonly shape: readonly number[];
  readonly layout: Placed['layout'];
}

/** A part of a file's network as layers, from images to one of its tensors. */
export interface BuiltGraph {
  /** `[batch, size, size, 3]`. */
  readonly image: SymbolicTensor;
  readonly output: SymbolicTensor;
  /** Further outputs that were asked for. */
  readonly others: readonly BuiltTensor[];
  /** The output's shape and layout, as those of a {@link BuiltTensor}. */
  readonly shape: readonly number[];
  readonly layout: Placed['layout'];
  /** The names of layers by the tensors that they compute. */
  readonly layerOf: ReadonlyMap<string, string>;
  /** Numbers that were computed while the network was built, and are weights that do not learn. */
  readonly constants: ReadonlyMap<string, Constant>;
}

interface BuildOptions {
  /** The file's name, for messages. */
  readonly file: string;
  readonly imageSize: number;
  /** The tensor that the network ends with. */
  readonly tensor: string;
  /** What to do about a node that cannot be computed; by default, what helps most often. */
  readonly advice?: string;
  /** Further tensors that it gives. */
  readonly also?: readonly string[];
  /** Names of further layers, which those of the file then do not get. */
  readonly reserved?: readonly string[];
  /** Makes a layer that drops a share of values in training. */
  readonly dropout: (config: { readonly name: string; readonly rate: number }) => layers.Layer;
}

/**
 * Builds the network of an ONNX file up to a tensor, without the numbers of its weights, which
 * {@link fillWeights} sets. Throws a {@link StageError} that names the first node that cannot be
 * computed.
 */
export async function buildGraph(graph: OnnxGraph, options: BuildOptions): Promise<BuiltGraph> {
  const builder = new GraphBuilder(graph, options);
  const nodes = needed(graph.nodes, [options.tensor, ...(options.also ?? [])]);
  builder.checkOperators(nodes);
  for (const node of nodes) await builder.add(node);
  return builder.finish();
}

/** Puts the parameters of a file into the layers that were built from it. */
export function fillWeights(
  filled: LayersModel,
  graph: OnnxGraph,
  { constants }: BuiltGraph,
): void {
  const aliases = aliasesIn(graph);
  for (const layer of filled.layers) {
    if (!(layer instanceof GraphLayer) || layer.form.weights.length === 0) continue;
    const values = layer.form.weights.map((weight) => {
      const { parameter } = weight;
      const stored = graph.initializers.get(aliases.get(parameter) ?? parameter);
      const { values } = constants.get(parameter) ?? readConstant(stored!);
      return arranged(Float32Array.from(values), weight);
    });
    tidy(() => {
      const tensors = layer.form.weights.map(({ shape }, i) => tensor(values[i]!, [...shape]));
      for (const [i, variable] of layer.variables.entries()) variable.write(tensors[i]!);
    });
  }
}

function arranged(values: Float32Array, { written, arrangement }: WeightForm): Float32Array {
  const { padded = written, order } = arrangement;
  return order === undefined ? values : permuteAxes(values, padded, order);
}

/** The initializers that other names stand for: exporters write equal weights once. */
const aliasesIn = ({ nodes, initializers }: OnnxGraph): ReadonlyMap<string, string> =>
  new Map(
    nodes.flatMap(({ operator, inputs, outputs }) =>
      operator === 'Identity' && initializers.has(inputs[0]!)
        ? [[outputs[0]!, inputs[0]!] as const]
        : [],
    ),
  );

/** tfjs walks a network by recursion: at 5,000 layers in a row its stack is full. */
const mostLayers = 2000;

class GraphBuilder {
  readonly #graph: OnnxGraph;
  readonly #options: BuildOptions;
  readonly #values = new Map<string, Value>();
  readonly #names: Set<string>;
  readonly #layerOf = new Map<string, string>();
  /** The layer that each parameter belongs to. */
  readonly #owners = new Map<string, string>();
  readonly #constants = new Map<string, Constant>();
  readonly #folder: ConstantFolder;
  readonly #image: SymbolicTensor;

  constructor(graph: OnnxGraph, options: BuildOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#folder = new ConstantFolder(graph.opset);
    const { imageSize: size, file, reserved = [] } = options;
    this.#names = new Set(['image', ...reserved]);
    const [image] = graph.inputs;
    if (image === undefined || graph.inputs.length !== 1) {
      const names = graph.inputs.map(({ name }) => name).join(', ') || 'none';
      throw new StageError(`Expected one input of ${file}, got ${names}.`);
    }
    const isFirst = image.shape[1] === 3;
    const [batch] = image.shape;
    if (typeof batch === 'number' && batch > 1) {
      throw new StageError(
        `Expected a free number of images in ${file}, or 1, got ${batch}: export it again with one image.`,
      );
    }
    this.#image = input({ name: 'image', shape: [size, size, 3] });
    this.#values.set(image.name, {
      kind: 'value',
      shape: isFirst ? [perImage, 3, size, size] : [perImage, size, size, 3],
      layout: isFirst ? 'channelsLast' : 'written',
      symbol: this.#image,
    });
    this.#layerOf.set(image.name, 'image');
  }

  /** Throws for the first operator of images that has no row, before any other mistake. */
  checkOperators(nodes: readonly GraphNode[]): void {
    const ofImages = new Set(this.#graph.inputs.map(({ name }) => name));
    for (const node of nodes) {
      const { operator, domain, inputs, outputs } = node;
      // The lengths of a value are known without the image.
      if (operator === 'Shape' || !inputs.some((name) => ofImages.has(name))) continue;
      for (const name of outputs) ofImages.add(name);
      const isKnown = passedOn.has(operator) || operators.has(operator);
      if (domain !== '' || !isKnown) throw this.#unsupported(node, node.form);
    }
  }

  async add(node: GraphNode): Promise<void> {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.#value(name, node)));
    const alias = this.#aliasOf(node, inputs);
    if (alias !== undefined) return void this.#values.set(node.outputs[0]!, alias);
    const known = await this.#fold(node, inputs);
    if (known !== undefined) {
      for (const [i, constant] of known.entries())
        this.#values.set(node.outputs[i]!, constantValue(constant));
      return;
    }
    if (node.operator === 'Dropout') return this.#dropout(node, inputs[0]!, inputs[1]);
    for (const [output, name] of node.outputs.entries()) {
      // Further outputs of BatchNorm and others serve an exporter's training graph.
      if (name === '' || (output > 0 && node.operator !== 'Split')) continue;
      const plan = await this.#plan(node, inputs, output);
      const value = inputs.some((value) => value?.kind === 'value')
        ? await this.#layer(node, output, plan, inputs)
        : weightOf(node, plan, inputs);
      this.#values.set(name, value);
    }
  }

  finish(): BuiltGraph {
    const { tensor, also = [] } = this.#options;
    const { symbol, shape, layout } = this.#outputOf(tensor);
    return {
      image: this.#image,
      output: symbol,
      others: also.map((name) => this.#outputOf(name)),
      shape,
      layout,
      layerOf: this.#layerOf,
      constants: this.#constants,
    };
  }

  #outputOf(name: string): BuiltTensor {
    const value = this.#values.get(name);
    if (value?.kind === 'value') {
      const { symbol, shape, layout } = value;
      return { symbol, shape: shape.slice(1), layout };
    }
    const { file } = this.#options;
    throw new StageError(`Expected "${name}" of ${file} to depend on the image, but it does not.`);
  }

  #value(name: string, node: GraphNode): Value {
    const value = this.#values.get(name) ?? this.#initializer(name);
    if (value !== undefined) return value;
    const where = nameOf(node);
    throw new StageError(
      `Expected the input "${name}" of the node ${where} in ${this.#options.file}, got none.`,
    );
  }

  #initializer(name: string): Value | undefined {
    const stored = this.#graph.initializers.get(name);
    if (stored === undefined) return undefined;
    const numbers = readConstant(stored);
    const isWeight = isFloat(stored) && stored.shape.length > 0 && !isMask(numbers);
    const value: Value = isWeight
      ? {
          kind: 'weight',
          shape: stored.shape,
          layout: 'written',
          source: { parameter: stored, name },
        }
      : constantValue(numbers);
    this.#values.set(name, value);
    return value;
  }

  /** What a node passes on as it is. */
  #aliasOf(node: GraphNode, [value]: readonly (Value | undefined)[]): Value | undefined {
    if (value === undefined || value.kind === 'constant') return undefined;
    const isFloatCast = node.operator === 'Cast' && node.attributes.get('to') === dataType.float32;
    if (node.operator === 'Identity' || isFloatCast) {
      const isParameter = value.kind === 'weight' && 'parameter' in value.source;
      if (!isParameter) return value;
      // An exporter wrote two equal parameters once.
      return { ...value, source: { ...value.source, name: node.outputs[0]! } as WeightSource };
    }
    return undefined;
  }

  async #fold(
    node: GraphNode,
    inputs: readonly (Value | undefined)[],
  ): Promise<readonly Constant[] | undefined> {
    if (node.operator === 'Shape') return [shapeConstant(inputs[0]!.shape, node)];
    const constants = inputs.map((value) =>
      value?.kind === 'constant' ? value.constant : undefined,
    );
    if (inputs.some((value) => value !== undefined && value.kind !== 'constant')) return undefined;
    const known = await this.#supported(node, () => this.#folder.fold(node, constants));
    if (known !== undefined) return known;
    throw this.#unsupported(
      node,
      'inputs that do not depend on the image, which cannot be computed here',
    );
  }

  /** Drops in training alone; exports for inference leave it out, or ignore it. */
  #dropout(node: GraphNode, value: Value, ratio: Value | undefined): void {
    const [output] = node.outputs;
    const rate = ratio?.kind === 'constant' ? ratio.constant.values[0]! : 0.5;
    if (value.kind !== 'value' || node.inputs.length < 3) {
      this.#values.set(output!, value);
      return;
    }
    const name = this.#nameFor(node, []);
    const symbol = this.#options.dropout({ name, rate }).apply(value.symbol) as SymbolicTensor;
    this.#layerOf.set(output!, name);
    this.#values.set(output!, { ...value, symbol });
  }

  async #plan(
    node: GraphNode,
    inputs: readonly (Value | undefined)[],
    output: number,
  ): Promise<Plan> {
    const row = node.domain === '' ? operators.get(node.operator) : undefined;
    if (row === undefined) throw this.#unsupported(node, node.form);
    const operands = inputs.map((value) => value && operandOf(value));
    const call = new NodeCall({ node, operands, output, opset: this.#graph.opset });
    return await this.#supported(node, () => {
      const plan = row.plan(call);
      checkSize(
        plan.shape,
        operands.some((operand) => operand?.kind === 'value') ? 'value' : 'weight',
      );
      return plan;
    });
  }

  /** What `work` makes of a node; an {@link Unsupported} becomes an error that names the node. */
  async #supported<Result>(node: GraphNode, work: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Unsupported) throw this.#unsupported(node, error.message);
      throw error;
    }
  }

  #advice(): string {
    const { file, imageSize, advice } = this.#options;
    if (advice !== undefined) return advice;
    const [image] = this.#graph.inputs;
    const isFree = image?.shape.slice(2).some((length) => typeof length === 'string');
    if (!isFree) return 'Export it in another form, or cut the network before it.';
    return `${file} leaves the size of images free: if ${imageSize} pixels a side do not fit, set imageSize to the size that the network was trained with. Otherwise export it in another form, or cut the network before it.`;
  }

  #unsupported(node: GraphNode, form: string | undefined): StageError {
    const { file } = this.#options;
    const domain = node.domain === '' ? '' : ` of ${node.domain}`;
    const what = `the node ${nameOf(node)} of ${file} is ${node.operator}${domain}`;
    if (form !== undefined) {
      return new StageError(
        `Expected a network whose operators have gradients here, but ${what} with ${form}. ${this.#advice()}`,
      );
    }
    const advice =
      node.domain === '' || tensorflow.has(node.domain)
        ? 'docs/onnx-operators.md lists those that do; export it with these, or cut the network before it'
        : 'files that were optimised for inference have such nodes: take the original export';
    return new StageError(
      `Expected a network whose operators have gradients here, but ${what}, which has none: ${advice}.`,
    );
  }

  async #layer(
    node: GraphNode,
    port: number,
    plan: Plan,
    inputs: readonly (Value | undefined)[],
  ): Promise<Value> {
    const { shape, layout, around = aroundIn(inputs) } = plan;
    const former = new LayerFormer(node, { ...plan, around }, inputs, this.#constants);
    const { symbols, form } = await this.#supported(node, () => former.form(port));
    const layerName = this.#nameFor(node, form.weights);
    for (const { parameter, role } of form.weights) {
      const owner = this.#owners.get(parameter);
      if (owner !== undefined && !role.startsWith('constant')) {
        throw new StageError(
          `Expected every weight of ${this.#options.file} in one node, but "${parameter}" is in ${owner} and ${nameOf(node)}: networks that use a weight twice do not train here.`,
        );
      }
      this.#owners.set(parameter, nameOf(node));
    }
    if (this.#layerOf.size > mostLayers) {
      throw new StageError(
        `Expected at most ${mostLayers} layers of ${this.#options.file}, got more: cut the network earlier.`,
      );
    }
    const layer = new GraphLayer({ name: layerName, form });
    const symbol = layer.apply(symbols.length === 1 ? symbols[0]! : symbols) as SymbolicTensor;
    this.#layerOf.set(node.outputs[port]!, layerName);
    return { kind: 'value', shape, layout, around, symbol };
  }

  /**
   * The name of a layer: that of the module whose weights it has, where the file says so, else the
   * node's.
   */
  #nameFor(node: GraphNode, weights: readonly WeightForm[]): string {
    const [first] = weights;
    const stem = (first && moduleOf(first)) ?? (node.name || node.outputs[0]!);
    // tfjs takes no name that begins with an underscore.
    const clean = stem.replace(/^[^A-Za-z0-9]+/, '').replace(/[^\w./-]/g, '_') || 'node';
    let name = clean;
    for (let number = 2; this.#names.has(name); number++) name = `${clean}_${number}`;
    this.#names.add(name);
    return name;
  }
}

/** Where nodes come from that have no operator of ONNX. */
const tensorflow: ReadonlySet<string> = new Set(['TensorFlow', 'Keras']);

/** Operators without a row that may pass a value on. */
const passedOn: ReadonlySet<string> = new Set(['Cast', 'Dropout']);

/** Most operators leave the axis of images as it is. */
const aroundIn = (inputs: readonly (Value | undefined)[]): number =>
  Math.max(1, ...inputs.map((value) => value?.around ?? 1));

const nameOf = ({ name, outputs }: GraphNode): string => `"${name || outputs[0]}"`;

/** `layer1.0.conv1` of `layer1.0.conv1.weight`; undefined for the names that exporters make up. */
function moduleOf({ parameter, role }: WeightForm): string | undefined {
  if (parameter.includes(':') || !parameter.includes('.')) return undefined;
  const isModule = ['kernel', 'depthwise_kernel', 'gamma'].includes(role);
  return isModule ? parameter.slice(0, parameter.lastIndexOf('.')) : parameter;
}

/** Numbers that are 0 or so low that a softmax forgets them: a mask of attention, no weight. */
function isMask({ shape, values }: Constant): boolean {
  if (shape.length < 2) return false;
  const lowest = -100;
  let hasLow = false;
  for (const value of values) {
    if (value !== 0 && !(value <= lowest)) return false;
    hasLow ||= value !== 0;
  }
  return hasLow;
}

const constantValue = (constant: Constant): Value => ({
  kind: 'constant',
  shape: constant.shape,
  layout: 'written',
  constant,
});

/** Weights of so many numbers may be settings, such as the scales of a Resize. */
const mostSettings = 1024;

function operandOf(value: Value): Operand {
  const { kind, shape, layout, around = 1 } = value;
  if (value.kind === 'constant')
    return { kind: 'constant', shape, layout, constant: value.constant };
  if (value.kind === 'weight' && 'parameter' in value.source && sizeOf(shape) <= mostSettings) {
    return { kind: 'weight', shape, layout, constant: readConstant(value.source.parameter) };
  }
  return { kind, shape, layout, around } as Operand;
}

function weightOf(node: GraphNode, plan: Plan, inputs: readonly (Value | undefined)[]): Value {
  const weights = inputs as readonly (Exclude<Value, { kind: 'value' }> | undefined)[];
  return {
    kind: 'weight',
    shape: plan.shape,
    layout: plan.layout,
    source: { node, plan, inputs: weights },
  };
}

/** A model of layers, from images to a tensor. */
export const graphModel = ({ image, output, others }: BuiltGraph): LayersModel =>
  model({
    name: 'graph',
    inputs: image,
    outputs: others.length === 0 ? output : [output, ...others.map(({ symbol }) => symbol)],
  });
