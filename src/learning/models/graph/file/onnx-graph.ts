import { StageError } from '../../../../stage.ts';
import { checkOneFile } from '../../onnx/external-data.ts';
import { notOnnx } from '../../onnx/not-onnx.ts';
import {
  bytesOf,
  type Fields,
  fieldMap,
  fieldsOf,
  messagesOf,
  numbersOf,
  textsOf,
} from '../../onnx/protobuf-fields.ts';
import { tensorValues } from './tensor-values.ts';

/** The value of a node's attribute; a FLOAT says so, since 1 and 1.0 are one number here. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: StoredTensor }
  | { readonly unread: true };

/** An operator with its inputs and outputs by name; '' leaves an optional one out. */
export interface GraphNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Of a node of another format that has no operator of ONNX: which form of it is missing. */
  readonly form?: string;
}

/** Numbers of a file by name, which are decoded when they are needed. */
export interface StoredTensor {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly type: number;
  readonly shape: readonly number[];
  /** Undefined for texts and others that are no numbers. */
  read(): ArrayLike<number> | undefined;
}

/** An input of a graph. A free length is its name, or ''. */
export interface GraphInput {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly (number | string)[];
}

/** The network of an ONNX file, as it is written. */
export interface OnnxGraph {
  readonly nodes: readonly GraphNode[];
  readonly initializers: ReadonlyMap<string, StoredTensor>;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  /** The version of ONNX's own operators. */
  readonly opset: number;
}

/** Numbers of fields in onnx.proto3. */
const model = { graph: 7, opset: 8 } as const;
const graph = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const node = { input: 1, output: 2, name: 3, operator: 4, attribute: 5, domain: 7 } as const;
const tensor = { shape: 1, type: 2, name: 8 } as const;
const attribute = { float: 2, int: 3, text: 4, tensor: 5, ints: 8, type: 20 } as const;
/** AttributeProto.AttributeType. */
const attributeType = { float: 1, int: 2, text: 3, tensor: 4, ints: 7 } as const;

/** ONNX's own operators are written without a domain, or by this name. */
const ownDomain = 'ai.onnx';

/**
 * Reads the bytes of an ONNX file. Throws a {@link StageError} for bytes of another format, and for
 * a file whose weights lie in another one.
 */
export function readOnnxGraph(bytes: Uint8Array, file: string): OnnxGraph {
  try {
    return readModel(bytes, file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw notOnnx(file, error);
  }
}

function readModel(bytes: Uint8Array, file: string): OnnxGraph {
  checkOneFile(bytes, file);
  const fields = fieldMap(bytes);
  // Protobuf merges a message that comes again.
  const parts = (fields.get(model.graph) ?? []).flatMap((part) => [...fieldsOf(part)]);
  const messages = (number: number) =>
    parts.filter(([at]) => at === number).map(([, value]) => fieldMap(value));
  const nodes = messages(graph.node).map(readNode);
  if (nodes.length === 0) throw new RangeError('expected a graph with nodes');
  const initializers = messages(graph.initializer).map(readTensor);
  const byName = new Map(initializers.map((initializer) => [initializer.name, initializer]));
  // Before version 4 of the format, initializers are inputs, too.
  const inputs = messages(graph.input)
    .map(readInput)
    .filter(({ name }) => !byName.has(name));
  checkNodes(nodes, [...byName.keys(), ...inputs.map(({ name }) => name)], file);
  return {
    nodes,
    initializers: byName,
    inputs,
    outputs: messages(graph.output).map((output) => textsOf(output, 1)[0] ?? ''),
    opset: opsetOf(fields),
  };
}

/** Swin-T has 7,400 where constants are not folded, most of them about shapes. */
const mostNodes = 20_000;

/**
 * Throws a {@link StageError} for too many nodes, for a tensor that is made twice, and for a node
 * that stands before one whose output it takes (onnx/docs/IR.md): so a network has no cycle.
 */
function checkNodes(nodes: readonly GraphNode[], given: readonly string[], file: string): void {
  if (nodes.length > mostNodes) {
    throw new StageError(
      `Expected at most ${mostNodes} nodes of ${file}, got ${nodes.length}: simplify it, for example with onnxsim.`,
    );
  }
  const made = new Set(given);
  const outputs = new Set(nodes.flatMap((node) => node.outputs));
  for (const node of nodes) {
    const where = `the node "${node.name || node.outputs[0]}"`;
    const early = node.inputs.find((name) => outputs.has(name) && !made.has(name) && name !== '');
    if (early !== undefined) {
      throw new StageError(
        `Expected every node of ${file} after those whose outputs it takes, but ${where} takes "${early}", which no earlier node makes: export it again.`,
      );
    }
    for (const name of node.outputs.filter((output) => output !== '')) {
      if (made.has(name)) {
        throw new StageError(
          `Expected every tensor of ${file} to be made once, but ${where} makes "${name}" again: export it again.`,
        );
      }
      made.add(name);
    }
  }
}

function opsetOf(fields: Fields): number {
  const versions = messagesOf(fields, model.opset)
    .filter((opset) => ['', ownDomain].includes(textsOf(opset, 1)[0] ?? ''))
    .map((opset) => numbersOf(opset, 2)[0] ?? 1);
  return Math.max(1, ...versions);
}

function readNode(fields: Fields): GraphNode {
  const [domain = ''] = textsOf(fields, node.domain);
  const attributes = messagesOf(fields, node.attribute).map(
    (part) => [textsOf(part, 1)[0] ?? '', readAttribute(part)] as const,
  );
  return {
    name: textsOf(fields, node.name)[0] ?? '',
    operator: textsOf(fields, node.operator)[0] ?? '',
    domain: domain === ownDomain ? '' : domain,
    inputs: textsOf(fields, node.input),
    outputs: textsOf(fields, node.output),
    attributes: new Map(attributes),
  };
}

function readAttribute(fields: Fields): Attribute {
  const ints = numbersOf(fields, attribute.ints);
  switch (numbersOf(fields, attribute.type)[0]) {
    case attributeType.float:
      return { float: floatIn(bytesOf(fields, attribute.float)) };
    case attributeType.int:
      return numbersOf(fields, attribute.int)[0] ?? 0;
    case attributeType.text:
      return textsOf(fields, attribute.text)[0] ?? '';
    case attributeType.ints:
      return ints;
    case attributeType.tensor: {
      const [stored] = messagesOf(fields, attribute.tensor);
      return stored === undefined ? { unread: true } : { tensor: readTensor(stored) };
    }
    default:
      return { unread: true };
  }
}

function floatIn(bytes: Uint8Array | undefined): number {
  if (bytes?.length !== 4) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
}

function readTensor(fields: Fields): StoredTensor {
  const [type = 0] = numbersOf(fields, tensor.type);
  return {
    name: textsOf(fields, tensor.name)[0] ?? '',
    type,
    shape: numbersOf(fields, tensor.shape),
    read: () => tensorValues(type, fields),
  };
}

/** ValueInfoProto { name, type { tensor_type { elem_type, shape { dim { value, param } } } } }. */
function readInput(fields: Fields): GraphInput {
  const [type] = messagesOf(fields, 2).flatMap((part) => messagesOf(part, 1));
  const shape =
    type === undefined ? [] : messagesOf(type, 2).flatMap((part) => messagesOf(part, 1));
  return {
    name: textsOf(fields, 1)[0] ?? '',
    type: type === undefined ? 0 : (numbersOf(type, 1)[0] ?? 0),
    shape: shape.map((length) => numbersOf(length, 1)[0] ?? textsOf(length, 2)[0] ?? ''),
  };
}
