import type { GraphBuilder } from './graph-builder.ts';
import { type ImageShape, inPlaneBlocks, suitsPlaneBlocks } from './plane-blocks.ts';

/**
 * An image `[batch, height, width, channels]` that is not computed yet: a sum of computed images,
 * each scaled by channel, plus one number per channel. tfjs writes BatchNorm and its gradient as a
 * dozen operations, each of which would stream whole images through memory. As such a sum they take
 * one pass per image, and a reduction of the sum reduces its images, or pairs of them, instead.
 */
export interface ChannelAffine {
  /** Empty where the image is the same at every pixel. */
  readonly terms: readonly Term[];
  /** The name of `[channels]` numbers, or of a scalar. */
  readonly offset: string | undefined;
  /** Whether it is an image less its own mean, whose sum is 0. */
  readonly centred?: boolean;
}

interface Term {
  /** The name of an image with its channels first. */
  readonly image: string;
  /** The name of `[channels]` factors, or of a scalar; none is 1. */
  readonly scale: string | undefined;
}

/** Two sums of one term each, multiplied pixel by pixel, and not computed yet either. */
export type ChannelProduct = readonly [ChannelAffine, ChannelAffine];

export function affineOfImage(image: string): ChannelAffine {
  return { terms: [{ image, scale: undefined }], offset: undefined };
}

export function affineOfVector(offset: string): ChannelAffine {
  return { terms: [], offset };
}

export function addAffine(graph: GraphBuilder, a: ChannelAffine, b: ChannelAffine): ChannelAffine {
  const terms = [...a.terms];
  for (const term of b.terms) {
    const same = terms.findIndex(({ image }) => image === term.image);
    if (same < 0) terms.push(term);
    else {
      const left = terms[same]!.scale ?? graph.scalar(1);
      const right = term.scale ?? graph.scalar(1);
      terms[same] = { image: term.image, scale: plus(graph, left, right) };
    }
  }
  return {
    terms,
    offset: a.offset && b.offset ? plus(graph, a.offset, b.offset) : (a.offset ?? b.offset),
  };
}

/** @param factor the name of `[channels]` numbers, or of a scalar */
export function scaleAffine(
  graph: GraphBuilder,
  { terms, offset }: ChannelAffine,
  factor: string,
): ChannelAffine {
  return {
    terms: terms.map(({ image, scale }) => ({
      image,
      scale: scale ? times(graph, scale, factor) : factor,
    })),
    offset: offset === undefined ? undefined : times(graph, offset, factor),
  };
}

/** Writes the sum; gives the name of the image with its channels first. */
export function writeAffine(graph: GraphBuilder, affine: ChannelAffine, shape: ImageShape): string {
  const { terms, offset } = affine;
  const [first, ...others] = terms;
  if (first === undefined) {
    const vector = perChannel(graph, offset ?? graph.scalar(0));
    return graph.node('Expand', [vector, graph.ints(shape)]);
  }
  if (others.length > 0 && suitsPlaneBlocks(shape)) return writeInBlocks(graph, affine, shape);
  // The one pass for scale and offset is BatchNorm's own, of mean 0 and variance 1.
  let sum = writeTerm(graph, first, offset, shape[1]);
  for (const term of others) sum = plus(graph, sum, writeTerm(graph, term, undefined, shape[1]));
  return sum;
}

/** The same in one pass over all images; the operations are those of single passes, in order. */
function writeInBlocks(
  graph: GraphBuilder,
  { terms, offset }: ChannelAffine,
  shape: ImageShape,
): string {
  const channels = shape[1];
  const whole = (vector: string) => times(graph, vector, graph.filled(channels, 1));
  const scales = terms.flatMap(({ scale }) => (scale === undefined ? [] : [whole(scale)]));
  const vectors = offset === undefined ? scales : [...scales, whole(offset)];
  const images = terms.map(({ image }) => image);
  return inPlaneBlocks(graph, { images, vectors, shape }, (body, names, given) => {
    const factors = given.slice(0, scales.length);
    const scaled = names.map((name, i) => {
      const factor = terms[i]!.scale === undefined ? undefined : factors.shift();
      return factor === undefined ? name : times(body, name, factor);
    });
    const [first, ...others] = scaled as [string, ...string[]];
    const begun = offset === undefined ? first : plus(body, first, given.at(-1)!);
    return others.reduce((sum, term) => plus(body, sum, term), begun);
  });
}

