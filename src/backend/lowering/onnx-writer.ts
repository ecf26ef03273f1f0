import { ONNX_TYPE, type OnnxType } from '../dtype.ts';
import { Message } from './protobuf.ts';

/** An attribute of an ONNX node. A plain number is an INT; a FLOAT says so, since 1 and 1.0 are one number here. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly graph: OnnxGraph };

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
  /** A name in place of a length leaves it free. */
  readonly shape?: readonly (number | string)[];
}

/** A constant of the graph; `data` in the host's byte order, which is little-endian on every platform we run on. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** The numbers of the AttributeProto.AttributeType enumeration. */
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const GRAPH = 5;
const INTS = 7;

/** IR version 8 is what ONNX 1.13 (opset 18) writes. */
const IR_VERSION = 8;
/** Version of ONNX's own operators. The contributed domains (`com.microsoft…`) are all at version 1. */
const OPSET = 18;

export interface ModelFacts {
  /** What made the model. */
  readonly producer?: string;
  /** Text for whoever reads it, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of an ONNX ModelProto that holds this graph. Field numbers are those of onnx.proto3; only the fields that a model for
 * ONNX Runtime needs are written.
 */
export function encodeModel(
  graph: OnnxGraph,
  { producer = 'tfjs trace', metadata = {} }: ModelFacts = {},
): Uint8Array<ArrayBuffer> {
  const model = new Message();
  model.integer(1, IR_VERSION);
  model.text(2, producer);
  model.message(7, encodeGraph(graph));
  for (const domain of domainsOf(graph)) {
    const opset = new Message();
    opset.text(1, domain);
    opset.integer(2, domain === '' ? OPSET : 1);
    model.message(8, opset);
  }
  for (const [key, value] of Object.entries(metadata)) {
    const entry = new Message();
    entry.text(1, key);
    entry.text(2, value);
    model.message(14, entry);
  }
  return model.finish();
}

function domainsOf(graph: OnnxGraph): Set<string> {
  const domains = new Set(['']);
  for (const node of graph.nodes) {
    domains.add(node.domain);
    for (const attribute of Object.values(node.attributes)) {
      if (typeof attribute === 'object' && 'graph' in attribute) {
        for (const domain of domainsOf(attribute.graph)) domains.add(domain);
      }
    }
  }
  return domains;
}

function encodeGraph(graph: OnnxGraph): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, encodeNode(node));
  message.text(2, 'trace');
  for (const initializer of graph.initializers) message.message(5, encodeInitializer(initializer));
  for (const input of graph.inputs) message.message(11, encodeValue(input));
  for (const output of graph.outputs) message.message(12, encodeValue(output));
  return message;
}

function encodeNode(node: OnnxNode): Message {
  const message = new Message();
  for (const input of node.inputs) message.text(1, input);
  for (const output of node.outputs) message.text(2, output);
  // ONNX Runtime's profile and its errors show this name; the first output's is unique already.
  message.text(3, node.outputs[0] ?? '');
  message.text(4, node.type);
  for (const [name, value] of Object.entries(node.attributes)) message.message(5, encodeAttribute(name, value));
  if (node.domain !== '') message.text(7, node.domain);
  return message;
}

function encodeAttribute(name: string, value: OnnxAttribute): Message {
  const message = new Message();
  message.text(1, name);
  if (typeof value === 'number') {
    message.integer(3, value);
    message.integer(20, INT);
  } else if (typeof value === 'string') {
    message.text(4, value);
    message.integer(20, STRING);
  } else if ('float' in value) {
    message.float(2, value.float);
    message.integer(20, FLOAT);
  } else if ('graph' in value) {
    message.message(6, encodeGraph(value.graph));
    message.integer(20, GRAPH);
  } else {
    for (const element of value) message.integer(8, element);
    message.integer(20, INTS);
  }
  return message;
}

function encodeInitializer({ name, type, shape, data }: OnnxInitializer): Message {
  const message = new Message();
  for (const length of shape) message.integer(1, length);
  message.integer(2, ONNX_TYPE[type]);
  message.text(8, name);
  message.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return message;
}

function encodeValue({ name, type, shape }: OnnxValue): Message {
  const message = new Message();
  message.text(1, name);
  message.message(2, type === 'sequence' ? sequenceType() : tensorType(type, shape));
  return message;
}

function tensorType(type: OnnxType, shape: OnnxValue['shape']): Message {
  const tensor = new Message();
  tensor.integer(1, ONNX_TYPE[type]);
  if (shape !== undefined) {
    const dimensions = new Message();
    for (const length of shape) {
      const dimension = new Message();
      if (typeof length === 'string') dimension.text(2, length);
      else dimension.integer(1, length);
      dimensions.message(1, dimension);
    }
    tensor.message(2, dimensions);
  }
  const wrapped = new Message();
  wrapped.message(1, tensor);
  return wrapped;
}

function sequenceType(): Message {
  const sequence = new Message();
  sequence.message(1, tensorType('float32', undefined));
  const wrapped = new Message();
  wrapped.message(4, sequence);
  return wrapped;
}
