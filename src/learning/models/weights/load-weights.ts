import type { LayersModel } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import type { Net } from '../layers/layer.ts';
import { backbone, weightedLayers } from '../layers/net-parts.ts';
import { traceLayers } from '../layers/trace-net.ts';
import { type FittedWeights, fitWeights } from './fit-weights.ts';
import { netWeights } from './net-weights.ts';
import type { StoredWeights } from './stored-weights.ts';

/**
 * Puts a file's weights into the model that `buildNet` made of a network for images of this size, layer by layer. Throws a
 * `StageError` that names the first tensor which is not as expected; the model is then spoilt.
 */
export function loadWeights(
  model: LayersModel,
  { net, imageSize }: { readonly net: Net; readonly imageSize: number },
  stored: StoredWeights,
): FittedWeights {
  const traced = traceLayers(net.layers, [imageSize, imageSize, 3]);
  if (!traced.ok) throw new Error(`Internal error: the network ${net.name} was not checked: ${traced.error.message}`);
  const fitted = fitWeights(netWeights(traced.value), headOf(net), stored);
  for (const [name, read] of fitted.layers) {
    const layer = model.getLayer(name);
    const values = read();
    tidy(() => layer.setWeights(layer.weights.map(({ shape }, i) => tensor(values[i]!, shape as number[]))));
  }
  return fitted;
}

/** The names of what comes behind the backbone: made for the classes at hand, and so often of another shape in a file. */
function headOf({ layers }: Net): ReadonlySet<string> {
  const seeing = new Set(weightedLayers(backbone(layers)));
  return new Set(weightedLayers(layers).filter((name) => !seeing.has(name)));
}