function writeTerm(
  graph: GraphBuilder,
  { image, scale }: Term,
  offset: string | undefined,
  channels: number,
): string {
  if (scale === undefined)
    return offset === undefined ? image : plus(graph, image, perChannel(graph, offset));
  if (offset === undefined) return times(graph, image, perChannel(graph, scale));
  const factors = times(graph, scale, graph.filled(channels, 1));
  const offsets = times(graph, offset, graph.filled(channels, 1));
  const inputs = [image, factors, offsets, graph.filled(channels, 0), graph.filled(channels, 1)];
  return graph.node('BatchNormalization', inputs, { attributes: { epsilon: { float: 0 } } });
}

/** The sums over batch, height and width, `[channels]`; those of the images `centred` are 0. */
export function sumAffine(
  graph: GraphBuilder,
  { terms, offset }: ChannelAffine,
  shape: ImageShape,
  centred: ReadonlySet<string>,
): string {
  const [batch, channels, height, width] = shape;
  const summed = terms.filter(({ image }) => !centred.has(image));
  const sums = summed.map(({ image, scale }) => {
    const sum = sumImage(graph, image);
    return scale === undefined ? sum : times(graph, sum, scale);
  });
  if (offset !== undefined || summed.length === 0) {
    const count = graph.filled(channels, batch * height * width);
    sums.push(times(graph, offset ?? graph.scalar(0), count));
  }
  return sums.reduce((a, b) => plus(graph, a, b));
}

/** The sums of the products over batch, height and width, `[channels]`. */
export function sumProduct(graph: GraphBuilder, [a, b]: ChannelProduct, shape: ImageShape): string {
  const left = a.terms[0] as Term;
  const right = b.terms[0] as Term;
  // In one order, so that a pair is multiplied once whichever way round it comes.
  const images = [left.image, right.image].sort() as [string, string];
  return [left.scale, right.scale].reduce<string>(
    (sum, scale) => (scale === undefined ? sum : times(graph, sum, scale)),
    dotProducts(graph, images, shape),
  );
}

/**
 * Large planes are multiplied as vectors, which leaves no array of products to be written and read.
 */
function dotProducts(
  graph: GraphBuilder,
  images: readonly [string, string],
  shape: ImageShape,
): string {
  const [batch, channels, height, width] = shape;
  if (height * width < 1024) return sumImage(graph, graph.node('Mul', images));
  const vectors = images.map((name) => graph.reshape(name, [batch, channels, 1, height * width]));
  const products = graph.node('FusedMatMul', vectors, {
    domain: 'com.microsoft',
    attributes: { transB: 1 },
  });
  return graph.reduce('ReduceSum', products, [0, 2, 3]);
}

export function writeProduct(
  graph: GraphBuilder,
  [a, b]: ChannelProduct,
  shape: ImageShape,
): string {
  return times(graph, writeAffine(graph, a, shape), writeAffine(graph, b, shape));
}

function sumImage(graph: GraphBuilder, image: string): string {
  return graph.reduce('ReduceSum', image, [0, 2, 3]);
}

/** `[channels]`, or a scalar, to broadcast against an image with its channels first. */
function perChannel(graph: GraphBuilder, vector: string): string {
  return graph.node('Unsqueeze', [
    graph.node('Reshape', [vector, graph.ints([-1])]),
    graph.ints([1, 2]),
  ]);
}

function plus(graph: GraphBuilder, a: string, b: string): string {
  return graph.node('Add', [a, b]);
}

function times(graph: GraphBuilder, a: string, b: string): string {
  return graph.node('Mul', [a, b]);
}
