import {
  concat,
  conv2d,
  depthwiseConv2d,
  split,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs';
import { type NodeCall, type Operator, operator, type Reading, Unsupported } from './operator.ts';
import { showLengths } from './shapes.ts';

type Pads = readonly [top: number, left: number, bottom: number, right: number];
type Pair = readonly [rows: number, columns: number];

/** Where windows lie on an image of `[batch, channels, height, width]`. */
export interface Windows {
  readonly window: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  /** Whether they follow from the size of the image, as TensorFlow's `SAME` does. */
  readonly isSame: boolean;
  /** How many there are. */
  readonly counts: Pair;
}

/** Reads the attributes that convolutions and poolings have in common. */
export function windowsOf(call: NodeCall, window: readonly number[]): Windows {
  const shape = call.shape(0);
  if (shape.length !== 4 || window.length !== 2)
    throw new Unsupported('windows of one or three axes');
  const strides = call.ints('strides') ?? [1, 1];
  const dilations = call.ints('dilations') ?? [1, 1];
  const given = call.ints('pads') ?? [0, 0, 0, 0];
  const mode = call.text('auto_pad', 'NOTSET');
  const isCeil = call.int('ceil_mode', 0) === 1;
  const axes = [0, 1].map((axis) => {
    const length = shape[2 + axis]!;
    const reach = (window[axis]! - 1) * dilations[axis]! + 1;
    const stride = strides[axis]!;
    const [before, after] = padsOf(mode, [given[axis]!, given[axis + 2]!], {
      length,
      reach,
      stride,
    });
    const room = length + before + after - reach;
    const floor = Math.floor(room / stride) + 1;
    const ceiling = Math.ceil(room / stride) + 1;
    // PyTorch leaves out a last window that begins on the padding after the image.
    const count = isCeil && (ceiling - 1) * stride < length + before ? ceiling : floor;
    if (!(count > 0))
      throw new Unsupported(`an image of ${length} pixels for a window of ${reach}`);
    return { before, after, count };
  });
  const [rows, columns] = axes as [(typeof axes)[0], (typeof axes)[0]];
  return {
    window: [window[0]!, window[1]!],
    strides: [strides[0]!, strides[1]!],
    dilations: [dilations[0]!, dilations[1]!],
    pads: [rows.before, columns.before, rows.after, columns.after],
    isSame: mode === 'SAME_UPPER',
    counts: [rows.count, columns.count],
  };
}

function padsOf(
  mode: string,
  given: Pair,
  { length, reach, stride }: Readonly<Record<'length' | 'reach' | 'stride', number>>,
): Pair {
  if (mode === 'NOTSET') return given;
  if (mode === 'VALID') return [0, 0];
  const over = Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach - length);
  const less = Math.floor(over / 2);
  return mode === 'SAME_LOWER' ? [over - less, less] : [less, over - less];
}

/** Pads as a layer keeps them: `same` holds for images of every size. */
export type WrittenPads = Pads | 'same';

/** Pads for tfjs's convolutions and poolings. */
export function padsForTfjs(pads: WrittenPads) {
  if (pads === 'same') return pads;
  return pads.every((pad) => pad === 0) ? 'valid' : explicitPads(pads);
}

/** tfjs's padding of an image `[batch, height, width, channels]`. */
export const explicitPads = ([top, left, bottom, right]: Pads) =>
  [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ] as [[number, number], [number, number], [number, number], [number, number]];

type ConvSettings = {
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: WrittenPads;
  readonly groups: number;
  readonly depthwise: boolean;
};

/** `[height, width, in, out]` in place of ONNX's `[out, in, height, width]`. */
const kernelOrder = [2, 3, 1, 0];
/** A kernel with a filter for each channel is `[channels * multiplier, 1, height, width]`. */
const depthwiseOrder = [2, 3, 0, 1];

export const convolution: Operator = operator<ConvSettings>({
  plan(call) {
    const [batch, channels] = call.shape(0) as [number, number];
    const [filters, perGroup, ...window] = call.shape(1) as [number, number, ...number[]];
    const groups = call.int('group', 1);
    if (perGroup * groups !== channels || filters % groups !== 0) {
      throw new Unsupported(`a kernel of ${showLengths(call.shape(1))} for ${channels} channels`);
    }
    const { strides, dilations, pads, isSame, counts } = windowsOf(call, window);
    const depthwise = groups === channels && groups > 1;
    const kernel: Reading = depthwise
      ? {
          input: 1,
          layout: 'written',
          role: 'depthwise_kernel',
          arranged: { order: depthwiseOrder, shape: [...window, channels, filters / channels] },
        }
      : {
          input: 1,
          layout: 'written',
          role: 'kernel',
          arranged: { order: kernelOrder, shape: [...window, perGroup, filters] },
        };
    const bias: Reading = { input: 2, layout: 'written', role: 'bias' };
    return {
      shape: [batch, filters, ...counts],
      layout: 'channelsLast',
      settings: { strides, dilations, pads: isSame ? 'same' : pads, groups, depthwise },
      readings: [{ input: 0, layout: 'channelsLast' }, kernel, ...(call.has(2) ? [bias] : [])],
    };
  },
  compute([x, kernel, bias], settings) {
    const filter = spread(kernel!, settings.dilations) as Tensor4D;
    const strides = [...settings.strides] as [number, number];
    const pads = padsForTfjs(settings.pads);
    const image = x as Tensor4D;
    let result: Tensor4D;
    if (settings.depthwise) result = depthwiseConv2d(image, filter, strides, pads);
    else if (settings.groups === 1) result = conv2d(image, filter, strides, pads);
    else {
      const filters = split(filter, settings.groups, 3);
      const parts = split(image, settings.groups, 3).map((part, i) =>
        conv2d(part as Tensor4D, filters[i] as Tensor4D, strides, pads),
      );
      result = concat(parts, 3);
    }
    return bias === undefined ? result : result.add(bias);
  },
});

/**
 * A kernel with zeros between its elements: what a dilated convolution is, whose gradient tfjs does
 * not have.
 */
function spread(kernel: Tensor, dilations: Pair): Tensor {
  return dilations.reduce((filter, dilation, axis) => {
    if (dilation === 1) return filter;
    const { shape } = filter;
    const length = shape[axis]!;
    const apart = filter.reshape([...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
    const pads = apart.shape.map((_, at): [number, number] => [
      0,
      at === axis + 1 ? dilation - 1 : 0,
    ]);
    const wide = apart.pad(pads).reshape(shape.with(axis, length * dilation));
    const whole = wide.shape.with(axis, (length - 1) * dilation + 1);
    return wide.slice(
      whole.map(() => 0),
      whole,
    );
  }, kernel);
}
