import type { LayersModel } from '@tensorflow/tfjs';
import { err, ok, type Result } from '../../../result.ts';
import { thereAre } from '../../../suggest.ts';

const convolutions = new Set(['Conv2D', 'SeparableConv2D', 'DepthwiseConv2D']);

/** The names of a model's convolutions that leave maps of more than one pixel, in the order of the net. */
export function convolutionNames(model: LayersModel): readonly string[] {
  return model.layers
    .filter((layer) => convolutions.has(layer.getClassName()))
    .filter(({ outputShape }) => {
      const [, height, width] = outputShape as [number, number, number, number];
      return height * width > 1;
    })
    .map(({ name }) => name);
}

/**
 * The convolution that class activation maps are taken from: the one of that name, or the last. The error is one sentence, with
 * the names there are.
 */
export function findConvolution(model: LayersModel, name?: string): Result<string, string> {
  const names = convolutionNames(model);
  const last = names.at(-1);
  if (last === undefined) {
    return err(
      'Expected a network with a convolution whose maps have more than one pixel, got none: there is nowhere to look.',
    );
  }
  if (name === undefined || names.includes(name)) return ok(name ?? last);
  const what = model.layers.some((layer) => layer.name === name) ? `the ${kindOf(model, name)} "${name}"` : `"${name}"`;
  return err(`Expected a convolution of the network for the layer, got ${what}. ${thereAre(name, names)}`);
}

const kindOf = (model: LayersModel, name: string): string => model.getLayer(name).getClassName();
