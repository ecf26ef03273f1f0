import { kernel } from '../kernel.ts';

interface TfDepthToSpace {
  readonly blockSize: number;
  readonly dataFormat: string;
}

/** Images whose channels are dealt out over squares of pixels: `[b, h, w, s·s·c]` as `[b, h·s, w·s, c]`. */
export const depthToSpace = kernel<TfDepthToSpace, { blocksize: number }>({
  name: 'DepthToSpace',
  inputs: ['x'],
  plan([x], { blockSize, dataFormat }) {
    if (dataFormat !== 'NHWC') return undefined;
    const [batch, height, width, depth] = x!.shape as [number, number, number, number];
    const shape = [batch, height * blockSize, width * blockSize, depth / blockSize ** 2];
    return { outputs: [{ shape, dtype: x!.dtype }], attributes: { blocksize: blockSize } };
  },
  lower(lowering, { operands: [x], attributes, outputs }) {
    const { graph } = lowering;
    const { blocksize } = attributes;
    if (x!.value.dtype === 'float32' && lowering.standsChannelsFirst(x!)) {
      return { channelsFirst: graph.node('DepthToSpace', [lowering.channelsFirst(x!)], { attributes }) };
    }
    const [batch, height, width, depth] = x!.shape as [number, number, number, number];
    const { value } = x!;
    const squares = [batch, height, width, blocksize, blocksize, depth / blocksize ** 2];
    const dealt = graph.transpose(lowering.logical({ value, shape: squares }), [0, 1, 3, 2, 4, 5]);
    return { logical: graph.reshape(dealt, outputs[0]!.shape) };
  },
});
