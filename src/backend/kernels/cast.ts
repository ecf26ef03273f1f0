import type { DataType } from '@tensorflow/tfjs';
import { isValueType, ONNX_TYPE, type ValueType } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';

/** A change of type. Numbers become integers as in JavaScript: towards 0, modulo 2³², NaN and the infinities 0. */
export const cast = kernel<{ dtype: DataType }, { from: ValueType; to: ValueType }>({
  name: 'Cast',
  inputs: ['x'],
  plan([x], { dtype }) {
    if (!isValueType(dtype)) return undefined;
    if (dtype === x!.dtype) return { view: x!.shape };
    return { outputs: [{ shape: x!.shape, dtype }], attributes: { from: x!.dtype, to: dtype } };
  },
  lower(lowering, { operands, attributes: { from, to } }) {
    const { graph } = lowering;
    const [x] = operands as [Operand];
    const channelsFirst = lowering.standsChannelsFirst(x);
    let name = channelsFirst ? lowering.channelsFirst(x) : lowering.logical(x);
    if (from === 'float32' && to === 'int32') {
      // Above 2⁶³ every float is a multiple of 2³².
      const fits = graph.node('Less', [graph.node('Abs', [name]), graph.scalar(2 ** 63)]);
      const whole = graph.node('Where', [fits, name, graph.scalar(0)]);
      const long = graph.node('Cast', [whole], { attributes: { to: ONNX_TYPE.int64 } });
      // ONNX Runtime would join two casts in a row into one, which treats numbers that do not fit differently.
      const low = graph.node('BitwiseAnd', [long, graph.int(2 ** 32 - 1)]);
      name = graph.node('Cast', [low], { attributes: { to: ONNX_TYPE.int32 } });
    } else {
      name = graph.node('Cast', [name], { attributes: { to: ONNX_TYPE[to] } });
    }
    return channelsFirst ? { channelsFirst: name } : { logical: name };
  },
});
