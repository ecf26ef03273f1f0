import { encodeModel, type OnnxAttribute } from '../../../backend/lowering/onnx-writer.ts';
import { StageError } from '../../../stage.ts';
import { isFloat } from '../graph/file/constants.ts';
import type { Attribute, GraphNode, StoredTensor } from '../graph/file/onnx-graph.ts';
import { dataType } from '../graph/file/tensor-values.ts';
import { needed } from '../graph/needed.ts';
import { type OpenedGraph, outputOf } from '../graph-network.ts';

/**
 * The bytes of an ONNX file of a network that a tfjs model has, up to its output, for inference.
 * Throws a {@link StageError} for an operation that ONNX has not.
 */
export function graphAsOnnx(opened: OpenedGraph): Uint8Array<ArrayBuffer> {
  const { graph, file } = opened;
  const output = outputOf(opened);
  const nodes = needed(graph.nodes, [output]);
  const foreign = nodes.find(({ domain }) => domain !== '');
  if (foreign !== undefined) {
    const { name, operator, domain } = foreign;
    throw new StageError(
      `Expected a network that ONNX can express, but the node "${name}" of ${file} is ${operator} of ${domain}.`,
    );
  }
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const initializers = [...graph.initializers.values()].filter(({ name }) => used.has(name));
  return encodeModel(
    {
      nodes: nodes.map(nodeOf),
      initializers: initializers.map(written),
      inputs: graph.inputs.map(({ name, shape }) => ({ name, type: 'float32', shape })),
      outputs: [{ name: output, type: 'float32' }],
    },
    { producer: 'restage', opset: graph.opset },
  );
}

/** Dropout drops nothing here. */
function nodeOf({ operator, inputs, outputs, attributes }: GraphNode) {
  const isDropout = operator === 'Dropout';
  const entries = [...attributes].map(([name, value]) => [name, attributeOf(value)] as const);
  return {
    type: isDropout ? 'Identity' : operator,
    domain: '',
    inputs: isDropout ? inputs.slice(0, 1) : inputs,
    outputs,
    attributes: Object.fromEntries(entries),
  };
}

function attributeOf(value: Attribute): OnnxAttribute {
  if (typeof value === 'number' || typeof value === 'string' || Array.isArray(value)) return value;
  const single = value as Exclude<typeof value, readonly number[]>;
  if ('float' in single) return single;
  if ('tensor' in single) return { tensor: written(single.tensor) };
  throw new Error('Internal error: an attribute that no translation writes');
}

function written(stored: StoredTensor) {
  const { name, shape, type } = stored;
  const values = stored.read()!;
  if (isFloat(stored))
    return { name, shape, type: 'float32', data: Float32Array.from(values) } as const;
  if (type === dataType.bool)
    return { name, shape, type: 'bool', data: Uint8Array.from(values) } as const;
  const data = BigInt64Array.from(Array.from(values, BigInt));
  return { name, shape, type: 'int64', data } as const;
}
