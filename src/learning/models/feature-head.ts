import type { Layer, Net } from './layers/layer.ts';
import { backbone } from './layers/net-parts.ts';
import { type NetMistake, traceLayers } from './layers/trace-net.ts';
import type { ModelSetting } from './model-setting.ts';
import { netOf, sharedNames, wrongEnd } from './model-setting.ts';

/**
 * What a setting says of a network that goes on from features: of one that has a name, the layers that follow its
 * backbone, as `xception-based` has 1000-256-64-2; a list of layers as it is written.
 */
export function headOf(setting: ModelSetting, classes = 2): Net {
  const { name, layers } = netOf(setting, classes);
  if (typeof setting !== 'string') return { name, layers };
  return { name: `${name}-head`, layers: layers.slice(backbone(layers).length + 1) };
}

/**
 * What keeps a network from telling two classes apart by features, whatever their number; `at` begins at `model`. What
 * depends on the number, {@link traceLayers} tells once it is known.
 */
export function headMistakes(setting: ModelSetting): readonly NetMistake[] {
  if (typeof setting === 'string') return [];
  const { layers } = headOf(setting);
  const seesImages = layers
    .flatMap((layer) => (layer.kind === 'residual' ? [...layer.body, ...layer.shortcut] : [layer]))
    .find(({ kind }) => imageKinds.has(kind));
  const message = `${seesImages?.name} needs an image, but features are flat: begin with dense, for instance`;
  const traced = traceLayers(layers, [1]);
  const end = traced.ok ? wrongEnd(traced.value) : [];
  const mistakes = [
    ...sharedNames(layers, 'features'),
    ...(seesImages === undefined ? end : [{ at: seesImages.at, message }]),
  ];
  return mistakes.map(({ at, message }) => ({ at: ['model', 'layers', ...at], message }));
}

const imageKinds: ReadonlySet<Layer['kind']> = new Set([
  ...(['conv', 'separableConv', 'maxPool', 'averagePool', 'flatten', 'globalAveragePool'] as const),
]);
