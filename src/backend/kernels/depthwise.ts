import type { Lowering, Representation, Standing } from '../lowering/lowering.ts';
import type { Operand } from '../trace/trace.ts';
import type { Convolution } from './convolve.ts';
import { type FilterShape, type Geometry, geometryOf, unreached, windowCounts } from './windows.ts';

/**
 * Writes a depthwise convolution with its bias; the filter is
 * `[height, width, channels, multiplier]`.
 */
export function convolveDepthwise(
  lowering: Lowering,
  { filter, bias, ...padded }: Convolution,
): Standing {
  const { graph } = lowering;
  const { x, geometry } = unpadded(lowering, padded, filter.shape);
  const [height, width, channels, multiplier] = filter.shape as FilterShape;
  const added = bias && lowering.logical(bias);
  const ordered = graph.transpose(lowering.logical(filter), [2, 3, 0, 1]);
  const taps = graph.reshape(ordered, [channels * multiplier, 1, height, width]);
  if (
    multiplier === 1 &&
    !lowering.isConstant(filter) &&
    suitsBlocks(x.shape, lowering.channelBlock)
  ) {
    return {
      channelsFirst: convolveBlocks(
        lowering,
        x,
        { taps, size: [height, width], bias: added },
        geometry,
      ),
    };
  }
  const inputs = [lowering.channelsFirst(x), taps, ...(added === undefined ? [] : [added])];
  const attributes = { ...geometry, kernel_shape: [height, width], group: channels };
  return { channelsFirst: graph.node('Conv', inputs, { attributes }) };
}

interface OnImage {
  readonly x: Operand;
  readonly geometry: Geometry;
}

/**
 * Takes zeros around the image, where the network adds them by an operation of its own, as pads of
 * the convolution: else the padded image would be written down.
 */
function unpadded(
  lowering: Lowering,
  { x, geometry }: OnImage,
  filter: readonly number[],
): OnImage {
  const pad = lowering.producerOf(x);
  if (pad?.kernel !== 'PadV2' || pad.attributes['value'] !== 0) return { x, geometry };
  const pads = pad.attributes['pads'] as readonly number[];
  if ([0, 3, 4, 7].some((side) => pads[side]! > 0)) return { x, geometry };
  const around = [pads[1]!, pads[2]!, pads[5]!, pads[6]!] as const;
  const wider = widened(geometry, around, filter);
  return wider === undefined ? { x, geometry } : { x: pad.operands[0]!, geometry: wider };
}

/** Undefined where a filter would lie on pads alone, which not every operator takes. */
function widened(
  geometry: Geometry,
  [top, left, bottom, right]: Geometry['pads'],
  filter: readonly number[],
): Geometry | undefined {
  const { pads, dilations } = geometry;
  const wider = [pads[0] + top, pads[1] + left, pads[2] + bottom, pads[3] + right] as const;
  const reach = [0, 1].map((axis) => (filter[axis]! - 1) * dilations[axis]!);
  return wider.every((pad, side) => pad <= reach[side % 2]!)
    ? { ...geometry, pads: wider }
    : undefined;
}

/**
 * The gradient of a depthwise convolution by an image of which only the rows and columns from
 * `begin` on, of the given shape, are asked for: the gradient of {@link unpadded}. Undefined where
 * the operand is anything else.
 */
export function croppedGradient(
  lowering: Lowering,
  cropped: Operand,
  begin: readonly number[],
  shape: readonly number[],
): Representation | undefined {
  const node = lowering.producerOf(cropped);
  if (node?.kernel !== 'DepthwiseConv2dNativeBackpropInput') return undefined;
  if (!lowering.isReadOnce(cropped.value)) return undefined;
  if (shape[0] !== cropped.shape[0] || shape[3] !== cropped.shape[3]) return undefined;
  const end = (axis: 1 | 2) => cropped.shape[axis]! - begin[axis]! - shape[axis]!;
  const around = [begin[1]!, begin[2]!, end(1), end(2)] as const;
  const operands = node.operands as readonly [Operand, Operand];
  const whole = geometryOf(node.attributes as Geometry & typeof node.attributes);
  const geometry = widened(whole, around, operands[1].shape);
  if (geometry === undefined) return undefined;
  return lowering.writtenAs(node, () =>
    depthwiseImageGradient(lowering, operands, geometry, shape),
  );
}

/**
 * Whether there are enough channels for blocks of them to be the faster; ReorderInput takes them by
 * fours.
 */
function suitsBlocks([batch, , , channels]: readonly number[], block: number): boolean {
  return block > 0 && channels! >= block && (batch! * channels!) % 4 === 0;
}

interface DepthwiseFilter {
  /** The name of the filters in the graph, `[channels, 1, height, width]`. */
  readonly taps: string;
  readonly size: readonly [height: number, width: number];
  readonly bias?: string | undefined;
}

/**
 * A convolution of every channel by its own filter with channels in blocks, from and to plain
 * channels first. All images go as the channels of one: so the gradient by the filters reads them
 * too, and they are dealt into blocks once.
 */
function convolveBlocks(
  lowering: Lowering,
  x: Operand,
  { taps, size, bias }: DepthwiseFilter,
  geometry: Geometry,
): string {
  const { graph, channelBlock: block } = lowering;
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const all = batch * channels;
  const blocks = Math.ceil(all / block);
  const missing = blocks * block - all;
  const filled = (name: string, rank: number) => {
    const others = Array.from({ length: rank - 1 }, () => 1);
    const repeated = graph.node('Tile', [name, graph.ints([batch, ...others])]);
    return missing === 0 ? repeated : graph.padEnd(repeated, [missing, ...others.map(() => 0)]);
  };
  const dealt = graph.transpose(
    graph.reshape(filled(taps, 4), [blocks, block, ...size]),
    [0, 2, 3, 1],
  );
  const inputs = [
    imageBlocks(lowering, x),
    graph.reshape(dealt, [blocks * block, 1, ...size]),
    ...(bias === undefined ? [] : [filled(bias, 1)]),
  ];
  const attributes = { ...geometry, kernel_shape: size, group: blocks * block };
  const domain = 'com.microsoft.nchwc';
  const result = graph.node('Conv', inputs, { domain, attributes });
  const plain = graph.node('ReorderOutput', [result], { domain, attributes: { channels: all } });
  return graph.reshape(plain, [batch, channels, ...windowCounts(x.shape, size, geometry)]);
}

