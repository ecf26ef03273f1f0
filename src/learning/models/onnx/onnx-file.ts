import { message } from '../../../backend/lowering/protobuf.ts';
import { StageError } from '../../../stage.ts';
import { checkOneFile } from './external-data.ts';
import { notOnnx } from './not-onnx.ts';
import { fieldMap, fieldsOf, numbersOf, textsOf } from './protobuf-fields.ts';

/** What an ONNX file says of its network, beside the shapes that ONNX Runtime reads. */
export interface OnnxFacts {
  /**
   * Learnable parameters before the requested tensor: floating-point constants without single
   * numbers and moving statistics.
   */
  readonly parameters: number;
  /** Names of the tensors that its nodes compute, in their order. */
  readonly tensors: readonly string[];
  /** Names of the tensors that are a softmax. */
  readonly softmaxes: readonly string[];
  /** Text by name, such as the names of classes. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Numbers of fields in onnx.proto3. */
const model = { graph: 7, metadata: 14 } as const;
const graph = { node: 1, constant: 5, output: 12 } as const;
const node = { input: 1, output: 2, operator: 4 } as const;
const constant = { shape: 1, type: 2, name: 8 } as const;
/** TensorProto.DataType: float32, float16, float64, bfloat16. */
const floats = new Set([1, 10, 11, 16]);

/**
 * Reads the bytes of an ONNX file; parameters are those up to `tensor`, by default all. Throws a
 * {@link StageError} for bytes of another format, and for a file whose weights lie in another one.
 */
export function readOnnxFacts(bytes: Uint8Array, name: string, tensor?: string): OnnxFacts {
  try {
    checkOneFile(bytes, name);
    const { nodes, constants, metadata } = readModel(bytes);
    const moving = new Set(
      nodes.flatMap(({ operator, inputs }) =>
        operator === 'BatchNormalization' ? inputs.slice(3) : [],
      ),
    );
    const used = namesBefore(nodes, tensor);
    const learnable = constants.filter(
      (weight) =>
        floats.has(weight.type) &&
        weight.shape.length > 0 &&
        !moving.has(weight.name) &&
        used.has(weight.name),
    );
    return {
      parameters: learnable.reduce(
        (sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1),
        0,
      ),
      tensors: nodes.flatMap(({ outputs }) => outputs),
      softmaxes: nodes.flatMap(({ operator, outputs }) => (operator === 'Softmax' ? outputs : [])),
      metadata,
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw notOnnx(name, error);
  }
}

/**
 * What a tensor follows from, or all tensors. Every node stands after those whose outputs it takes
 * (onnx/docs/IR.md).
 */
function namesBefore(
  nodes: ReturnType<typeof readModel>['nodes'],
  tensor: string | undefined,
): ReadonlySet<string> {
  const used = new Set(tensor === undefined ? nodes.flatMap(({ outputs }) => outputs) : [tensor]);
  for (const { inputs, outputs } of nodes.toReversed()) {
    if (outputs.some((name) => used.has(name))) for (const name of inputs) used.add(name);
  }
  return used;
}

function readModel(bytes: Uint8Array) {
  const fields = [...fieldsOf(bytes)];
  const graphs = fields.flatMap(([number, value]) =>
    number === model.graph ? [...fieldsOf(value)] : [],
  );
  const parts = (number: number) =>
    graphs.flatMap(([at, value]) => (at === number ? [fieldMap(value)] : []));
  const nodes = parts(graph.node).map((part) => ({
    inputs: textsOf(part, node.input),
    outputs: textsOf(part, node.output),
    operator: textsOf(part, node.operator)[0],
  }));
  const constants = parts(graph.constant).map((part) => ({
    name: textsOf(part, constant.name)[0] ?? '',
    type: numbersOf(part, constant.type)[0] ?? 0,
    shape: numbersOf(part, constant.shape),
  }));
  const entries = fields.flatMap(([number, value]) =>
    number === model.metadata ? [fieldMap(value)] : [],
  );
  const metadata = new Map(
    entries.map((entry) => [textsOf(entry, 1)[0] ?? '', textsOf(entry, 2)[0] ?? '']),
  );
  return { nodes, constants, metadata };
}

/**
 * The bytes of the file with one of its tensors as a further output: protobuf merges a message that
 * comes again.
 */
export function withOutput(bytes: Uint8Array, tensor: string): Uint8Array {
  const output = message([[graph.output, message([[1, tensor]])]]);
  return Buffer.concat([bytes, ...message([[model.graph, output]])]);
}
