import type { GraphBuilder } from '../lowering/graph-builder.ts';
import { type Kernel, kernel } from '../lowering/kernel.ts';
import { type Attributes, sizeOf } from '../trace/trace.ts';

interface TfResize {
  readonly size: readonly [number, number];
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

interface TfResizeGrad {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
}

/**
 * What each pixel of a resized image reads along one axis: the pixel before, the one after, and the
 * latter's share.
 */
interface Sampling {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly shares: readonly number[];
}

type Sample = (from: number, to: number, how: ResizeAttributes) => Sampling;

type ResizeAttributes = Attributes & {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
};

/**
 * tfjs's ratio of an axis: from first to last pixel's centre with `alignCorners`, else from edge to
 * edge.
 */
function ratioOf(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

const bilinear: Sample = (from, to, { alignCorners, halfPixelCenters }) => {
  const ratio = ratioOf(from, to, alignCorners);
  const positions = range(to).map((i) => (halfPixelCenters ? ratio * (i + 0.5) - 0.5 : ratio * i));
  const before = positions.map((position) => Math.min(from - 1, Math.max(0, Math.floor(position))));
  const after = positions.map((position) => Math.min(from - 1, Math.ceil(position)));
  return { before, after, shares: positions.map((position, i) => position - before[i]!) };
};

const nearest: Sample = (from, to, { alignCorners, halfPixelCenters }) => {
  const ratio = ratioOf(from, to, alignCorners);
  const before = range(to).map((i) => {
    const position = ratio * (halfPixelCenters ? i + 0.5 : i);
    return Math.min(from - 1, alignCorners ? Math.round(position) : Math.floor(position));
  });
  return { before, after: before, shares: before.map(() => 0) };
};

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** `[batch, height, width, channels]` to another height and width. */
function resize(name: string, sample: Sample): Kernel {
  return kernel<TfResize, ResizeAttributes>({
    name,
    inputs: ['images'],
    plan([images], { size, alignCorners, halfPixelCenters }) {
      const [batch, , , channels] = images!.shape as [number, number, number, number];
      if (images!.dtype !== 'float32') return undefined;
      const outputs = [{ shape: [batch, ...size, channels], dtype: 'float32' as const }];
      return { outputs, attributes: { alignCorners, halfPixelCenters } };
    },
    lower(lowering, { operands: [images], attributes, outputs }) {
      const samplings = [1, 2].map((axis) =>
        sample(images!.shape[axis] as number, outputs[0]!.shape[axis] as number, attributes),
      );
      const { graph } = lowering;
      return lowering.asItStands(images!, (image, channelsFirst) => {
        const rows = channelsFirst ? 2 : 1;
        // tfjs goes along the rows first, which decides where an infinity becomes NaN.
        const across = along(graph, image, rows + 1, samplings[1] as Sampling);
        return along(graph, across, rows, samplings[0] as Sampling);
      });
    },
  });
}

/** before + (after - before) · share, as tfjs computes it. */
function along(
  graph: GraphBuilder,
  image: string,
  axis: number,
  { before, after, shares }: Sampling,
): string {
  const pick = (positions: readonly number[]) =>
    graph.node('Gather', [image, graph.ints(positions)], { attributes: { axis } });
  const low = pick(before);
  if (before === after) return low;
  const aligned = [shares.length, ...Array.from({ length: 3 - axis }, () => 1)];
  const share = graph.reshape(graph.floats(shares), aligned);
  return graph.node('Add', [
    low,
    graph.node('Mul', [graph.node('Sub', [pick(after), low]), share]),
  ]);
}

/** Elements; a larger constant matrix would cost more than it saves. */
const LARGEST_MATRIX = 1 << 22;

/**
 * The gradient by the image: what each pixel gave to the resized one, as a product with a constant
 * matrix per axis.
 */
function resizeGrad(name: string, sample: Sample): Kernel {
  return kernel<TfResizeGrad, ResizeAttributes>({
    name,
    inputs: ['images', 'dy'],
    plan([images, dy], { alignCorners, halfPixelCenters = false }) {
      const matrices = [1, 2].map((axis) => images!.shape[axis]! * dy!.shape[axis]!);
      if (
        dy!.dtype !== 'float32' ||
        images!.dtype !== 'float32' ||
        Math.max(...matrices) > LARGEST_MATRIX
      ) {
        return undefined;
      }
      return {
        outputs: [{ shape: images!.shape, dtype: 'float32' }],
        attributes: { alignCorners, halfPixelCenters },
      };
    },
    lower(lowering, { operands: [, dy], attributes, outputs }) {
      const { graph } = lowering;
      const { shape } = outputs[0]!;
      const [batch, height, width, channels] = shape as [number, number, number, number];
      const [, rows, columns] = dy!.shape as [number, number, number, number];
      const gradient = graph.reshape(lowering.logical(dy!), [batch, rows, columns * channels]);
      const down = graph.node('MatMul', [
        matrixOf(graph, height, rows, sample, attributes),
        gradient,
      ]);
      const lines = graph.reshape(down, [batch * height, columns, channels]);
      const across = graph.node('MatMul', [
        matrixOf(graph, width, columns, sample, attributes),
        lines,
      ]);
      return { logical: graph.reshape(across, shape) };
    },
  });
}

/** `[from, to]`: the share that each pixel has in each of the resized. */
function matrixOf(
  graph: GraphBuilder,
  from: number,
  to: number,
  sample: Sample,
  how: ResizeAttributes,
): string {
  const { before, after, shares } = sample(from, to, how);
  const shape = [from, to];
  const matrix = Array.from({ length: sizeOf(shape) }, () => 0);
  for (let i = 0; i < to; i++) {
    matrix[before[i]! * to + i]! += 1 - shares[i]!;
    matrix[after[i]! * to + i]! += shares[i]!;
  }
  return graph.reshape(graph.floats(matrix), shape);
}

export const resizeKernels: readonly Kernel[] = [
  resize('ResizeBilinear', bilinear),
  resizeGrad('ResizeBilinearGrad', bilinear),
  resize('ResizeNearestNeighbor', nearest),
  resizeGrad('ResizeNearestNeighborGrad', nearest),
];
