import { z } from 'zod';
import { negativeName, positiveName } from '../../default-class-names.ts';
import { formatFew } from '../../format-numbers.ts';
import { architectureNames, architectures } from './architectures/architectures.ts';
import {
  isBlock,
  joinName,
  type Layer,
  type Net,
  type PlainLayer,
  pathsOf,
  plainLayersIn,
  showShape,
} from './layers/layer.ts';
import { layerItem } from './layers/layer-items.ts';
import { readLayers } from './layers/read-layers.ts';
import { type NetMistake, type TracedLayer, traceLayers } from './layers/trace-net.ts';

/** The setting of a network: its name, or its layers. */
export const modelSetting = z.union(
  [
    z.enum(architectureNames),
    z.strictObject({
      layers: z
        .array(layerItem)
        .min(1)
        .max(1000)
        .describe(
          'The network layer by layer, from the image to a value for each class; docs/networks.md lists the layers.',
        ),
    }),
  ],
  {
    error: `the name of a network (${architectureNames.join(', ')}) or a map of its layers (docs/networks.md)`,
  },
);
export type ModelSetting = z.infer<typeof modelSetting>;

/** The name of a network in drawings and running text; undefined for a list of layers. */
export const titleOf = (setting: ModelSetting): string | undefined =>
  typeof setting === 'string' ? architectures[setting].title : undefined;

/**
 * The network of a setting. `classes` applies to named networks: a list of layers ends as it is
 * written.
 */
export function netOf(setting: ModelSetting, classes = 2): Net {
  if (typeof setting === 'string')
    return { name: setting, layers: readLayers(architectures[setting].layers(classes)) };
  return { name: 'layers', layers: readLayers(setting.layers) };
}

/**
 * Why a network cannot classify images of `imageSize` pixels a side into `classes`; `at` begins at
 * `model` or `imageSize`.
 */
export function modelMistakes(
  setting: ModelSetting,
  imageSize: number,
  classes?: readonly string[],
): readonly NetMistake[] {
  const { name, layers } = netOf(setting);
  const traced = traceLayers(layers, [imageSize, imageSize, 3]);
  if (typeof setting === 'string') {
    if (traced.ok) return [];
    const least = smallestImage(layers);
    const tooSmall = `expected an image size of at least ${least} for ${name}, got ${imageSize}`;
    return [
      {
        at: ['imageSize'],
        message: imageSize < least ? tooSmall : `${traced.error.message}, in ${name}`,
      },
    ];
  }
  const end = traced.ok ? wrongEnd(traced.value, classes) : [traced.error];
  return inSettings([...sharedNames(layers, 'image'), ...end]);
}

/** Why a network of images cannot begin with random weights. */
export function randomMistakes(setting: ModelSetting): readonly NetMistake[] {
  const { layers } = netOf(setting);
  return typeof setting === 'string' ? [] : inSettings(scalingMistakes(plainLayersIn(layers)));
}

/** Why a network cannot see whole images, which have many sizes; `at` is `scale`. */
export function nativeScaleMistakes(setting: ModelSetting): readonly NetMistake[] {
  const { name, layers } = netOf(setting);
  const fixed = plainLayersIn(layers).find(({ kind }) => kind === 'flatten' || kind === 'tokens');
  if (fixed === undefined) return [];
  const network = typeof setting === 'string' ? name : 'the list of layers';
  const message = `native needs a network that ends its feature maps by globalAveragePool, since whole images have many sizes, but ${network} has the layer ${fixed.name}, ${fixed.kind === 'flatten' ? 'a flatten' : 'whose positions are learned'}. Resize its images instead`;
  return [{ at: ['scale'], message }];
}

/** Scalings that are fitted to features, at a place where a network has none. */
export function scalingMistakes(layers: readonly PlainLayer[]): readonly NetMistake[] {
  return layers.flatMap((layer) => {
    if (layer.kind !== 'scaling' || layer.by === 'unit') return [];
    const message = `${layer.name} is fitted to features: it begins a network that is trained on the input "features"`;
    return [{ at: layer.at, message }];
  });
}

export const inSettings = (mistakes: readonly NetMistake[]): readonly NetMistake[] =>
  mistakes.map(({ at, message }) => ({ at: ['model', 'layers', ...at], message }));

/** Pixels a side of the smallest image that every layer can take. */
function smallestImage(layers: readonly Layer[]): number {
  let size = 1;
  while (!traceLayers(layers, [size, size, 3]).ok) size++;
  return size;
}

/** Weights are identified by the names of their layers, and `input` is a name, too. */
export function sharedNames(layers: readonly Layer[], input: string): readonly NetMistake[] {
  const seen = new Set([input]);
  return namedIn(layers).flatMap(({ name, at }) => {
    if (seen.has(name))
      return [{ at, message: `expected a name of its own, but there is another "${name}"` }];
    seen.add(name);
    return [];
  });
}

/** What has a name in the built network: layers, and the ends of blocks. */
const namedIn = (
  layers: readonly Layer[],
): readonly { readonly name: string; readonly at: Layer['at'] }[] =>
  layers.flatMap((layer) =>
    isBlock(layer)
      ? [...pathsOf(layer).flatMap(namedIn), { name: joinName(layer), at: layer.at }]
      : [layer],
  );

/**
 * The last layer, where it does not end with a value for each class; without their names, for two
 * or more.
 */
export function wrongEnd(
  traced: readonly TracedLayer[],
  classes?: readonly string[],
): readonly NetMistake[] {
  const { layer, output } = traced.at(-1)!;
  const isFitting = classes === undefined ? output[0]! >= 2 : output[0] === classes.length;
  if (output.length === 1 && isFitting) return [];
  const wanted =
    classes === undefined
      ? `a value for each class at the end, such as ${negativeName} and ${positiveName}`
      : `${classes.length} values at the end, for ${formatFew(classes, 8)}`;
  return [
    { at: layer.at, message: `expected ${wanted}, but ${layer.name} outputs ${showShape(output)}` },
  ];
}
