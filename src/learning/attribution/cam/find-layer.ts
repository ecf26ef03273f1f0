import type { LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../../stage.ts';
import { thereAre } from '../../../suggest.ts';

const convolutions = new Set(['Conv2D', 'SeparableConv2D', 'DepthwiseConv2D']);

/** The names of a model's convolutions whose feature maps have more than one pixel, in the order of the network. */
export function convolutionNames(model: LayersModel): readonly string[] {
  const isLarge = ([, height = 0, width = 0]: readonly number[]) => height * width > 1;
  return model.layers
    .filter((layer) => convolutions.has(layer.getClassName()) && isLarge(layer.outputShape as number[]))
    .map(({ name }) => name);
}

/**
 * The convolution that class activation maps are taken from: the one of that name, or the last. Throws a {@link StageError}
 * that lists the convolutions when there is none.
 */
export function findConvolution(model: LayersModel, name?: string): string {
  const names = convolutionNames(model);
  const last = names.at(-1);
  if (last === undefined) {
    throw new StageError(
      'Expected a network with a convolution whose maps have more than one pixel, got none: there is nowhere to look.',
    );
  }
  if (name === undefined || names.includes(name)) return name ?? last;
  const layer = model.layers.find((layer) => layer.name === name);
  const what = layer === undefined ? `"${name}"` : `the ${layer.getClassName()} "${name}"`;
  throw new StageError(`Expected a convolution of the network for the layer, got ${what}. ${thereAre(name, names)}`);
}
