import { ONNX_TYPE } from '../dtype.ts';
import { kernel } from '../kernel.ts';

/** The k largest along the last axis and their places, largest first (asked for or not), of equals the first. */
export const topK = kernel<{ k: number; sorted: boolean }, { k: number }>({
  name: 'TopK',
  inputs: ['x'],
  plan([x], { k }) {
    const { shape, dtype } = x!;
    if (dtype === 'bool' || shape.length === 0) return undefined;
    const output = [...shape.slice(0, -1), k];
    const outputs = [
      { shape: output, dtype },
      { shape: output, dtype: 'int32' as const },
    ];
    return { outputs, attributes: { k } };
  },
  lower(lowering, { operands: [x], attributes: { k } }) {
    const { graph } = lowering;
    const inputs = [lowering.logical(x!), graph.ints([k])];
    const [values, places] = graph.nodes('TopK', inputs, 2, { attributes: { axis: -1, largest: 1, sorted: 1 } }) as [
      string,
      string,
    ];
    return [{ logical: values }, { logical: graph.node('Cast', [places], { attributes: { to: ONNX_TYPE.int32 } }) }];
  },
});
