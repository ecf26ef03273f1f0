import type { InferenceSession } from 'onnxruntime-node';
import type { OnnxGraph, OnnxNode } from './onnx-writer.ts';
import type { Provider } from './providers.ts';

/** Nodes that the WebGPU provider takes, and then does not compute. */
function isBeyondWebgpu({ type, outputs }: OnnxNode): boolean {
  // "The Indices output is not supported yet."
  return type === 'MaxPool' && outputs.length > 1;
}

/** Where a graph's nodes run: by the provider where it has their operator, else on the CPU. */
export function executionProviders(
  graph: OnnxGraph,
  provider: Provider | undefined,
): NonNullable<InferenceSession.SessionOptions['executionProviders']> {
  switch (provider) {
    case undefined:
      return ['cpu'];
    case 'cuda':
      return ['cuda', 'cpu'];
    case 'webgpu': {
      // A node goes by the name of its first output.
      const names = graph.nodes.filter(isBeyondWebgpu).map(({ outputs }) => outputs[0] ?? '');
      return [{ name: 'webgpu', ...(names.length > 0 && { forceCpuNodeNames: names }) }, 'cpu'];
    }
  }
}
