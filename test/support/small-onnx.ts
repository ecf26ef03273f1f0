import { encodeModel } from '../../src/backend/lowering/onnx-writer.ts';
import { node } from './onnx-node.ts';

/**
 * An ONNX file of two classes, with names as PyTorch gives them: a stem, two blocks of a layer, and
 * a classifier. Images have so many pixels a side, or as many as come where it is a name. The texts
 * are its metadata.
 */
export function smallOnnx(
  side: number | string = 8,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const floats = (name: string, ...shape: readonly number[]) => {
    const length = shape.reduce((product, width) => product * width, 1);
    const data = Float32Array.from({ length }, (_, at) => Math.sin(at));
    return { name, type: 'float32', shape, data } as const;
  };
  const block = (number: number, input: string) => {
    const at = `layer1.${number}`;
    const place = `layer1/${at}`;
    const conv = [input, `${at}.conv.weight`, `${at}.conv.bias`];
    return [
      node('Conv', conv, `${place}/conv/Conv`),
      node('Relu', [`${place}/conv/Conv`], `${place}/relu/Relu`),
      node('Add', [`${place}/relu/Relu`, input], `${place}/Add`),
    ];
  };
  const weights = (number: number) => [
    floats(`layer1.${number}.conv.weight`, 4, 4, 1, 1),
    floats(`layer1.${number}.conv.bias`, 4),
  ];
  const graph = {
    nodes: [
      node('Conv', ['image', 'conv1.weight'], 'conv1/Conv'),
      ...block(0, 'conv1/Conv'),
      ...block(1, 'layer1/layer1.0/Add'),
      node('GlobalAveragePool', ['layer1/layer1.1/Add'], 'pool/GlobalAveragePool'),
      node('Flatten', ['pool/GlobalAveragePool'], 'Flatten'),
      node('Gemm', ['Flatten', 'fc.weight', 'fc.bias'], 'logits'),
    ],
    initializers: [
      floats('conv1.weight', 4, 3, 1, 1),
      ...weights(0),
      ...weights(1),
      floats('fc.weight', 4, 2),
      floats('fc.bias', 2),
    ],
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, side, side] }],
    outputs: [{ name: 'logits', type: 'float32' }],
  } as const;
  return encodeModel(graph, { metadata });
}
