import type { Lowering, Representation } from '../lowering/lowering.ts';
import { type Operand, sizeOf } from '../trace/trace.ts';
import { type Geometry, isDense, windowCounts } from './windows.ts';

/**
 * The gradient of a convolution by its filter: the image correlated with the output's gradient,
 * summed over the batch.
 */
export function convolutionFilterGradient(
  lowering: Lowering,
  [x, dy]: readonly [Operand, Operand],
  geometry: Geometry,
  filterShape: readonly number[],
): Representation {
  const target = { filterShape, geometry };
  if (suitsTaps(lowering, dy, target)) return { logical: multiplyTaps(lowering, x, dy, target) };
  if (suitsShifts(lowering, dy, target))
    return { logical: multiplyShifted(lowering, x, dy, target) };
  return {
    logical: correlateBlocks(lowering, x, dy, target) ?? correlate(lowering, x, dy, target),
  };
}

interface Target {
  readonly filterShape: readonly number[];
  readonly geometry: Geometry;
}

/** Measured (bench/backend/README.md): a single tap, or few taps of many channels on small maps. */
function suitsTaps(lowering: Lowering, dy: Operand, { filterShape, geometry }: Target): boolean {
  const [height, width, inChannels, outChannels] = filterShape as [number, number, number, number];
  if (height === 1 && width === 1) return geometry.pads.every((pad) => pad === 0);
  const isPlain =
    geometry.dilations.every((step) => step === 1) && lowering.folded(dy) === undefined;
  const [, rows, columns] = dy.shape as [number, number, number];
  return (
    isPlain &&
    Math.max(height, width) <= 3 &&
    inChannels * outChannels >= 8 * rows * columns &&
    sizeOf(dy.shape) >= 2 ** 17
  );
}

/**
 * A product of matrices for each tap, `[in, pixels]` by `[pixels, out]`, of the pixels that lie
 * under the tap. Products of each image are summed over the batch; where they are larger than what
 * they are made of, all images are one product, and none of these is written down.
 */
function multiplyTaps(
  lowering: Lowering,
  x: Operand,
  dy: Operand,
  { filterShape, geometry }: Target,
): string {
  const { graph } = lowering;
  const [height, width, inChannels, outChannels] = filterShape as [number, number, number, number];
  const [batch, rows, columns] = dy.shape as [number, number, number];
  const { strides, pads } = geometry;
  const pixels = rows * columns;
  const isDeep =
    height * width > 1 || inChannels * outChannels > pixels * (inChannels + outChannels);
  const ordered = (name: string) => (isDeep ? graph.transpose(name, [1, 0, 2, 3]) : name);
  const around = [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]];
  const image = lowering.channelsFirst(x);
  const images = ordered(
    pads.some((pad) => pad > 0) ? graph.node('Pad', [image, graph.ints(around)]) : image,
  );
  const matrix = (name: string, channels: number) =>
    graph.reshape(name, isDeep ? [channels, batch * pixels] : [batch, channels, pixels]);
  const right = matrix(ordered(lowering.channelsFirst(dy)), outChannels);
  const isWhole = height * width === 1 && strides.every((stride) => stride === 1);
  const taps = Array.from({ length: height * width }, (_, tap) => {
    const from = [Math.floor(tap / width), tap % width] as const;
    const to = [from[0] + (rows - 1) * strides[0] + 1, from[1] + (columns - 1) * strides[1] + 1];
    const bounds = [from, to, [2, 3], strides].map((ints) => graph.ints(ints));
    const left = matrix(isWhole ? images : graph.node('Slice', [images, ...bounds]), inChannels);
    if (isDeep) return graph.node('Gemm', [left, right], { attributes: { transB: 1 } });
    const products = graph.node('FusedMatMul', [left, right], {
      domain: 'com.microsoft',
      attributes: { transB: 1 },
    });
    return graph.reduce('ReduceSum', products, [0]);
  });
  const together =
    taps.length === 1 ? taps[0]! : graph.node('Concat', taps, { attributes: { axis: 0 } });
  return graph.reshape(together, filterShape);
}

/**
 * Measured (bench/backend/README.md): few taps, and a gradient that a core's cache does not hold
 * for all its readers.
 */
