import { z } from 'zod';
import { StageError } from '../../../../stage.ts';
import type { StoredWeights } from '../../weights/weight-files.ts';
import { exportedOpset } from '../file/exported-opset.ts';
import type { GraphInput, OnnxGraph } from '../file/onnx-graph.ts';
import { dataType } from '../file/tensor-values.ts';
import { Unsupported } from '../operators/operator.ts';
import { graphNode, TfjsNode } from './graph-node.ts';
import { graphOperations } from './graph-operations.ts';
import { inOrder } from './in-order.ts';
import { Translation, type Value } from './translation.ts';

/** The topology of a tfjs graph model, as its converter writes a graph of TensorFlow. */
export const graphTopology = z.object({ node: z.array(graphNode).min(1) });

/** What a model says of its outputs: `{ outputs: { name: { name: 'Identity:0' } } }`. */
export const signature = z.object({
  outputs: z.record(z.string(), z.object({ name: z.string() }).partial()).default({}),
});

interface GraphModel {
  readonly topology: z.infer<typeof graphTopology>;
  readonly signature: z.infer<typeof signature> | undefined;
  readonly weights: StoredWeights['tensors'];
  readonly path: string;
  /** The file's name, for messages. */
  readonly file: string;
}

/** The network of a graph model in ONNX's operators. Throws a {@link StageError}. */
export function translateGraph({
  topology,
  signature,
  weights,
  path,
  file,
}: GraphModel): OnnxGraph {
  const nodes = topology.node.map((node) => new TfjsNode(node));
  const byName = new Map(nodes.map((node) => [node.name, node]));
  if (byName.size < nodes.length) {
    throw new StageError(`Expected every node of ${file} once, got two of one name.`);
  }
  const t = new Translation([...byName.keys(), ...weights.keys()], path);
  const values = new Map<string, Value>();
  const inputs: GraphInput[] = [];
  const sorted = inOrder(nodes, file, ({ inputs }) =>
    inputs.flatMap((input) => byName.get(nodeOf(input)) ?? []),
  );
  for (const node of sorted) {
    if (node.operation === 'Const') {
      const weight = weights.get(node.name);
      if (weight !== undefined) values.set(node.name, { kind: 'weight', weight });
    } else if (node.operation === 'Placeholder') {
      const input = imageInput(node);
      inputs.push(input);
      const { name: tensor, shape } = input;
      values.set(tensor, { kind: 'value', tensor, rank: shape.length, isImage: shape[1] === 3 });
    } else values.set(node.name, translate(t, node, values, file));
  }
  return {
    nodes: t.nodes,
    initializers: t.initializers,
    inputs,
    outputs: outputsOf(nodes, signature),
    opset: exportedOpset,
  };
}

const nodeOf = (tensor: string): string => tensor.replace(/:\d+$/, '');

function translate(
  t: Translation,
  node: TfjsNode,
  values: ReadonlyMap<string, Value>,
  file: string,
): Value {
  const { name, operation: operator, inputs: names } = node;
  const inputs = names.map((input) => {
    const value = values.get(input);
    if (value !== undefined) return value;
    throw new StageError(
      `Expected the input "${input}" of the node "${name}" in ${file}, got none.`,
    );
  });
  const tensors = inputs.flatMap((value) => (value.kind === 'value' ? [value.tensor] : []));
  const unknown = { name, operator, domain: 'TensorFlow', inputs: tensors };
  const row = graphOperations.get(operator);
  if (row === undefined) return t.emitUnknown(unknown, undefined);
  try {
    if (inputs.length === 0) throw new Unsupported('no inputs');
    return row(t, node, inputs);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return t.emitUnknown(unknown, error.message);
  }
}

/** ONNX's form of a placeholder of images, whose channels are last in the file. */
function imageInput(node: TfjsNode): GraphInput {
  const [batch = -1, height = -1, width = -1, channels = 3] = node.shape('shape') ?? [];
  const free = (length: number, name: string) => (length < 0 ? name : length);
  const shape = [free(batch, 'batch'), channels, free(height, 'height'), free(width, 'width')];
  return { name: node.name, type: dataType.float32, shape };
}

/** What the model says, or what no other node takes. */
function outputsOf(nodes: readonly TfjsNode[], signature: GraphModel['signature']) {
  const named = Object.values(signature?.outputs ?? {}).flatMap(({ name = '' }) =>
    name === '' ? [] : [nodeOf(name)],
  );
  if (named.length > 0) return named;
  const taken = new Set(nodes.flatMap(({ inputs }) => inputs.map(nodeOf)));
  const ends = nodes.filter(({ name, operation }) => operation !== 'Const' && !taken.has(name));
  return ends.map(({ name }) => name);
}
