import type { InferenceSession } from 'onnxruntime-node';
import type { OnnxGraph, OnnxNode } from '../lowering/onnx-writer.ts';
import type { Provider } from '../providers.ts';

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
      // With channels last, its own choice, it computes some convolutions wrongly (ONNX Runtime 1.30): grouped ones whose
      // groups have outputs that four does not divide, and a filter of the image's size with padding at the ends.
      return [
        { name: 'webgpu', preferredLayout: 'NCHW', ...(names.length > 0 && { forceCpuNodeNames: names }) },
        'cpu',
      ];
    }
  }
}

/** What the WebGPU provider (of ONNX Runtime 1.30) takes, and computes wrongly or not at all. */
function isBeyondWebgpu({ type, outputs, attributes }: OnnxNode): boolean {
  switch (type) {
    case 'MaxPool':
      return outputs.length > 1; // "The Indices output is not supported yet."
    case 'Conv':
      return isPoint(attributes['kernel_shape']) && padsAtEndsAlone(attributes['pads']); // it overlooks the padding
    default:
      return false;
  }
}

const isPoint = (kernelShape: unknown): boolean =>
  Array.isArray(kernelShape) && kernelShape.every((size) => size === 1);

function padsAtEndsAlone(pads: unknown): boolean {
  if (!Array.isArray(pads)) return false;
  const starts = pads.slice(0, pads.length / 2);
  return starts.every((pad) => pad === 0) && pads.some((pad) => pad !== 0);
}