function suitsShifts(lowering: Lowering, dy: Operand, { filterShape, geometry }: Target): boolean {
  const [height, width, inChannels, outChannels] = filterShape as [number, number, number, number];
  const { strides, dilations } = geometry;
  const isPlain =
    strides[0] === strides[1] &&
    dilations.every((step) => step === 1) &&
    lowering.folded(dy) === undefined;
  const longest = isThin(inChannels, strides[0]) ? 4 * strides[0] : 3;
  return (
    isPlain &&
    Math.max(height, width) <= longest &&
    outChannels >= 16 &&
    sizeOf(dy.shape) >= 2 ** 19
  );
}

/** Whether a tap has so few channels that all taps together make the better product. */
function isThin(inChannels: number, stride: number): boolean {
  return stride ** 2 * inChannels <= 16;
}

/**
 * A product of matrices for each image and tap, `[in, pixels]` by `[pixels, out]`, summed over the
 * batch. Columns of the image and rows of the gradient are shifted, each shift copied once. With a
 * stride, pixels at each offset become channels, and the filter has fewer taps. If the image is
 * thin, its copies for all taps stand side by side in one product.
 */
function multiplyShifted(
  lowering: Lowering,
  x: Operand,
  dy: Operand,
  { filterShape, geometry }: Target,
): string {
  const { graph } = lowering;
  const [height, width, inChannels, outChannels] = filterShape as [number, number, number, number];
  const [batch, rows, columns] = dy.shape as [number, number, number];
  const { strides, pads } = geometry;
  const stride = strides[0];
  const tall = Math.ceil(height / stride);
  const wide = Math.ceil(width / stride);
  const reached = [rows + tall - 1, columns + wide - 1] as const;
  const ends = reached.map((length, axis) => length * stride - pads[axis]! - x.shape[1 + axis]!);
  const padded = graph.node('Pad', [
    lowering.channelsFirst(x),
    graph.ints([0, 0, pads[0], pads[1], 0, 0, ...ends]),
  ]);
  const image =
    stride === 1
      ? padded
      : graph.node('SpaceToDepth', [padded], { attributes: { blocksize: stride } });
  const channels = stride * stride * inChannels;
  const product = (left: string, right: string, inside: number, lines: number) => {
    const rows = graph.reshape(left, [batch, inside, lines * columns]);
    const others = graph.reshape(right, [batch, outChannels, lines * columns]);
    const each = graph.node('FusedMatMul', [rows, others], {
      domain: 'com.microsoft',
      attributes: { transB: 1 },
    });
    return graph.reduce('ReduceSum', each, [0]);
  };
  const lefts = Array.from({ length: wide }, (_, column) =>
    graph.slice(image, [3], [column], [column + columns]),
  );
  let together: string;
  if (isThin(inChannels, stride)) {
    const copies = Array.from({ length: tall }, (_, row) => {
      return lefts.map((left) => graph.slice(left, [2], [row], [row + rows]));
    });
    const all = graph.node('Concat', copies.flat(), { attributes: { axis: 1 } });
    together = product(all, lowering.channelsFirst(dy), tall * wide * channels, rows);
  } else {
    const taps = Array.from({ length: tall }, (_, row) => {
      const around = graph.ints([0, 0, row, 0, 0, 0, tall - 1 - row, 0]);
      const right = graph.node('Pad', [lowering.channelsFirst(dy), around]);
      return lefts.map((left) => product(left, right, channels, reached[0]));
    });
    together = graph.node('Concat', taps.flat(), { attributes: { axis: 0 } });
  }
  const apart = graph.reshape(together, [tall, wide, stride, stride, inChannels, outChannels]);
  const inOrder = graph.transpose(apart, [0, 2, 1, 3, 4, 5]);
  const whole = graph.reshape(inOrder, [tall * stride, wide * stride, inChannels, outChannels]);
  return graph.slice(whole, [0, 1], [0, 0], [height, width]);
}

/**
 * One convolution with a group per image: the image's channels are its batch, and the output's
 * gradient is its filter (strides and dilations swap), so that ONNX Runtime multiplies
 * `[outChannels, pixels]` by `[pixels, taps]`. Few output channels make that product thin: then the
 * gradient is dealt out into `fold²` coarser images, `fold²` times the rows on slightly more taps,
 * and the parts are summed afterwards.
 */
