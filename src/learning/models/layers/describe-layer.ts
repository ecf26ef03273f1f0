import { unreachable } from '../../../result.ts';
import type { PlainLayer } from './layer.ts';

/** What a layer does, for tables and drawings: `conv 7 x 7, stride 2, relu`. */
export function describeLayer(layer: PlainLayer): string {
  switch (layer.kind) {
    case 'conv':
      return convolution('conv', layer);
    case 'separableConv':
      return convolution('separable conv', layer);
    case 'maxPool':
      return pooling('max-pool', layer);
    case 'averagePool':
      return pooling('average pool', layer);
    case 'batchNorm':
      return 'batch norm';
    case 'activation':
      return layer.activation;
    case 'dropout':
      return `dropout ${layer.rate}`;
    case 'flatten':
      return 'flatten';
    case 'globalAveragePool':
      return 'global average pool';
    case 'dense':
      return joined('dense', layer.activation);
    default:
      return unreachable(layer);
  }
}

type Of<Kind extends PlainLayer['kind']> = Extract<PlainLayer, { readonly kind: Kind }>;

function convolution(word: string, { kernel, stride, padding, activation }: Of<'conv' | 'separableConv'>): string {
  // Around a kernel of one pixel there is nothing to pad.
  const same = padding === 'same' && kernel > 1 && 'same';
  return joined(`${word} ${kernel} x ${kernel}`, stride > 1 && `stride ${stride}`, same, activation);
}

function pooling(word: string, { size, stride, padding }: Of<'maxPool' | 'averagePool'>): string {
  return joined(`${word} ${size} x ${size}`, stride !== size && `stride ${stride}`, padding === 'same' && 'same');
}

const joined = (...parts: readonly (string | false | undefined)[]): string => parts.filter(Boolean).join(', ');
