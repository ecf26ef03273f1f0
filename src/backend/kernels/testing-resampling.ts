import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { arrayOf, finiteNumber } from '../../../test/support/both-backends.ts';
import { smooth } from './testing-cases.ts';
import { type Case, property, type SealedProperty } from './testing-properties.ts';

interface Resizing {
  readonly size: [number, number];
  readonly corners: 'aligned' | 'half pixels' | 'neither';
}

type Resize = (x: Tensor, how: Resizing) => Tensor;

const bilinear: Resize = (x, { size, corners }) =>
  tf.image.resizeBilinear(x as Tensor4D, size, corners === 'aligned', corners === 'half pixels');
const nearest: Resize = (x, { size, corners }) =>
  tf.image.resizeNearestNeighbor(
    x as Tensor4D,
    size,
    corners === 'aligned',
    corners === 'half pixels',
  );

const length = (min: number) => fc.integer({ min, max: 6 });

const resizing = (corners: readonly Resizing['corners'][]): fc.Arbitrary<Resizing> =>
  fc.record({ size: fc.tuple(length(1), length(1)), corners: fc.constantFrom(...corners) });

const everyWay = resizing(['aligned', 'half pixels', 'neither']);

const resizings: fc.Arbitrary<Case<Resizing>> = fc
  .tuple(length(1), length(1), length(1), length(1))
  .chain((shape) => fc.record({ inputs: fc.tuple(arrayOf(shape)), attributes: everyWay }));

/**
 * Square images with whole pixels: of others tfjs's cpu gives a gradient of another shape, or that
 * of whole pixels. And of more than one pixel, on which its gradient of the nearest, corners
 * aligned, never ends; and one image, since that gradient reads all others' from the wrong index.
 */
const squareResizings: fc.Arbitrary<Case<Resizing>> = fc
  .tuple(length(2), length(1))
  .chain(([side, channels]) =>
    fc.record({
      inputs: fc.tuple(arrayOf([1, side, side, channels], 'float32', finiteNumber)),
      attributes: resizing(['aligned', 'neither']),
    }),
  );

const differentiable = fc.record({
  inputs: fc.tuple(smooth(-1, 1, [1, 3, 2, 2])),
  attributes: everyWay,
});

function resizeProperties(kernel: string, resize: Resize): SealedProperty[] {
  return [
    property({
      kernel,
      cases: resizings,
      runs: 15,
      compute: ([x], how) => resize(x, how),
      gradient: { cases: differentiable, runs: 6 },
    }),
    property({
      kernel: `${kernel}Grad`,
      cases: squareResizings,
      runs: 15,
      compute: ([x], how) => tf.grad((image) => tf.square(resize(image, how)))(x),
    }),
  ];
}

export const resamplingProperties: readonly SealedProperty[] = [
  ...resizeProperties('ResizeBilinear', bilinear),
  ...resizeProperties('ResizeNearestNeighbor', nearest),
];
