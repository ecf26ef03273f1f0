import type { SymbolicTensor } from '@tensorflow/tfjs';
import type { JsonObject } from '../../../json.ts';
import { type Constant, readConstant } from './file/constants.ts';
import type { GraphNode, StoredTensor } from './file/onnx-graph.ts';
import type { Arrangement, LayerForm, Source, Step, WeightForm } from './graph-layer.ts';
import { type Plan, type Reading, Unsupported } from './operators/operator.ts';
import { axisOrder, inMemory, type Placed, padRank, perImage } from './operators/shapes.ts';

/** What an input of a node is while a network is built. */
export type Value =
  | (Placed & { readonly kind: 'value'; readonly symbol: SymbolicTensor })
  | (Placed & { readonly kind: 'weight'; readonly source: WeightSource })
  | (Placed & { readonly kind: 'constant'; readonly constant: Constant });

/** A parameter of the file, or what is computed of some. */
export type WeightSource =
  | { readonly parameter: StoredTensor; readonly name: string }
  | {
      readonly node: GraphNode;
      readonly plan: Plan;
      readonly inputs: readonly (Exclude<Value, { kind: 'value' }> | undefined)[];
    };

/** Numbers of a constant that stand in a layer's form; more are a weight that does not learn. */
const mostInline = 64;

/** Weights of a layer and operations on weights: a file may name one tensor at many places. */
const mostParts = 1000;

/** Collects what a layer needs: its inputs, its weights, and its steps. */
export class LayerFormer {
  readonly #node: GraphNode;
  readonly #plan: Plan;
  readonly #inputs: readonly (Value | undefined)[];
  readonly #symbols: SymbolicTensor[] = [];
  readonly #weights: WeightForm[] = [];
  readonly #constants: Map<string, Constant>;
  #parts = 0;

  constructor(
    node: GraphNode,
    plan: Plan,
    inputs: readonly (Value | undefined)[],
    constants: Map<string, Constant>,
  ) {
    this.#node = node;
    this.#plan = plan;
    this.#inputs = inputs;
    this.#constants = constants;
  }

  /**
   * Throws an {@link Unsupported} for a weight that comes twice, and for more than
   * {@link mostParts}.
   */
  form(port: number): { readonly symbols: SymbolicTensor[]; readonly form: LayerForm } {
    const step = this.#step(this.#node, this.#plan, this.#inputs, port);
    return { symbols: this.#symbols, form: { step, weights: this.#weights } };
  }

  #step(node: GraphNode, plan: Plan, inputs: readonly (Value | undefined)[], port = 0): Step {
    this.#count();
    const { shape, layout, around = 1, settings } = plan;
    const sources: (Source | null)[] = inputs.map(() => null);
    const readings = plan.readings.map((reading) => {
      const value = inputs[reading.input]!;
      const { source, arrangement } = this.#read(value, reading, node.inputs[reading.input]!);
      sources[reading.input] = source;
      return { input: reading.input, ...arrangement };
    });
    // What only settings were made of is kept for the export.
    for (const [i, value] of inputs.entries()) {
      if (sources[i] === null && value !== undefined) sources[i] = settingOf(value);
    }
    const attributes = writtenAttributes(node);
    const output = { shape, layout, ...(around > 1 && { around }) };
    return {
      operator: node.operator,
      settings,
      readings,
      inputs: sources,
      attributes,
      output,
      port: [port, node.outputs.length],
    };
  }

  #read(
    value: Value,
    reading: Reading,
    name: string,
  ): { readonly source: Source; readonly arrangement: Arrangement } {
    const arrangement = arrangementOf(value, reading);
    if (value.kind === 'value') {
      this.#symbols.push(value.symbol);
      return { source: { value: this.#symbols.length - 1 }, arrangement };
    }
    if (value.kind === 'constant') {
      const { constant } = value;
      const holdsNumbers = Array.from(constant.values).every(Number.isFinite);
      if (constant.type !== 'float' || (constant.values.length <= mostInline && holdsNumbers)) {
        return { source: inline(constant), arrangement };
      }
      this.#constants.set(name, constant);
      return this.#weight('constant', name, value.shape, arrangement);
    }
    if ('parameter' in value.source) {
      const { role = 'table' } = reading;
      return this.#weight(role, value.source.name, value.shape, arrangement);
    }
    const { node, plan, inputs } = value.source;
    return { source: { step: this.#step(node, plan, inputs) }, arrangement };
  }

  #count(): void {
    this.#parts += 1;
    if (this.#parts > mostParts) {
      throw new Unsupported(`more than ${mostParts} weights and operations on weights`);
    }
  }

  /** A weight is stored as it is read. */
  #weight(
    role: string,
    parameter: string,
    written: readonly number[],
    arrangement: Arrangement,
  ): { readonly source: Source; readonly arrangement: Arrangement } {
    this.#count();
    if (role !== 'constant' && this.#weights.some((weight) => weight.parameter === parameter)) {
      throw new Unsupported(`the weight "${parameter}" twice, which does not train here`);
    }
    const same = this.#weights.filter((weight) => weight.role.replace(/_\d+$/, '') === role).length;
    const { padded = written, order, shape } = arrangement;
    const turned = order === undefined ? padded : order.map((axis) => padded[axis]!);
    this.#weights.push({
      role: same === 0 ? role : `${role}_${same + 1}`,
      parameter,
      shape: shape ?? turned,
      written,
      arrangement,
    });
    return { source: { weight: this.#weights.length - 1 }, arrangement: {} };
  }
}

/** What settings were made of: a constant, or numbers that the file has as it has weights. */
function settingOf(value: Value): Source | null {
  if (value.kind === 'constant') return inline(value.constant);
  const isStored = value.kind === 'weight' && 'parameter' in value.source;
  return isStored ? inline(readConstant(value.source.parameter)) : null;
}

const inline = ({ type, shape, values }: Constant): Source => ({
  constant: { type, shape, values: Array.from(values) },
});

/** How a value becomes what an operator reads. */
function arrangementOf(value: Value, reading: Reading): Arrangement {
  if (reading.arranged !== undefined && value.kind !== 'value') {
    const { order, shape } = reading.arranged;
    return { order, shape };
  }
  const { shape, layout } = value;
  if (value.kind === 'value' && layout === reading.layout && shape.length >= (reading.rank ?? 0)) {
    return {};
  }
  const rank = Math.max(reading.rank ?? 0, shape.length);
  const from = axisOrder(shape.length, layout);
  const isPadded = rank > shape.length && reading.layout === 'channelsLast';
  const to = axisOrder(isPadded ? rank : shape.length, reading.layout);
  if (!isPadded) {
    const order = to.map((axis) => from.indexOf(axis));
    return order.every((axis, at) => axis === at) ? {} : { order };
  }
  const padded = padRank(inMemory({ shape, layout: 'written' }), rank);
  return { padded: padded.map((length) => (length >= perImage ? -1 : length)), order: to };
}

function writtenAttributes({ attributes }: GraphNode): JsonObject {
  const written = [...attributes].flatMap(([name, value]) => {
    if (typeof value === 'object' && ('tensor' in value || 'unread' in value)) return [];
    return [[name, value as JsonObject[string]] as const];
  });
  return Object.fromEntries(written);
}
