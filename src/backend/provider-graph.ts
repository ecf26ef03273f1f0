import type { InferenceSession } from 'onnxruntime-node';
import type { OnnxGraph, OnnxInitializer, OnnxNode } from './onnx-writer.ts';
import type { Provider } from './providers.ts';

type Options = Pick<InferenceSession.SessionOptions, 'executionProviders' | 'extra'>;

/** A graph in the form that a provider computes rightly, and where its nodes run: the CPU has what the provider lacks. */
export function forProvider(
  graph: OnnxGraph,
  provider: Provider | undefined,
): { readonly graph: OnnxGraph; readonly options: Options } {
  switch (provider) {
    case undefined:
      return { graph, options: { executionProviders: ['cpu'] } };
    case 'cuda':
      return { graph, options: { executionProviders: ['cuda', 'cpu'] } };
    case 'webgpu': {
      // A node goes by the name of its first output.
      const names = graph.nodes.filter(isBeyondWebgpu).map(({ outputs }) => outputs[0] ?? '');
      const webgpu = { name: 'webgpu', ...(names.length > 0 && { forceCpuNodeNames: names }) };
      // Otherwise ONNX Runtime takes the padding back into the convolution.
      const extra = { optimization: { disable_specified_optimizers: 'Pad_Fusion' } };
      return { graph: paddedBefore(graph), options: { executionProviders: [webgpu, 'cpu'], extra } };
    }
  }
}

/** What the WebGPU provider takes, and then says: "The Indices output is not supported yet." */
function isBeyondWebgpu({ type, outputs }: OnnxNode): boolean {
  return type === 'MaxPool' && outputs.length > 1;
}

/**
 * Writes the padding of a convolution as a node of its own where it is at the ends alone. The WebGPU provider (of ONNX
 * Runtime 1.30) computes a filter of the image's size, or of 1 x 1, as a product of matrices, and then overlooks it:
 * https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/providers/webgpu/nn/conv.cc, `same_size`.
 */
function paddedBefore(graph: OnnxGraph): OnnxGraph {
  const initializers: OnnxInitializer[] = [...graph.initializers];
  const nodes = graph.nodes.flatMap((node): OnnxNode[] => {
    const pads = endPads(node);
    if (pads === undefined) return [node];
    const [image = '', ...others] = node.inputs;
    const [padded, amounts] = [`${node.outputs[0]}_padded`, `${node.outputs[0]}_pads`];
    const data = BigInt64Array.from([0, 0, 0, 0, 0, 0, ...pads], BigInt);
    initializers.push({ name: amounts, type: 'int64', shape: [data.length], data });
    return [
      { type: 'Pad', domain: '', inputs: [image, amounts], outputs: [padded], attributes: { mode: 'constant' } },
      { ...node, inputs: [padded, ...others], attributes: { ...node.attributes, pads: [0, 0, 0, 0] } },
    ];
  });
  return { ...graph, nodes, initializers };
}

/** Rows and columns that a convolution of images adds at the ends, where it adds none at the starts. */
function endPads({ type, attributes }: OnnxNode): readonly [number, number] | undefined {
  const { pads } = attributes;
  if (type !== 'Conv' || !Array.isArray(pads) || pads.length !== 4) return undefined;
  const [top, left, bottom, right] = pads as [number, number, number, number];
  return top === 0 && left === 0 && bottom + right > 0 ? [bottom, right] : undefined;
}
