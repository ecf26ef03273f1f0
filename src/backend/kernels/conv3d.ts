import { backend_util } from '@tensorflow/tfjs';
import { sameShape } from '../dtype.ts';
import { type Kernel, kernel } from '../kernel.ts';
import { padAfter } from './convolution.ts';

interface TfConv3D {
  readonly strides: number | [number, number, number];
  readonly pad: 'valid' | 'same';
  readonly dataFormat?: 'NDHWC' | 'NCDHW';
  readonly dilations?: number | [number, number, number];
}

/** Where a filter is laid on a volume, per axis `[depth, height, width]`; `pads` those before all axes, then those after. */
type Geometry = {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
};

type Shape = { readonly geometry: Geometry; readonly output: readonly number[] };

/** Undefined for volumes with channels first, and for the negative pads that tfjs makes of strides beyond the filter. */
function convolutionShape(volume: readonly number[], filter: readonly number[], attributes: TfConv3D) {
  const { strides, pad, dataFormat = 'NDHWC', dilations = 1 } = attributes;
  if (dataFormat !== 'NDHWC') return undefined;
  type Five = [number, number, number, number, number];
  const info = backend_util.computeConv3DInfo(volume as Five, filter as Five, strides, dilations, pad);
  const { front, top, left } = info.padInfo;
  const before = [front, top, left];
  const steps = [info.strideDepth, info.strideHeight, info.strideWidth];
  const reach = [info.effectiveFilterDepth, info.effectiveFilterHeight, info.effectiveFilterWidth];
  const after = before.map((count, i) => padAfter(volume[i + 1]!, count, info.outShape[i + 1]!, steps[i]!, reach[i]!));
  const pads = [...before, ...after].filter((count) => count !== undefined && count >= 0);
  if (pads.length !== 6) return undefined;
  const spacing = [info.dilationDepth, info.dilationHeight, info.dilationWidth];
  return { geometry: { strides: steps, dilations: spacing, pads: pads as number[] }, output: info.outShape } as Shape;
}

const TO_CHANNELS_FIRST = [0, 4, 1, 2, 3];
const TO_CHANNELS_LAST = [0, 2, 3, 4, 1];

/** `[batch, depth, height, width, inChannels]` with a filter `[depth, height, width, inChannels, outChannels]`. */
const conv3d = kernel<TfConv3D, Geometry>({
  name: 'Conv3D',
  inputs: ['x', 'filter'],
  plan([x, filter], attributes) {
    const shape = convolutionShape(x!.shape, filter!.shape, attributes);
    if (shape === undefined || x!.dtype !== 'float32' || filter!.dtype !== 'float32') return undefined;
    return { outputs: [{ shape: shape.output, dtype: 'float32' }], attributes: shape.geometry };
  },
  lower(lowering, { operands: [x, filter], attributes }) {
    const { graph } = lowering;
    const volume = graph.transpose(lowering.logical(x!), TO_CHANNELS_FIRST);
    const weights = graph.transpose(lowering.logical(filter!), [4, 3, 0, 1, 2]);
    const kernelShape = filter!.shape.slice(0, 3);
    const y = graph.node('Conv', [volume, weights], { attributes: { ...attributes, kernel_shape: kernelShape } });
    return { logical: graph.transpose(y, TO_CHANNELS_LAST) };
  },
});

/** The gradient by the volume: the transposed convolution of the output's gradient. */
const conv3dBackpropInput = kernel<TfConv3D & { readonly inputShape: readonly number[] }, Geometry>({
  name: 'Conv3DBackpropInputV2',
  inputs: ['dy', 'filter'],
  plan([dy, filter], attributes) {
    const { inputShape } = attributes;
    const shape = convolutionShape(inputShape, filter!.shape, attributes);
    if (shape === undefined || dy!.dtype !== 'float32' || !sameShape(dy!.shape, shape.output)) return undefined;
    return { outputs: [{ shape: inputShape, dtype: 'float32' }], attributes: shape.geometry };
  },
  lower(lowering, { operands: [dy, filter], attributes, outputs }) {
    const { graph } = lowering;
    const { strides, dilations, pads } = attributes;
    const kernelShape = filter!.shape.slice(0, 3);
    // What no window reached at the end of an axis has no gradient, but it is there.
    const unreached = outputs[0]!.shape.slice(1, 4).map((length, i) => {
      const covered = (dy!.shape[i + 1]! - 1) * strides[i]! + (kernelShape[i]! - 1) * dilations[i]! + 1;
      return length + pads[i]! + pads[i + 3]! - covered;
    });
    const gradient = graph.transpose(lowering.logical(dy!), TO_CHANNELS_FIRST);
    const weights = graph.transpose(lowering.logical(filter!), [4, 3, 0, 1, 2]);
    const dx = graph.node('ConvTranspose', [gradient, weights], {
      attributes: { ...attributes, kernel_shape: kernelShape, output_padding: unreached },
    });
    return { logical: graph.transpose(dx, TO_CHANNELS_LAST) };
  },
});

/**
 * The gradient by the filter: the volume correlated with the output's gradient, summed over the batch. As for images,
 * one convolution with a group per volume, in which strides and dilations change places.
 */
const conv3dBackpropFilter = kernel<TfConv3D & { readonly filterShape: readonly number[] }, Geometry>({
  name: 'Conv3DBackpropFilterV2',
  inputs: ['x', 'dy'],
  plan([x, dy], attributes) {
    const { filterShape } = attributes;
    const shape = convolutionShape(x!.shape, filterShape, attributes);
    if (shape === undefined || dy!.dtype !== 'float32' || !sameShape(dy!.shape, shape.output)) return undefined;
    return { outputs: [{ shape: filterShape, dtype: 'float32' }], attributes: shape.geometry };
  },
  lower(lowering, { operands: [x, dy], attributes, outputs }) {
    const { graph } = lowering;
    const { strides, dilations, pads } = attributes;
    const filterShape = outputs[0]!.shape;
    const [inChannels, outChannels] = filterShape.slice(3) as [number, number];
    const window = filterShape.slice(0, 3);
    const batch = x!.shape[0] as number;
    const reach = dy!.shape.slice(1, 4);
    const volumes = graph.transpose(lowering.logical(x!), [4, 0, 1, 2, 3]);
    const gradient = graph.transpose(lowering.logical(dy!), TO_CHANNELS_FIRST);
    const kernels = graph.reshape(gradient, [batch * outChannels, 1, ...reach]);
    const correlated = graph.node('Conv', [volumes, kernels], {
      attributes: { group: batch, kernel_shape: reach, strides: dilations, dilations: strides, pads },
    });
    const taps = x!.shape.slice(1, 4).map((length, i) => {
      const room = length + pads[i]! + pads[i + 3]! - (reach[i]! - 1) * strides[i]! - 1;
      return Math.floor(room / dilations[i]!) + 1;
    });
    const perVolume = graph.reshape(correlated, [inChannels, batch, outChannels, ...taps]);
    const total = graph.node('ReduceSum', [perVolume, graph.ints([1])], { attributes: { keepdims: 0 } });
    // Strides that do not come out even leave taps beyond the filter.
    const own = graph.slice(total, [2, 3, 4], [0, 0, 0], window);
    return { logical: graph.transpose(own, [2, 3, 4, 0, 1]) };
  },
});

export const conv3dKernels: readonly Kernel[] = [conv3d, conv3dBackpropFilter, conv3dBackpropInput];
