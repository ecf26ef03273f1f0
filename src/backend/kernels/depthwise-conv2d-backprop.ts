import { kernel } from '../kernel.ts';
import type { Lowering } from '../lowering/lowering.ts';
import type { Operand } from '../trace.ts';
import {
  attributesOf,
  blockedDepthwise,
  type ConvolutionAttributes,
  convolutionShape,
  type DepthwiseShape,
  imageBlocks,
  suitsDepthwiseBlocks,
  type TfConv2D,
  unreached,
} from './convolution.ts';

type TfBackpropInput = TfConv2D & { readonly inputShape: readonly number[] };
type TfBackpropFilter = TfConv2D & { readonly filterShape: readonly number[] };

/** The gradient of a depthwise convolution by its image. */
export const depthwiseConv2dBackpropInput = kernel<TfBackpropInput, ConvolutionAttributes>({
  name: 'DepthwiseConv2dNativeBackpropInput',
  inputs: ['dy', 'filter'],
  plan([dy, filter], attributes) {
    const { inputShape } = attributes;
    const shape = convolutionShape(inputShape, filter!.shape, attributes, 'depthwise');
    if (shape === undefined || dy!.dtype !== 'float32' || filter!.dtype !== 'float32') return undefined;
    return { outputs: [{ shape: inputShape, dtype: 'float32' }], attributes: attributesOf(shape) };
  },
  lower(lowering, { operands, attributes, outputs }) {
    const [dy, filter] = operands as [Operand, Operand];
    return { channelsFirst: spread(lowering, dy, filter, { geometry: attributes, image: outputs[0]!.shape }) };
  },
});

interface Spread {
  readonly geometry: ConvolutionAttributes;
  /** The image's shape, `[batch, height, width, channels]`. */
  readonly image: readonly number[];
}

function spread(lowering: Lowering, dy: Operand, filter: Operand, { geometry, image }: Spread): string {
  const { graph } = lowering;
  const [height, width, channels, multiplier] = filter.shape as DepthwiseShape;
  const { strides, dilations, pads } = geometry;
  const [extraRows, extraColumns] = unreached(image, dy.shape, [height, width], geometry) as [number, number];
  const ordered = graph.transpose(lowering.logical(filter), [2, 3, 0, 1]);
  const gradient = lowering.channelsFirst(dy);
  if (multiplier > 1 || strides.some((stride) => stride > 1)) {
    return graph.node('ConvTranspose', [gradient, graph.reshape(ordered, [channels * multiplier, 1, height, width])], {
      attributes: {
        ...geometry,
        kernel_shape: [height, width],
        group: channels,
        output_padding: [extraRows, extraColumns],
      },
    });
  }
  // Without strides it is a convolution with the filters turned around.
  const turned = graph.node('Slice', [
    graph.reshape(ordered, [channels, 1, height, width]),
    ...[
      [-1, -1],
      [-height - 1, -width - 1],
      [2, 3],
      [-1, -1],
    ].map((bounds) => graph.ints(bounds)),
  ]);
  const [reachRows, reachColumns] = [(height - 1) * dilations[0], (width - 1) * dilations[1]];
  const around = [
    reachRows - pads[0],
    reachColumns - pads[1],
    reachRows - pads[2] + extraRows,
    reachColumns - pads[3] + extraColumns,
  ] as const;
  const own = { strides, dilations, pads: around };
  if (suitsDepthwiseBlocks(dy.shape, lowering.channelBlock) && around.every((pad) => pad >= 0)) {
    return blockedDepthwise(lowering, dy, { taps: turned, size: [height, width] }, own);
  }
  return graph.node('Conv', [gradient, turned], {
    attributes: { ...own, kernel_shape: [height, width], group: channels },
  });
}

/** The gradient of a depthwise convolution by its filters. */
export const depthwiseConv2dBackpropFilter = kernel<TfBackpropFilter, ConvolutionAttributes>({
  name: 'DepthwiseConv2dNativeBackpropFilter',
  inputs: ['x', 'dy'],
  plan([x, dy], attributes) {
    const { filterShape } = attributes;
    const shape = convolutionShape(x!.shape, filterShape, attributes, 'depthwise');
    if (shape === undefined || dy!.dtype !== 'float32' || x!.dtype !== 'float32') return undefined;
    return { outputs: [{ shape: filterShape, dtype: 'float32' }], attributes: attributesOf(shape) };
  },
  lower(lowering, { operands, attributes, outputs }) {
    const [x, dy] = operands as [Operand, Operand];
    return { logical: correlate(lowering, x, dy, { filterShape: outputs[0]!.shape, geometry: attributes }) };
  },
});

interface Target {
  readonly filterShape: readonly number[];
  readonly geometry: ConvolutionAttributes;
}

/**
 * Every channel of every image correlated with its gradient: a depthwise convolution again, with the gradient as the
 * filters (strides and dilations change places), summed over the batch. In blocks of channels it is several times
 * faster than plain.
 */
function correlate(lowering: Lowering, x: Operand, dy: Operand, { filterShape, geometry }: Target): string {
  const { graph, channelBlock: block } = lowering;
  const [height, width, channels, multiplier] = filterShape as DepthwiseShape;
  const [batch, imageHeight, imageWidth] = x.shape as [number, number, number];
  const [, rows, columns] = dy.shape as [number, number, number];
  const { strides, dilations, pads } = geometry;
  const groups = batch * channels;
  const attributes = { group: groups, kernel_shape: [rows, columns], strides: dilations, dilations: strides, pads };
  let taps: string;
  if (block > 0 && multiplier === 1 && groups % block === 0) {
    const domain = 'com.microsoft.nchwc';
    // Blocks of the filters' channels lie as those of an image do.
    const kernel = graph.reshape(imageBlocks(lowering, dy), [groups, 1, rows, columns]);
    const result = graph.node('Conv', [imageBlocks(lowering, x), kernel], { domain, attributes });
    taps = graph.node('ReorderOutput', [result], { domain, attributes: { channels: groups } });
  } else {
    const images = graph.reshape(lowering.channelsFirst(x), [1, groups, imageHeight, imageWidth]);
    const kernel = graph.reshape(lowering.channelsFirst(dy), [groups * multiplier, 1, rows, columns]);
    taps = graph.node('Conv', [images, kernel], { attributes });
  }
  const count = (length: number, axis: 0 | 1, taken: number) =>
    Math.floor((length + pads[axis] + pads[axis === 0 ? 2 : 3] - (taken - 1) * strides[axis] - 1) / dilations[axis]) +
    1;
  const [tapRows, tapColumns] = [count(imageHeight, 0, rows), count(imageWidth, 1, columns)];
  const summed = graph.node(
    'ReduceSum',
    [graph.reshape(taps, [batch, channels, multiplier, tapRows, tapColumns]), graph.ints([0])],
    { attributes: { keepdims: 0 } },
  );
  const whole = tapRows === height && tapColumns === width;
  const cut = whole ? summed : graph.slice(summed, [2, 3], [0, 0], [height, width]);
  return graph.transpose(cut, [2, 3, 0, 1]);
}
