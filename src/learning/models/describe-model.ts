import { formatCount, formatCountOf } from '../../format-numbers.ts';
import type { ModelInfo } from './model-info.ts';

/** The network of a model in words. */
export function describeNetwork({ architecture }: ModelInfo): string {
  if (typeof architecture === 'string') return architecture;
  return 'onnx' in architecture
    ? `the ONNX file with SHA-256 ${architecture.onnx}, and a head`
    : `${architecture.layers.length} layers of the pipeline's own`;
}

/** The input of a network in words: `64 x 64 pixels, fit: cover`. */
export const describeInput = (
  input: { readonly size: number; readonly fit: string } | { readonly values: number },
): string =>
  'values' in input
    ? formatCountOf(input.values, 'feature')
    : `${formatCount(input.size)} x ${formatCount(input.size)} pixels, fit: ${input.fit}`;
