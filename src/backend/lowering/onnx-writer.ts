import { ONNX_TYPE, type OnnxType } from '../trace/trace.ts';
import { type Field, type Message, message, repeated } from './protobuf.ts';

/**
 * An attribute of an ONNX node. A plain number is an INT; a FLOAT says so, since 1 and 1.0 are one
 * number here.
 */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: OnnxInitializer }
  | { readonly graph: OnnxGraph };

/** A node of an ONNX graph: an operator with its inputs and outputs by name. */
export interface OnnxNode {
  readonly type: string;
  /** '' is ONNX's own domain. */
  readonly domain: string;
  /** Names of values; '' leaves an optional one out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A graph's input or output. Without a shape, ONNX Runtime infers it. */
export interface OnnxValue {
  readonly name: string;
  /** `sequence` is a sequence of float tensors. */
  readonly type: OnnxType | 'sequence';
  /** A name instead of a length leaves it free. */
  readonly shape?: readonly (number | string)[];
}

/**
 * A constant of the graph; `data` in the host's byte order, which is little-endian on every
 * platform we run on.
 */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

/** An ONNX graph, in which every node comes after those whose values it reads. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** IR version 8 is what ONNX 1.13 (opset 18) writes. */
const IR_VERSION = 8;
/**
 * Version of ONNX's own operators. The contributed domains (`com.microsoft…`) are all at version 1.
 */
const OPSET = 18;

interface ModelFacts {
  /** The program that wrote the model. */
  readonly producer?: string;
  /** The version of ONNX's own operators; 18 when left out. */
  readonly opset?: number;
  /** Text for readers of the model, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of an ONNX ModelProto that holds this graph. Field numbers are those of onnx.proto3;
 * only the fields that a model for ONNX Runtime needs are written.
 */
export function encodeModel(
  graph: OnnxGraph,
  { producer = 'tfjs trace', opset = OPSET, metadata = {} }: ModelFacts = {},
): Uint8Array<ArrayBuffer> {
  const opsets = [...domainsOf(graph)].map((domain) => {
    return message([
      [1, domain],
      [2, domain === '' ? opset : 1],
    ]);
  });
  const model = message([
    [1, IR_VERSION],
    [2, producer],
    [7, encodeGraph(graph)],
    ...repeated(8, opsets),
    ...repeated(
      14,
      Object.entries(metadata).map(([key, value]) =>
        message([
          [1, key],
          [2, value],
        ]),
      ),
    ),
  ]);
  return Buffer.concat(model);
}

function domainsOf(graph: OnnxGraph): Set<string> {
  const inside = graph.nodes.flatMap(({ domain, attributes }) => [
    domain,
    ...Object.values(attributes).flatMap((value) => {
      return typeof value === 'object' && 'graph' in value ? [...domainsOf(value.graph)] : [];
    }),
  ]);
  return new Set(['', ...inside]);
}

function encodeGraph({ nodes, initializers, inputs, outputs }: OnnxGraph): Message {
  return message([
    ...repeated(1, nodes.map(encodeNode)),
    [2, 'trace'],
    ...repeated(5, initializers.map(encodeInitializer)),
    ...repeated(11, inputs.map(encodeValue)),
    ...repeated(12, outputs.map(encodeValue)),
  ]);
}

function encodeNode({ type, domain, inputs, outputs, attributes }: OnnxNode): Message {
  return message([
    ...repeated(1, inputs),
    ...repeated(2, outputs),
    // ONNX Runtime's profile and its errors show this name; the first output's is unique already.
    [3, outputs[0] ?? ''],
    [4, type],
    ...repeated(
      5,
      Object.entries(attributes).map(([name, value]) =>
        message([[1, name], ...attributeFields(value)]),
      ),
    ),
    ...repeated(7, domain === '' ? [] : [domain]),
  ]);
}

/**
 * An attribute's value, and the number of its type in the AttributeProto.AttributeType enumeration.
 */
function attributeFields(value: OnnxAttribute): Field[] {
  const typed = (type: number, ...fields: Field[]): Field[] => [...fields, [20, type]];
  if (typeof value === 'number') return typed(2, [3, value]);
  if (typeof value === 'string') return typed(3, [4, value]);
  if ('float' in value) return typed(1, [2, value]);
  if ('tensor' in value) return typed(4, [5, encodeInitializer(value.tensor)]);
  if ('graph' in value) return typed(5, [6, encodeGraph(value.graph)]);
  return typed(7, ...repeated(8, value));
}

function encodeInitializer({ name, type, shape, data }: OnnxInitializer): Message {
  return message([
    ...repeated(1, shape),
    [2, ONNX_TYPE[type]],
    [8, name],
    [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
  ]);
}

function encodeValue({ name, type, shape }: OnnxValue): Message {
  const sequence = (): Message => message([[4, message([[1, tensorType('float32', undefined)]])]]);
  return message([
    [1, name],
    [2, type === 'sequence' ? sequence() : tensorType(type, shape)],
  ]);
}

function tensorType(type: OnnxType, shape: OnnxValue['shape']): Message {
  const dimensions = shape?.map((length) =>
    message([[typeof length === 'string' ? 2 : 1, length]]),
  );
  const ranked: Field[] = dimensions === undefined ? [] : [[2, message(repeated(1, dimensions))]];
  return message([[1, message([[1, ONNX_TYPE[type]], ...ranked])]]);
}