function correlate(
  lowering: Lowering,
  x: Operand,
  dy: Operand,
  { filterShape, geometry }: Target,
): string {
  const { graph } = lowering;
  const [batch, imageHeight, imageWidth] = x.shape as [number, number, number];
  const [, gradientHeight, gradientWidth] = dy.shape as [number, number, number];
  const [height, width, inChannels, outChannels] = filterShape as [number, number, number, number];
  const { strides, dilations, pads } = geometry;
  const folded = lowering.folded(dy);
  const fold =
    folded !== undefined || suitsFolding(geometry, outChannels, gradientHeight, gradientWidth)
      ? 2
      : 1;
  // A folded gradient leaves out an odd last row or column, which is zeros.
  const whole = folded === undefined ? Math.ceil : Math.floor;
  const rows = whole(gradientHeight / fold);
  const columns = whole(gradientWidth / fold);
  const extraRows = rows * fold - gradientHeight;
  const extraColumns = columns * fold - gradientWidth;

  let gradient = folded ?? lowering.channelsFirst(dy);
  if (extraRows > 0 || extraColumns > 0)
    gradient = graph.padEnd(gradient, [0, 0, extraRows, extraColumns]);
  if (fold > 1 && folded === undefined) {
    gradient = graph.node('SpaceToDepth', [gradient], { attributes: { blocksize: fold } });
  }
  const parts = fold * fold * outChannels;
  const kernel = graph.reshape(gradient, [batch * parts, 1, rows, columns]);
  const reach = [strides[0] * fold, strides[1] * fold] as const;
  const ends = [pads[2] + extraRows, pads[3] + extraColumns] as const;
  const padded = [pads[0], pads[1], Math.max(0, ends[0]), Math.max(0, ends[1])] as const;
  const turned = { strides: dilations, dilations: reach, pads: padded };
  const lengths = [imageHeight + Math.min(0, ends[0]), imageWidth + Math.min(0, ends[1])] as const;
  const reached = ends.some((end) => end < 0)
    ? graph.slice(lowering.channelsFirst(x), [2, 3], [0, 0], lengths)
    : lowering.channelsFirst(x);
  const images = graph.transpose(reached, [1, 0, 2, 3]);
  const correlated = graph.node('Conv', [images, kernel], {
    attributes: { group: batch, kernel_shape: [rows, columns], ...turned },
  });
  const [tapRows, tapColumns] = windowCounts([batch, ...lengths], [rows, columns], turned);
  const perImage = graph.reshape(correlated, [inChannels, batch, parts * tapRows * tapColumns]);
  const summed = graph.reduce('ReduceSum', perImage, [1]);
  const apart = graph.reshape(summed, [inChannels, fold, fold, outChannels, tapRows, tapColumns]);
  const shares = Array.from({ length: fold * fold }, (_, i) => {
    const row = Math.floor(i / fold);
    const column = i % fold;
    const ends = [row + 1, column + 1, row + height, column + width];
    const share = graph.slice(apart, [1, 2, 4, 5], [row, column, row, column], ends);
    return graph.reshape(share, [inChannels, outChannels, height, width]);
  });
  const total = shares.length === 1 ? (shares[0] as string) : graph.node('Sum', shares);
  return graph.transpose(total, [2, 3, 0, 1]);
}

/**
 * The same as one convolution with channels in blocks: the image's channels are its batch, the
 * batch its channels, and the output's gradient the filter. Undefined where output channels are
 * few, or the batch is neither whole blocks nor less than one.
 */
function correlateBlocks(
  lowering: Lowering,
  x: Operand,
  dy: Operand,
  target: Target,
): string | undefined {
  const { graph, channelBlock: block } = lowering;
  const { filterShape, geometry } = target;
  const [height, width, , outChannels] = filterShape as [number, number, number, number];
  const [batch, rows, columns] = dy.shape as [number, number, number];
  const whole = batch % block === 0;
  if (block === 0 || outChannels < block || outChannels % 4 !== 0 || !(whole || batch < block))
    return undefined;
  if (lowering.folded(dy) !== undefined || suitsFolding(geometry, outChannels, rows, columns))
    return undefined;
  if (whole && suitsStrips(geometry, target.filterShape, dy.shape))
    return correlateStrips(lowering, x, dy, target);
  const domain = 'com.microsoft.nchwc';
  const blocks = Math.ceil(outChannels / block);
  const dealt = graph.node('ReorderInput', [lowering.channelsFirst(dy)], { domain });
  // MLAS's orders of a filter [out, in, rows, columns], of which the images are the input's
  // channels.
  const filter = whole
    ? graph.transpose(
        graph.reshape(dealt, [batch / block, block, blocks, rows, columns, block]),
        [2, 0, 3, 4, 1, 5],
      )
    : graph.transpose(graph.reshape(dealt, [batch, blocks, rows, columns, block]), [1, 0, 2, 3, 4]);
  const images = graph.transpose(lowering.channelsFirst(x), [1, 0, 2, 3]);
  const inputs = [
    whole ? graph.node('ReorderInput', [images], { domain }) : images,
    graph.reshape(filter, [blocks * block, batch, rows, columns]),
  ];
  const { strides, dilations, pads } = geometry;
  const attributes = {
    kernel_shape: [rows, columns],
    strides: dilations,
    dilations: strides,
    pads,
  };
  const result = graph.node('Conv', inputs, { domain, attributes });
  const taps = graph.node('ReorderOutput', [result], {
    domain,
    attributes: { channels: outChannels },
  });
  // Strides that left pixels at the end out make more taps than the filter has.
  return graph.transpose(graph.slice(taps, [2, 3], [0, 0], [height, width]), [2, 3, 0, 1]);
}

