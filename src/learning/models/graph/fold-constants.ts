import {
  encodeModel,
  type OnnxAttribute,
  type OnnxInitializer,
} from '../../../backend/lowering/onnx-writer.ts';
import { InferenceSession, type Tensor } from '../../../backend/packages/onnx-runtime.ts';
import { type Constant, readConstant, sizeOf } from './file/constants.ts';
import type { Attribute, GraphNode } from './file/onnx-graph.ts';
import { foldedSize } from './fold-sizes.ts';
import { Unsupported } from './operators/operator.ts';
import {
  broadcast,
  fromFront,
  isPerImage,
  padRank,
  perImage,
  reshaped,
} from './operators/shapes.ts';

/** Numbers that a node may make of constants. */
const mostOfNode = 2 ** 22;
/** Numbers that all nodes of a file may make of constants. */
const mostFolded = 2 ** 25;

/** Computes the nodes of a file whose inputs are all known. */
export class ConstantFolder {
  readonly #opset: number;
  #room = mostFolded;

  constructor(opset: number) {
    this.#opset = opset;
  }

  /**
   * Computes a node whose inputs are all known. Integers, which may count the images of a batch,
   * are computed here; everything else by ONNX Runtime. Undefined where neither can. Throws an
   * {@link Unsupported}, before it computes, where there would be more than {@link mostOfNode}
   * numbers, or {@link mostFolded} of all nodes.
   */
  async fold(
    node: GraphNode,
    inputs: readonly (Constant | undefined)[],
  ): Promise<readonly Constant[] | undefined> {
    if (node.operator === 'Constant') return constantOf(node);
    const size = foldedSize(node, inputs);
    if (size === undefined) return undefined;
    if (size > Math.min(mostOfNode, this.#room)) {
      const limits = `at most ${mostOfNode} in a node and ${mostFolded} in all`;
      throw new Unsupported(`an output of ${size} numbers, made of constants (${limits})`);
    }
    this.#room -= size;
    const integerFold = integerFolds[node.operator];
    const isInteger = inputs.every((input) => input === undefined || input.type !== 'float');
    const folded = isInteger ? integerFold?.(inputs as readonly Constant[], node) : undefined;
    if (folded !== undefined) return [folded];
    if (inputs.some((input) => input !== undefined && countsImages(input))) return undefined;
    return await foldByRuntime(node, inputs, this.#opset).catch(() => undefined);
  }
}

/** The lengths of a value: what a Shape gives, whose images are counted by {@link perImage}. */
export function shapeConstant(shape: readonly number[], node: GraphNode): Constant {
  const start = intOf(node, 'start', 0);
  const end = intOf(node, 'end', shape.length);
  const part = shape.slice(start, end);
  return { type: 'int', shape: [part.length], values: [...part] };
}

const countsImages = ({ type, values }: Constant): boolean =>
  type === 'int' && values.some((value) => value !== 0 && value % perImage === 0);

function constantOf({ attributes }: GraphNode): readonly Constant[] | undefined {
  const [[name, value] = ['', undefined]] = [...attributes];
  if (value === undefined || typeof value === 'string') return undefined;
  if (typeof value === 'number') return [{ type: 'int', shape: [], values: [value] }];
  if (Array.isArray(value)) return [{ type: 'int', shape: [value.length], values: value }];
  const known = value as Exclude<typeof value, readonly number[]>;
  if ('tensor' in known) return [readConstant(known.tensor)];
  if ('float' in known && name === 'value_float') {
    return [{ type: 'float', shape: [], values: Float32Array.of(known.float) }];
  }
  return undefined;
}

function intOf({ attributes }: GraphNode, name: string, usual: number): number {
  const value = attributes.get(name);
  return typeof value === 'number' ? value : usual;
}

type Fold = (inputs: readonly Constant[], node: GraphNode) => Constant | undefined;

const ints = (shape: readonly number[], values: readonly number[]): Constant => ({
  type: 'int',
  shape,
  values,
});

/** Integers by integers, element by element; undefined where a result is not exact. */
const integers =
  (compute: (a: number, b: number) => number, type: 'int' | 'bool' = 'int'): Fold =>
  ([a, b]) => {
    const shape = broadcast(a!.shape, b!.shape);
    if (shape === undefined) return undefined;
    const values = Array.from({ length: sizeOf(shape) }, (_, at) =>
      compute(elementAt(a!, shape, at), elementAt(b!, shape, at)),
    );
    return values.every(Number.isSafeInteger) ? { type, shape, values } : undefined;
  };

/** The element of a constant that is broadcast to a shape, at a position of that shape. */
function elementAt({ shape, values }: Constant, to: readonly number[], at: number): number {
  const lengths = padRank(shape, to.length);
  let index = 0;
  let rest = at;
  let step = 1;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const position = rest % to[axis]!;
    rest = Math.floor(rest / to[axis]!);
    if (lengths[axis] !== 1) index += position * step;
    step *= lengths[axis]!;
  }
  return values[index]!;
}

/** The arithmetic of shapes, on lists and single numbers. */
const integerFolds: Readonly<Record<string, Fold>> = {
  Identity: ([x]) => x,
  Gather: ([x, positions], node) => {
    if (x!.shape.length !== 1 || intOf(node, 'axis', 0) > 0) return undefined;
    const picked = Array.from(
      positions!.values,
      (position) => x!.values[fromFront(position, x!.shape[0]!)],
    );
    if (picked.some((value) => value === undefined)) return undefined;
    return ints(positions!.shape, picked as number[]);
  },
  Concat: (inputs) => {
    if (inputs.some(({ shape }) => shape.length !== 1)) return undefined;
    const values = inputs.flatMap((input) => [...input.values]);
    return ints([values.length], values);
  },
  Slice: ([x, starts, ends, axes, steps]) => {
    const isList = x!.shape.length === 1 && starts?.values.length === 1 && ends !== undefined;
    if (!isList || (axes?.values[0] ?? 0) > 0 || (steps?.values[0] ?? 1) !== 1) return undefined;
    const values = [...x!.values].slice(starts.values[0], ends.values[0]);
    return ints([values.length], values);
  },
  Cast: ([x], node) => {
    const isWhole = [6, 7].includes(intOf(node, 'to', 0));
    return isWhole ? ints(x!.shape, [...x!.values]) : undefined;
  },
  Unsqueeze: ([x]) => (x!.shape.length === 0 ? ints([1], [...x!.values]) : undefined),
  Squeeze: ([x]) => (x!.values.length === 1 ? ints([], [...x!.values]) : undefined),
  Reshape: ([x, target]) => {
    const shape = reshaped(x!, [...(target?.values ?? [])], false);
    return shape && ints(shape, [...x!.values]);
  },
  ConstantOfShape: ([shape], node) => {
    const value = node.attributes.get('value');
    const isTensor = typeof value === 'object' && 'tensor' in value;
    const filling = isTensor ? readConstant(value.tensor) : undefined;
    const lengths = [...shape!.values];
    if (filling?.type !== 'int' || lengths.some(isPerImage)) return undefined;
    return ints(lengths, Array(sizeOf(lengths)).fill(filling.values[0]!));
  },
  Add: integers((a, b) => a + b),
  Sub: integers((a, b) => a - b),
  Mul: integers((a, b) => a * b),
  Div: integers((a, b) => (isPerImage(a) ? a / b : Math.trunc(a / b))),
  Equal: integers((a, b) => Number(a === b), 'bool'),
  Where: ([condition, a, b]) => {
    const shape = broadcast(condition!.shape, a!.shape, b!.shape);
    if (shape === undefined) return undefined;
    const values = Array.from({ length: sizeOf(shape) }, (_, at) =>
      elementAt(elementAt(condition!, shape, at) === 1 ? a! : b!, shape, at),
    );
    return ints(shape, values);
  },
};

async function foldByRuntime(
  node: GraphNode,
  inputs: readonly (Constant | undefined)[],
  opset: number,
): Promise<readonly Constant[] | undefined> {
  const attributes = [...node.attributes].map(([name, value]) => [name, written(value)] as const);
  if (attributes.some(([, value]) => value === undefined)) return undefined;
  const initializers = inputs.flatMap((input, i) =>
    input === undefined ? [] : [initializerOf(`input${i}`, input)],
  );
  const outputs = node.outputs.map((_, i) => `output${i}`);
  const graph = {
    nodes: [
      {
        type: node.operator,
        domain: node.domain,
        inputs: inputs.map((input, i) => (input === undefined ? '' : `input${i}`)),
        outputs,
        attributes: Object.fromEntries(attributes) as Record<string, OnnxAttribute>,
      },
    ],
    initializers,
    inputs: [],
    outputs: outputs.map((name) => ({ name, type: 'float32' as const })),
  };
  // An output's type is written into the file; the runtime names the one that it computes.
  for (const type of ['float32', 'int64', 'bool'] as const) {
    const typed = { ...graph, outputs: outputs.map((name) => ({ name, type })) };
    const session = await InferenceSession.create(encodeModel(typed, { opset }), {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
    }).catch(() => undefined);
    if (session === undefined) continue;
    try {
      const results = await session.run({});
      return outputs.map((name) => constantFrom(results[name]!));
    } finally {
      void session.release();
    }
  }
  return undefined;
}

function written(value: Attribute): OnnxAttribute | undefined {
  if (typeof value === 'number' || typeof value === 'string' || Array.isArray(value)) return value;
  const single = value as Exclude<typeof value, readonly number[]>;
  if ('float' in single) return single;
  return 'tensor' in single
    ? { tensor: initializerOf('', readConstant(single.tensor)) }
    : undefined;
}

function initializerOf(name: string, { type, shape, values }: Constant): OnnxInitializer {
  if (type === 'float') return { name, type: 'float32', shape, data: Float32Array.from(values) };
  if (type === 'bool') return { name, type: 'bool', shape, data: Uint8Array.from(values) };
  return { name, type: 'int64', shape, data: BigInt64Array.from(Array.from(values, BigInt)) };
}

function constantFrom({ type, dims, data }: Tensor): Constant {
  if (type === 'float32') return { type: 'float', shape: dims, values: data as Float32Array };
  const values = Array.from(data as Iterable<number | bigint>, Number);
  return { type: type === 'bool' ? 'bool' : 'int', shape: dims, values };
}