/** All images of a batch as the channels of one, dealt into blocks. */
function imageBlocks(lowering: Lowering, x: Operand): string {
  const { graph } = lowering;
  const [batch, rows, columns, channels] = x.shape as [number, number, number, number];
  const flattened = graph.reshape(lowering.channelsFirst(x), [1, batch * channels, rows, columns]);
  return graph.node('ReorderInput', [flattened], { domain: 'com.microsoft.nchwc' });
}

/** The gradient of a depthwise convolution by its image `[batch, height, width, channels]`. */
export function depthwiseImageGradient(
  lowering: Lowering,
  [dy, filter]: readonly [Operand, Operand],
  geometry: Geometry,
  image: readonly number[],
): Representation {
  const { graph } = lowering;
  const [height, width, channels, multiplier] = filter.shape as FilterShape;
  const { strides, dilations, pads } = geometry;
  const [extraRows, extraColumns] = unreached(image, dy.shape, [height, width], geometry) as [
    number,
    number,
  ];
  const ordered = graph.transpose(lowering.logical(filter), [2, 3, 0, 1]);
  const gradient = lowering.channelsFirst(dy);
  const attributes = { kernel_shape: [height, width], group: channels };
  if (multiplier > 1 || strides.some((stride) => stride > 1)) {
    const taps = graph.reshape(ordered, [channels * multiplier, 1, height, width]);
    return {
      channelsFirst: graph.node('ConvTranspose', [gradient, taps], {
        attributes: { ...geometry, ...attributes, output_padding: [extraRows, extraColumns] },
      }),
    };
  }
  // Without strides it is a convolution with the filters turned around.
  const taps = graph.reshape(ordered, [channels, 1, height, width]);
  const bounds = [
    [-1, -1],
    [-height - 1, -width - 1],
    [2, 3],
    [-1, -1],
  ].map((bound) => graph.ints(bound));
  const turned = graph.node('Slice', [taps, ...bounds]);
  const reachRows = (height - 1) * dilations[0];
  const reachColumns = (width - 1) * dilations[1];
  const around = [
    reachRows - pads[0],
    reachColumns - pads[1],
    reachRows - pads[2] + extraRows,
    reachColumns - pads[3] + extraColumns,
  ] as const;
  const windowOptions = { strides, dilations, pads: around };
  if (suitsBlocks(dy.shape, lowering.channelBlock) && around.every((pad) => pad >= 0)) {
    return {
      channelsFirst: convolveBlocks(
        lowering,
        dy,
        { taps: turned, size: [height, width] },
        windowOptions,
      ),
    };
  }
  return {
    channelsFirst: graph.node('Conv', [gradient, turned], {
      attributes: { ...windowOptions, ...attributes },
    }),
  };
}

/**
 * The gradient of a depthwise convolution by its filters: a depthwise convolution of every image by
 * its gradient (strides and dilations swap), summed over the batch. In blocks of channels
 * it is several times faster than plain.
 */
export function depthwiseFilterGradient(
  lowering: Lowering,
  [padded, dy]: readonly [Operand, Operand],
  paddedGeometry: Geometry,
  filterShape: readonly number[],
): Representation {
  const { graph, channelBlock: block } = lowering;
  const { x, geometry } = unpadded(lowering, { x: padded, geometry: paddedGeometry }, filterShape);
  const { strides, dilations, pads } = geometry;
  const [height, width, channels, multiplier] = filterShape as FilterShape;
  const [batch, imageHeight, imageWidth] = x.shape as [number, number, number];
  const [, rows, columns] = dy.shape as [number, number, number];
  const groups = batch * channels;
  const turned = { strides: dilations, dilations: strides, pads };
  const attributes = { group: groups, kernel_shape: [rows, columns], ...turned };
  let taps: string;
  if (block > 0 && multiplier === 1 && groups % block === 0) {
    const domain = 'com.microsoft.nchwc';
    // Blocks of the filters' channels lie as those of an image do.
    const kernel = graph.reshape(imageBlocks(lowering, dy), [groups, 1, rows, columns]);
    const result = graph.node('Conv', [imageBlocks(lowering, x), kernel], { domain, attributes });
    taps = graph.node('ReorderOutput', [result], { domain, attributes: { channels: groups } });
  } else {
    const images = graph.reshape(lowering.channelsFirst(x), [1, groups, imageHeight, imageWidth]);
    const kernel = graph.reshape(lowering.channelsFirst(dy), [
      groups * multiplier,
      1,
      rows,
      columns,
    ]);
    taps = graph.node('Conv', [images, kernel], { attributes });
  }
  const [tapRows, tapColumns] = windowCounts(x.shape, [rows, columns], turned);
  const summed = graph.reduce(
    'ReduceSum',
    graph.reshape(taps, [batch, channels, multiplier, tapRows, tapColumns]),
    [0],
  );
  const whole = tapRows === height && tapColumns === width;
  const cut = whole ? summed : graph.slice(summed, [2, 3], [0, 0], [height, width]);
  return { logical: graph.transpose(cut, [2, 3, 0, 1]) };
}