/**
 * Rows of the gradient in a strip: as the filter of one group they stay in a core's cache for all
 * rows of taps.
 */
const STRIP = 8;

/**
 * Measured: filters of several rows, each of which would read the whole gradient from memory once
 * more.
 */
function suitsStrips(
  geometry: Geometry,
  [height]: readonly number[],
  [, rows]: readonly number[],
): boolean {
  return (
    isDense(geometry) &&
    geometry.pads.every((pad) => pad === 0) &&
    height! >= 5 &&
    rows! >= 2 * STRIP
  );
}

/**
 * The same with a group for each strip of rows, and the sum over the strips; the batch is whole
 * blocks.
 */
function correlateStrips(
  lowering: Lowering,
  x: Operand,
  dy: Operand,
  { filterShape }: Target,
): string {
  const { graph, channelBlock: block } = lowering;
  const domain = 'com.microsoft.nchwc';
  const [height, width, inChannels, outChannels] = filterShape as [number, number, number, number];
  const [batch, rows, columns] = dy.shape as [number, number, number];
  const imageWidth = x.shape[2]!;
  const strips = Math.ceil(rows / STRIP);
  const extra = [0, 0, strips * STRIP - rows, 0];

  const gradient = graph.padEnd(lowering.channelsFirst(dy), extra);
  const dealt = graph.node('ReorderInput', [gradient], { domain });
  const blocks = Math.ceil(outChannels / block);
  const apart = graph.reshape(dealt, [
    batch / block,
    block,
    blocks,
    strips,
    STRIP * columns,
    block,
  ]);
  const filter = graph.transpose(apart, [3, 2, 0, 4, 1, 5]);

  // The rows that a strip's taps reach, beside those of the next one, which are in part the same.
  const reach = STRIP + height - 1;
  const reached = Array.from(
    { length: strips * reach },
    (_, i) => Math.floor(i / reach) * STRIP + (i % reach),
  );
  const image = graph.padEnd(lowering.channelsFirst(x), extra);
  const pieces = graph.node('Gather', [image, graph.ints(reached)], { attributes: { axis: 2 } });
  const ordered = graph.transpose(
    graph.reshape(pieces, [batch, inChannels, strips, reach * imageWidth]),
    [1, 2, 0, 3],
  );
  const images = graph.reshape(ordered, [inChannels, strips * batch, reach, imageWidth]);

  const inputs = [
    graph.node('ReorderInput', [images], { domain }),
    graph.reshape(filter, [strips * blocks * block, batch, STRIP, columns]),
  ];
  const attributes = { group: strips, kernel_shape: [STRIP, columns] };
  const result = graph.node('Conv', inputs, { domain, attributes });
  const plain = graph.node('ReorderOutput', [result], {
    domain,
    attributes: { channels: strips * blocks * block },
  });
  const shares = graph.reshape(plain, [inChannels, strips, blocks * block, height, width]);
  const summed = graph.reduce('ReduceSum', shares, [1]);
  return graph.transpose(graph.slice(summed, [1], [0], [outChannels]), [2, 3, 0, 1]);
}

/** Measured: up to 16 output channels on maps that are not small (bench/backend/README.md). */
function suitsFolding(
  geometry: Geometry,
  outChannels: number,
  height: number,
  width: number,
): boolean {
  return isDense(geometry) && outChannels <= 16 && height >= 32 && width >= 32;
}
