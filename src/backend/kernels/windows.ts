import { backend_util } from '@tensorflow/tfjs';

type Conv2DInfo = ReturnType<typeof backend_util.computeConv2DInfo>;

/**
 * How windows lie along one axis: a convolution's filter, or the elements that a pooling takes
 * together.
 */
interface WindowAxis {
  readonly window: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  /** The pad with which ONNX comes to tfjs's output size; undefined where no pad does. */
  readonly after: number | undefined;
}

/** The axes of a convolution or pooling as tfjs describes it, rows first. */
export function windowAxes(info: Conv2DInfo): readonly [rows: WindowAxis, columns: WindowAxis] {
  const axis = (name: 'Height' | 'Width', side: 'top' | 'left'): WindowAxis => {
    const stride = info[`stride${name}`];
    const before = info.padInfo[side];
    const reach = info[`effectiveFilter${name}`];
    return {
      window: info[`filter${name}`],
      stride,
      dilation: info[`dilation${name}`],
      before,
      after: padAfter(info[`in${name}`], before, info[`out${name}`], stride, reach),
    };
  };
  return [axis('Height', 'top'), axis('Width', 'left')];
}

/**
 * tfjs only uses the pads before an image. For a pad given as a number, its size is that of the
 * height's stride and filter for both axes. So the pads after the image follow from the size.
 */
function padAfter(
  length: number,
  before: number,
  windows: number,
  stride: number,
  reach: number,
): number | undefined {
  const after = Math.max(0, (windows - 1) * stride + reach - length - before);
  return Math.floor((length + before + after - reach) / stride) + 1 === windows ? after : undefined;
}

/**
 * Rows and columns at the end of an image that no window reaches. They have no gradient, but the
 * gradient has them.
 */
export function unreached(
  image: readonly number[],
  dy: readonly number[],
  window: readonly number[],
  {
    strides,
    dilations,
    pads,
  }: { strides: readonly number[]; dilations?: readonly number[]; pads: readonly number[] },
): number[] {
  return window.map((length, axis) => {
    const covered =
      (dy[1 + axis]! - 1) * strides[axis]! + (length - 1) * (dilations?.[axis] ?? 1) + 1;
    return image[1 + axis]! + pads[axis]! + pads[axis + window.length]! - covered;
  });
}

/** tfjs's attributes of a two-dimensional convolution. */
export interface TfConv2D {
  readonly strides: number | [number, number];
  readonly pad:
    | 'valid'
    | 'same'
    | number
    | [[number, number], [number, number], [number, number], [number, number]];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  /** tfjs-layers leaves it out as null. */
  readonly dilations?: number | [number, number] | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Where a filter is laid on an image: per axis `[height, width]`; `pads` as
 * `[top, left, bottom, right]`.
 */
export type Geometry = {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
};

/** In a depthwise convolution, `outChannels` is the multiplier. */
export type FilterShape = readonly [
  height: number,
  width: number,
  inChannels: number,
  outChannels: number,
];

/**
 * Undefined for channels-first images, which tfjs's own layers and gradients never make, and where
 * ONNX differs.
 */
export function convolutionShape(
  image: readonly number[],
  filter: readonly number[],
  { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode }: TfConv2D,
  depthwise: boolean,
): { readonly geometry: Geometry; readonly output: readonly number[] } | undefined {
  if (dataFormat !== 'NHWC') return undefined;
  type Four = [number, number, number, number];
  const imageShape = image as Four;
  const taps = filter as Four;
  const info = backend_util.computeConv2DInfo(
    imageShape,
    taps,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  const [rows, columns] = windowAxes(info);
  if (rows.after === undefined || columns.after === undefined) return undefined;
  const geometry: Geometry = {
    strides: [rows.stride, columns.stride],
    dilations: [rows.dilation, columns.dilation],
    pads: [rows.before, columns.before, rows.after, columns.after],
  };
  return { geometry, output: info.outShape };
}

/** The geometry among a call's attributes. */
export function geometryOf({ strides, dilations, pads }: Geometry): Geometry {
  return { strides, dilations, pads };
}

/** How many windows fit on rows and columns of an image `[batch, height, width, …]`. */
export function windowCounts(
  image: readonly number[],
  window: readonly number[],
  geometry: Geometry,
) {
  const { strides, dilations, pads } = geometry;
  return ([0, 1] as const).map((axis) => {
    const room =
      image[1 + axis]! +
      pads[axis] +
      pads[axis === 0 ? 2 : 3] -
      (window[axis]! - 1) * dilations[axis] -
      1;
    return Math.floor(room / strides[axis]) + 1;
  }) as [number, number];
}

/** Whether every output pixel is made of the one input pixel at its position. */
export function isPointwise(
  [height, width]: readonly number[],
  { strides, pads }: Geometry,
): boolean {
  return (
    height === 1 &&
    width === 1 &&
    strides.every((stride) => stride === 1) &&
    pads.every((pad) => pad === 0)
  );
}

/** Whether a filter is laid on every pixel, without gaps between its elements. */
export function isDense({ strides, dilations }: Geometry): boolean {
  return [...strides, ...dilations].every((step) => step === 1);
}
