import { sameShape, sizeOf } from '../dtype.ts';
import {
  addAffine,
  affineOfImage,
  affineOfVector,
  type ChannelAffine,
  type ChannelProduct,
  scaleAffine,
} from '../lowering/channel-affine.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import type { Operand, TraceValue } from '../trace.ts';

export type ChannelwiseOperation = 'add' | 'subtract' | 'multiply' | 'divide';

/** An operand as images and numbers per channel see it. */
type Part =
  /** One number per channel, or one number: its name. */
  { readonly vector: string; readonly everywhere: boolean } | { readonly image: Operand; readonly waits: boolean };

/** More images in one sum are rather computed than carried on. */
const MOST_TERMS = 2;

/**
 * The result of an operation on images, or on an image and a number per channel, as a sum that is not computed yet;
 * undefined where there is nothing to be saved.
 */
export function byChannels(
  lowering: Lowering,
  operation: ChannelwiseOperation,
  operands: readonly Operand[],
  output: TraceValue,
): Representation | undefined {
  if (output.dtype !== 'float32' || !isImage(output.shape) || operands.length !== 2) return undefined;
  const parts = operands.map((operand) => partOf(lowering, operand, output.shape));
  const [a, b] = parts;
  if (a === undefined || b === undefined) return undefined;
  if ('vector' in a && 'vector' in b) return ofVectors(lowering, operation, a, b);
  if ('vector' in b && 'image' in a) return ofImageAndVector(lowering, operation, a, b.vector);
  if ('vector' in a && 'image' in b) return ofVectorAndImage(lowering, operation, a.vector, b);
  if (!('image' in a && 'image' in b)) return undefined;
  return ofImages(lowering, operation, [a, b], output);
}

/** `[batch, height, width, channels]` of more than one pixel. */
export function isImage(shape: readonly number[]): boolean {
  return shape.length === 4 && sizeOf(shape.slice(0, 3)) > 1;
}

function partOf(lowering: Lowering, operand: Operand, shape: readonly number[]): Part | undefined {
  const { value, shape: own } = operand;
  const channels = shape[3] as number;
  const whole = sameShape(own, shape);
  const filled = lowering.filledWith(operand);
  if (whole && filled !== undefined) return { vector: lowering.graph.scalar(filled), everywhere: true };
  if (whole && lowering.isAffine(operand)) {
    const { terms, offset } = lowering.affine(operand);
    if (terms.length === 0 && offset !== undefined) return { vector: offset, everywhere: true };
    return { image: operand, waits: true };
  }
  if (whole) return lowering.standsChannelsFirst(operand) ? { image: operand, waits: false } : undefined;
  if (sizeOf(own) === 1) return { vector: lowering.logical({ value, shape: [] }), everywhere: false };
  const perChannel = sizeOf(own) === channels && own.at(-1) === channels;
  return perChannel ? { vector: lowering.logical({ value, shape: [channels] }), everywhere: false } : undefined;
}

const OPERATORS = { add: 'Add', subtract: 'Sub', multiply: 'Mul', divide: 'Div' } as const;

function ofVectors(
  { graph }: Lowering,
  operation: ChannelwiseOperation,
  a: { readonly vector: string },
  b: { readonly vector: string },
): Representation {
  return { affine: affineOfVector(graph.node(OPERATORS[operation], [a.vector, b.vector])) };
}

function ofImageAndVector(
  lowering: Lowering,
  operation: ChannelwiseOperation,
  { image }: { readonly image: Operand },
  vector: string,
): Representation | undefined {
  const { graph } = lowering;
  if (operation === 'add') return { affine: addAffine(graph, lowering.affine(image), affineOfVector(vector)) };
  if (operation === 'subtract') {
    const minuend = lowering.affine(image);
    const [term] = minuend.terms;
    const plain = minuend.terms.length === 1 && term?.scale === undefined && minuend.offset === undefined;
    const centred = plain && lowering.means.get(term?.image as string) === vector;
    return { affine: { ...addAffine(graph, minuend, affineOfVector(graph.node('Neg', [vector]))), centred } };
  }
  if (operation === 'multiply') return { affine: scaleAffine(graph, oneTerm(lowering, image), vector) };
  return undefined;
}

function ofVectorAndImage(
  lowering: Lowering,
  operation: ChannelwiseOperation,
  vector: string,
  image: { readonly image: Operand },
): Representation | undefined {
  const commutes = operation === 'add' || operation === 'multiply';
  return commutes ? ofImageAndVector(lowering, operation, image, vector) : undefined;
}

function ofImages(
  lowering: Lowering,
  operation: ChannelwiseOperation,
  images: readonly [{ image: Operand; waits: boolean }, { image: Operand; waits: boolean }],
  output: TraceValue,
): Representation | undefined {
  const [a, b] = images;
  if (operation === 'multiply') {
    if (!isOnlySummed(lowering, output)) return undefined;
    return { product: [oneTerm(lowering, a.image), oneTerm(lowering, b.image)] as ChannelProduct };
  }
  if (operation !== 'add' || !(a.waits || b.waits)) return undefined;
  const sum = addAffine(lowering.graph, lowering.affine(a.image), lowering.affine(b.image));
  return sum.terms.length <= MOST_TERMS ? { affine: sum } : undefined;
}

/**
 * The image as a multiple of one that is computed. An offset is computed first: sums over (x - mean) · y taken apart
 * into sums over x · y and y would lose the digits that the two have in common.
 */
function oneTerm(lowering: Lowering, operand: Operand): ChannelAffine {
  const affine = lowering.affine(operand);
  const plain = affine.terms.length === 1 && affine.offset === undefined;
  return plain ? affine : affineOfImage(lowering.channelsFirst(operand));
}

/** Whether nobody wants more of the value than its sums over batch, height and width. */
function isOnlySummed(lowering: Lowering, value: TraceValue): boolean {
  const readers = lowering.readersOf(value);
  return (
    !value.alive &&
    readers.length > 0 &&
    readers.every(
      ({ kernel, attributes, operands }) =>
        kernel === 'Sum' && String(attributes['axes']) === '0,1,2' && sameShape(operands[0]!.shape, value.shape),
    )
  );
}
