import { type Net, plainLayersIn } from './layers/layer.ts';
import { takesValues } from './layers/layer-kinds.ts';
import { backbone } from './layers/net-parts.ts';
import { type NetMistake, traceLayers } from './layers/trace-net.ts';
import {
  inSettings,
  type ModelSetting,
  netOf,
  scalingMistakes,
  sharedNames,
  wrongEnd,
} from './model-setting.ts';

/**
 * The network for features: the layers of a named network after its backbone, or a list of layers
 * as it is written.
 */
export function headOf(setting: ModelSetting, classes = 2): Net {
  const { name, layers } = netOf(setting, classes);
  if (typeof setting !== 'string') return { name, layers };
  return { name: `${name}-head`, layers: layers.slice(backbone(layers).length + 1) };
}

/** Why a network cannot classify features, whatever their number; `at` begins at `model`. */
export function headMistakes(
  setting: ModelSetting,
  classes?: readonly string[],
): readonly NetMistake[] {
  if (typeof setting === 'string') return [];
  const { layers } = headOf(setting);
  const seesImages = plainLayersIn(layers).find((layer) => !takesValues(layer));
  const message = `${seesImages?.name} needs an image, but features are flat: begin with dense, for instance`;
  const traced = traceLayers(layers, [1]);
  const end = traced.ok ? wrongEnd(traced.value, classes) : [];
  const wrong = seesImages === undefined ? end : [{ at: seesImages.at, message }];
  const first = layers.findIndex(({ kind }) => kind !== 'scaling');
  const later = plainLayersIn(layers.slice(first));
  return inSettings([...sharedNames(layers, 'features'), ...scalingMistakes(later), ...wrong]);
}
