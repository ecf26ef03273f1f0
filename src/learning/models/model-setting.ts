import { z } from 'zod';
import { architectureNames, architectures } from './architectures/architectures.ts';
import { addName, type Net } from './layers/layer.ts';
import { layerItem } from './layers/layer-items.ts';
import { readLayers } from './layers/read-layers.ts';
import { showShape } from './layers/shapes.ts';
import { type NetMistake, type TracedLayer, traceLayers } from './layers/trace-net.ts';

/** How a setting says which network: by its name, or layer by layer. */
export const modelSetting = z.union(
  [
    z.enum(architectureNames),
    z.strictObject({
      layers: z
        .array(layerItem)
        .min(1)
        .max(1000)
        .describe('The network layer by layer, from the image to two values; docs/networks.md has the layers.'),
    }),
  ],
  { error: `the name of a network (${architectureNames.join(', ')}) or a map of its layers (docs/networks.md)` },
);
export type ModelSetting = z.infer<typeof modelSetting>;

/** The network that a setting says. `classes` is for those that have a name: a list of layers ends as it is written. */
export function netOf(setting: ModelSetting, classes = 2): Net {
  if (typeof setting === 'string') return { name: setting, layers: readLayers(architectures[setting].layers(classes)) };
  return { name: 'layers', layers: readLayers(setting.layers) };
}

/**
 * What keeps a network from telling two classes apart in images of this size, in pixels a side. `at` begins at `model` or
 * `imageSize`, so that it leads into the settings of a stage.
 */
export function modelMistakes(setting: ModelSetting, imageSize: number): readonly NetMistake[] {
  const { name, layers } = netOf(setting);
  const traced = traceLayers(layers, [imageSize, imageSize, 3]);
  if (typeof setting === 'string') {
    if (traced.ok) return [];
    const least = smallestImage(layers);
    const tooSmall = `expected at least ${least} for ${name}, got ${imageSize}`;
    return [{ at: ['imageSize'], message: imageSize < least ? tooSmall : `${traced.error.message}, in ${name}` }];
  }
  const mistakes = [...sharedNames(layers, 'image'), ...(traced.ok ? wrongEnd(traced.value) : [traced.error])];
  return mistakes.map(({ at, message }) => ({ at: ['model', 'layers', ...at], message }));
}

/** Pixels a side of the smallest image that leaves every layer something to see. */
function smallestImage(layers: Net['layers']): number {
  let size = 1;
  while (!traceLayers(layers, [size, size, 3]).ok) size++;
  return size;
}

/** Weights are told apart by the names of their layers, and `input` is one, too. */
export function sharedNames(layers: Net['layers'], input: string): readonly NetMistake[] {
  const seen = new Set([input]);
  const all = layers.flatMap((layer) =>
    layer.kind === 'residual' ? [...layer.body, ...layer.shortcut, { ...layer, name: addName(layer) }] : [layer],
  );
  return all.flatMap(({ name, at }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ at, message: `expected a name of its own, but there is another "${name}"` }];
  });
}

export function wrongEnd(traced: readonly TracedLayer[]): readonly NetMistake[] {
  const { layer, output } = traced.at(-1)!;
  if (output.length === 1 && output[0] === 2) return [];
  const message = `expected 2 values at the end, real and fake, but ${layer.name} leaves ${showShape(output)}`;
  return [{ at: layer.at, message }];
}
