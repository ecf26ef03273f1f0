import type { GraphNode, OnnxGraph } from './file/onnx-graph.ts';

/** Operators at the end of a network that only say its scores in another form. */
const ends = new Set(['Softmax', 'LogSoftmax', 'Sigmoid', 'Identity', 'Cast']);

/**
 * The tensor before the classifier: what the last dense layer takes, if a network ends with one;
 * else its output.
 */
export function beforeClassifier(graph: OnnxGraph, output: string): string {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const logits = beforeScores(graph, output);
  const last = makers.get(logits);
  if (last === undefined) return output;
  const weighs = (node: GraphNode | undefined) =>
    node !== undefined && ['Gemm', 'MatMul'].includes(node.operator);
  const dense = weighs(last) ? last : addedTo(last, makers).find(weighs);
  return dense?.inputs[0] ?? output;
}

/** The tensor of the logits, before the softmax that a file may end with. */
export function beforeScores(graph: OnnxGraph, output: string): string {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  let name = output;
  for (let node = makers.get(name); node && ends.has(node.operator); node = makers.get(name)) {
    name = node.inputs[0]!;
  }
  return name;
}

/** What a node adds a bias to. */
const addedTo = (node: GraphNode, makers: ReadonlyMap<string, GraphNode>) =>
  node.operator === 'Add' ? node.inputs.map((name) => makers.get(name)) : [];
