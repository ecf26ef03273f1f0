import type { OnnxNode } from '../../src/backend/lowering/onnx-writer.ts';

/** A node of ONNX's own operators with one output, whose name is also its own. */
export const node = (
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): OnnxNode => ({ type, domain: '', inputs, outputs: [output], attributes });
