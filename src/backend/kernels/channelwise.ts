import {
  addAffine,
  affineOfImage,
  affineOfVector,
  type ChannelAffine,
  type ChannelProduct,
  scaleAffine,
} from '../lowering/channel-affine.ts';
import type { Lowering, Representation } from '../lowering/lowering.ts';
import { type Operand, sameShape, sizeOf, type TraceValue } from '../trace/trace.ts';

/** By the name of its ONNX operator. */
export type ChannelwiseOperation = 'Add' | 'Sub' | 'Mul' | 'Div';

/** The name of one number per channel, or of one number. */
interface Vector {
  readonly vector: string;
}
/** An image, which may wait to be computed. */
interface Image {
  readonly image: Operand;
  readonly waits: boolean;
}

/** A sum of more images is computed at once. */
const MOST_TERMS = 2;

/**
 * The result of an operation on images, or on an image and a number per channel, as a sum that is
 * not computed yet; undefined where there is nothing to be saved.
 */
export function byChannels(
  lowering: Lowering,
  operation: ChannelwiseOperation,
  operands: readonly Operand[],
  output: TraceValue,
): Representation | undefined {
  if (output.dtype !== 'float32' || !isImage(output.shape) || operands.length !== 2)
    return undefined;
  const [a, b] = operands.map((operand) => partOf(lowering, operand, output.shape));
  if (a === undefined || b === undefined) return undefined;
  if ('image' in a && 'image' in b) return ofImages(lowering, operation, [a, b], output);
  if ('image' in a) return ofImageAndVector(lowering, operation, a.image, (b as Vector).vector);
  const commutes = operation === 'Add' || operation === 'Mul';
  if ('image' in b)
    return commutes ? ofImageAndVector(lowering, operation, b.image, a.vector) : undefined;
  return { affine: affineOfVector(lowering.graph.node(operation, [a.vector, b.vector])) };
}

/** `[batch, height, width, channels]` of more than one pixel. */
export function isImage(shape: readonly number[]): boolean {
  return shape.length === 4 && sizeOf(shape.slice(0, 3)) > 1;
}

function partOf(
  lowering: Lowering,
  operand: Operand,
  shape: readonly number[],
): Vector | Image | undefined {
  const { value, shape: operandShape } = operand;
  const channels = shape[3] as number;
  const whole = sameShape(operandShape, shape);
  const filled = lowering.filledWith(operand);
  if (whole && filled !== undefined) return { vector: lowering.graph.scalar(filled) };
  const affine = whole ? lowering.uncomputed(operand).affine : undefined;
  if (affine !== undefined) {
    const { terms, offset } = affine;
    if (terms.length === 0 && offset !== undefined) return { vector: offset };
    return { image: operand, waits: true };
  }
  if (whole)
    return lowering.standsChannelsFirst(operand) ? { image: operand, waits: false } : undefined;
  if (sizeOf(operandShape) === 1) return { vector: lowering.logical({ value, shape: [] }) };
  const perChannel = sizeOf(operandShape) === channels && operandShape.at(-1) === channels;
  return perChannel ? { vector: lowering.logical({ value, shape: [channels] }) } : undefined;
}

function ofImageAndVector(
  lowering: Lowering,
  operation: ChannelwiseOperation,
  image: Operand,
  vector: string,
): Representation | undefined {
  const { graph } = lowering;
  if (operation === 'Div') return undefined;
  if (operation === 'Mul') return { affine: scaleAffine(graph, oneTerm(lowering, image), vector) };
  const affine = lowering.affine(image);
  if (operation === 'Add') return { affine: addAffine(graph, affine, affineOfVector(vector)) };
  const [term] = affine.terms;
  const plain =
    affine.terms.length === 1 && term?.scale === undefined && affine.offset === undefined;
  const centred = plain && lowering.means.get(term?.image as string) === vector;
  return {
    affine: { ...addAffine(graph, affine, affineOfVector(graph.node('Neg', [vector]))), centred },
  };
}

function ofImages(
  lowering: Lowering,
  operation: ChannelwiseOperation,
  [a, b]: readonly [Image, Image],
  output: TraceValue,
): Representation | undefined {
  if (operation === 'Mul') {
    if (!isOnlySummed(lowering, output)) return undefined;
    return { product: [oneTerm(lowering, a.image), oneTerm(lowering, b.image)] as ChannelProduct };
  }
  if (operation !== 'Add' || !(a.waits || b.waits)) return undefined;
  const sum = addAffine(lowering.graph, lowering.affine(a.image), lowering.affine(b.image));
  return sum.terms.length <= MOST_TERMS ? { affine: sum } : undefined;
}

/**
 * The image as a multiple of one that is computed. An offset is computed first: sums over (x -
 * mean) · y taken apart into sums over x · y and y would lose the digits that the two have in
 * common.
 */
function oneTerm(lowering: Lowering, operand: Operand): ChannelAffine {
  const affine = lowering.affine(operand);
  return affine.terms.length === 1 && affine.offset === undefined
    ? affine
    : affineOfImage(lowering.channelsFirst(operand));
}

/** Whether the value is read only for its sums over batch, height and width. */
function isOnlySummed(lowering: Lowering, value: TraceValue): boolean {
  const readers = lowering.readersOf(value);
  return (
    !value.alive &&
    readers.length > 0 &&
    readers.every(
      ({ kernel, attributes, operands }) =>
        kernel === 'Sum' &&
        String(attributes['axes']) === '0,1,2' &&
        sameShape(operands[0]!.shape, value.shape),
    )
  );
}
