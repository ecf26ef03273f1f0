import { sizeOf } from '../trace/trace.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** The shape of an image with its channels first. */
export type ImageShape = readonly [batch: number, channels: number, height: number, width: number];

/** Images, with numbers for each channel, that are worked on element by element. */
interface PlaneWork {
  /** The names of images of one shape, with their channels first. */
  readonly images: readonly string[];
  /** The names of `[channels]` numbers. */
  readonly vectors: readonly string[];
  readonly shape: ImageShape;
}

/** Writes the work on images and vectors that broadcast against each other; gives the result. */
type WritePlanes = (
  graph: GraphBuilder,
  images: readonly string[],
  vectors: readonly string[],
) => string;

/** Below this an image stays in cache from one operation to the next anyway. */
const SMALLEST = 1 << 19;
/** Elements of a block: a dozen such arrays fit into a few MiB of cache. */
const BLOCK = 1 << 16;

/** Whether an image is so large that its planes go through in blocks. */
export const suitsPlaneBlocks = (shape: ImageShape): boolean => sizeOf(shape) >= SMALLEST;

/**
 * Writes several elementwise operations on whole images, a few planes at a time: what lies between
 * the operations then stays in the processor's cache, where whole images would go through memory
 * once for each. Gives the name of the resulting image, with the same bytes.
 */
export function inPlaneBlocks(
  graph: GraphBuilder,
  { images, vectors, shape }: PlaneWork,
  write: WritePlanes,
): string {
  const [batch, channels, height, width] = shape;
  const planes = planesOf(channels, height * width);
  const count = (batch * channels) / planes;
  const block = [planes, height * width];
  const body = graph.subgraph();
  const names = images.map(() => body.input('float32', block));
  const factors = vectors.map(() => body.input('float32', [planes, 1]));
  body.output(write(body, names, factors), 'float32', block);
  const cut = images.map((name) => graph.reshape(name, [count, ...block]));
  const tiled = vectors.map((name) =>
    graph.reshape(graph.node('Tile', [name, graph.ints([batch])]), [count, planes, 1]),
  );
  const attributes = {
    num_scan_inputs: cut.length + tiled.length,
    body: { graph: body.finish() },
  };
  return graph.reshape(graph.node('Scan', [...cut, ...tiled], { attributes }), shape);
}

/** How many planes make a block: they are of one image, so that vectors can be cut alike. */
function planesOf(channels: number, pixels: number): number {
  let planes = Math.min(channels, Math.max(1, Math.floor(BLOCK / pixels)));
  while (channels % planes !== 0) planes--;
  return planes;
}
