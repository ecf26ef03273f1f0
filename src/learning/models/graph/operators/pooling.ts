import { avgPool, maxPool, type Tensor4D, tensor } from '@tensorflow/tfjs';
import {
  explicitPads,
  padsForTfjs,
  type Windows,
  type WrittenPads,
  windowsOf,
} from './convolution.ts';
import { checkSize, type NodeCall, type Operator, operator, Unsupported } from './operator.ts';

/** The windows of a pooling, whose last ones may reach further than the padding says. */
function poolOf(call: NodeCall) {
  const kernel = call.ints('kernel_shape');
  if (kernel === undefined) throw new Unsupported('no kernel_shape');
  const windows = windowsOf(call, kernel);
  if (windows.dilations.some((dilation) => dilation !== 1)) throw new Unsupported('dilations');
  const [batch, channels, ...size] = call.shape(0) as [number, number, number, number];
  const { pads, strides, window, counts } = windows;
  checkSize([batch, channels, ...counts], 'value');
  const ends = [0, 1].map((axis) => {
    const last = (counts[axis]! - 1) * strides[axis]! + window[axis]!;
    return Math.max(pads[axis + 2]!, last - size[axis]! - pads[axis]!);
  });
  return {
    size,
    windows,
    reach: [pads[0], pads[1], ends[0]!, ends[1]!] as const,
    placed: { shape: [batch, channels, ...counts], layout: 'channelsLast' as const },
    readings: [{ input: 0, layout: 'channelsLast' as const }],
  };
}

type PoolSettings = {
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: WrittenPads;
};

export const maxPooling: Operator = operator<PoolSettings>({
  plan(call) {
    const { windows, reach, placed, readings } = poolOf(call);
    const { window, strides } = windows;
    const pads = windows.isSame ? 'same' : reach;
    return { ...placed, readings, settings: { window, strides, pads } };
  },
  compute([x], { window, strides, pads }) {
    return maxPool(x as Tensor4D, [...window], [...strides], padsForTfjs(pads));
  },
});

type AverageSettings = PoolSettings & {
  /** How many windows there are, where {@link shares} are not empty. */
  readonly counts?: readonly [number, number];
  /** What means are multiplied with, by row and by column; empty where all windows are whole. */
  readonly shares?: readonly (readonly number[])[];
  /** Their products, row by row, in networks that were saved before there were shares. */
  readonly factors?: readonly number[];
};

export const averagePooling: Operator = operator<AverageSettings>({
  plan(call) {
    const { size, windows, reach, placed, readings } = poolOf(call);
    const includesPads = call.int('count_include_pad', 0) === 1;
    const { window, strides, counts } = windows;
    if (windows.isSame && !includesPads) {
      return { ...placed, readings, settings: { window, strides, pads: 'same' } };
    }
    const shares = sharesOf(size, windows, includesPads);
    const border = shares.length === 0 ? {} : { shares, counts };
    return { ...placed, readings, settings: { window, strides, pads: reach, ...border } };
  },
  compute([x], { window, strides, pads, shares = [], factors = productsOf(shares), counts }) {
    // tfjs leaves out what lies beyond the border.
    if (pads === 'same') return avgPool(x as Tensor4D, [...window], [...strides], 'same');
    const isPadded = pads.some((pad) => pad > 0);
    const image = (isPadded ? x!.pad(explicitPads(pads)) : x!) as Tensor4D;
    const means = avgPool(image, [...window], [...strides], 'valid');
    if (factors.length === 0) return means;
    return means.mul(tensor([...factors], [1, ...counts!, 1]));
  },
});

const productsOf = ([rows = [], columns = []]: readonly (readonly number[])[]) =>
  rows.flatMap((row) => columns.map((column) => row * column));

/**
 * What the mean over each whole window, with zeros as padding, is multiplied with, by row and by
 * column: windows at the border divide by fewer elements. Empty where all divide by all.
 */
function sharesOf(size: readonly number[], windows: Windows, includePads: boolean) {
  const { window, strides, pads, counts } = windows;
  const shares = [0, 1].map((axis) =>
    Array.from({ length: counts[axis]! }, (_, at) => {
      const first = at * strides[axis]! - pads[axis]!;
      const least = includePads ? -pads[axis]! : 0;
      const most = size[axis]! + (includePads ? pads[axis + 2]! : 0);
      const counted = Math.min(first + window[axis]!, most) - Math.max(first, least);
      return window[axis]! / counted;
    }),
  );
  return shares.flat().every((share) => share === 1) ? [] : shares;
}
