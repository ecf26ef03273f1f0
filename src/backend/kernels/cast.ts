import type { DataType } from '@tensorflow/tfjs';
import { isValueType, ONNX_TYPE, type ValueType } from '../dtype.ts';
import { kernel } from '../kernel.ts';
import type { Operand } from '../trace.ts';

/** A change of type. Numbers become integers towards 0, as in JavaScript: NaN and the infinities too are 0. */
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
      const endless = graph.node('Or', [graph.node('IsNaN', [name]), graph.node('IsInf', [name])]);
      name = graph.node('Where', [endless, graph.scalar(0), name]);
    }
    const result = graph.node('Cast', [name], { attributes: { to: ONNX_TYPE[to] } });
    return channelsFirst ? { channelsFirst: result } : { logical: result };
  },
});
