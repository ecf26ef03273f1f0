import type { LayersModel } from '@tensorflow/tfjs';
import { z } from 'zod';
import { formatCount } from '../../format-numbers.ts';
import type { SettingMistake } from '../../stage.ts';
import { matchesName, type NetworkParts } from '../models/layers/net-parts.ts';
import { trainableWeights } from './trainable-weights.ts';

const names = z
  .array(z.string().min(1).max(100))
  .min(1)
  .describe(
    'Names of layers or residual blocks, as `restage model` lists them; * stands for any characters.',
  );

/** The setting of what does not train. */
export const freezeSetting = z.union([z.literal('backbone'), names], {
  error: 'backbone, or a list of layers',
});

/** The setting of what trains from a later epoch on. */
export const unfreezeSetting = z
  .array(
    z.strictObject({
      epoch: z.int().min(2).describe('The first epoch in which they train, counted from 1.'),
      layers: z
        .union([z.literal('all'), names], { error: 'all, or a list of layers' })
        .describe('All frozen layers, or a list of names as under `freeze`.'),
    }),
  )
  .min(1);

/** The setting of what trains of a backbone. */
export const trainSetting = z.union([z.enum(['norm', 'bias']), names], {
  error: 'norm, bias, or a list of layers',
});

/** The settings of what does not train, and from which epoch on it does. */
export interface FreezeSettings {
  readonly train?: z.infer<typeof trainSetting>;
  readonly freeze?: z.infer<typeof freezeSetting>;
  readonly unfreeze?: z.infer<typeof unfreezeSetting>;
}

/**
 * The first epoch in which a layer trains, counted from 1, by its name; Infinity for never. Layers
 * that it lacks always train.
 */
export type Freezing = ReadonlyMap<string, number>;

/** When each frozen layer trains, by settings without {@link freezingMistakes}. */
export function freezingOf(
  parts: NetworkParts,
  { freeze, unfreeze = [], train }: FreezeSettings,
): Freezing {
  if (train !== undefined) return allBut(parts, train);
  const frozen = freeze === 'backbone' ? parts.backbone : named(parts, freeze ?? []);
  const freezing = new Map(frozen.map((name) => [name, Number.POSITIVE_INFINITY]));
  for (const { epoch, layers } of unfreeze) {
    const thawing = layers === 'all' ? frozen : named(parts, layers);
    for (const name of thawing) if (isFrozen(freezing, name)) freezing.set(name, epoch);
  }
  return freezing;
}

/** The backbone without what trains of it. Biases are in layers that train. */
function allBut(parts: NetworkParts, train: NonNullable<FreezeSettings['train']>): Freezing {
  if (train === 'bias') return new Map();
  const training = new Set(train === 'norm' ? parts.norms : named(parts, train));
  const frozen = parts.backbone.filter((name) => !training.has(name));
  return new Map(frozen.map((name) => [name, Number.POSITIVE_INFINITY]));
}

/** Settings that have no effect on this network; `at` begins at the setting. */
export function freezingMistakes(
  parts: NetworkParts,
  settings: FreezeSettings,
): readonly SettingMistake[] {
  const { freeze, unfreeze = [], train } = settings;
  const conflicts = freezingConflicts(settings);
  if (conflicts.length > 0) return conflicts;
  if (train !== undefined) return trainMistakes(parts, train);
  if (freeze === undefined) return [];
  const misspelt = [
    ...misspeltNames(parts, freeze, ['freeze']),
    ...unfreeze.flatMap(({ layers }, i) => misspeltNames(parts, layers, ['unfreeze', i, 'layers'])),
  ];
  if (misspelt.length > 0) return misspelt;
  const frozen = freezingOf(parts, { freeze });
  if (frozen.size === 0)
    return [{ at: ['freeze'], message: 'expected a network with weights before its head' }];
  if (frozen.size === new Set([...parts.byName.values()].flat()).size) {
    return [
      { at: ['freeze'], message: 'expected a layer that is left to train, but all are frozen' },
    ];
  }
  return unfreezeMistakes(parts, freeze, unfreeze);
}

/** Settings that contradict each other whatever the network is. */
export function freezingConflicts(settings: FreezeSettings): readonly SettingMistake[] {
  const { freeze, unfreeze, train } = settings;
  if (train !== undefined && (freeze !== undefined || unfreeze !== undefined)) {
    return [{ at: ['train'], message: 'either `train` or `freeze`, got both' }];
  }
  const isAlone = unfreeze !== undefined && freeze === undefined;
  return isAlone ? [{ at: ['unfreeze'], message: 'expected freeze beside it' }] : [];
}

function trainMistakes(
  parts: NetworkParts,
  train: NonNullable<FreezeSettings['train']>,
): readonly SettingMistake[] {
  const mistake = (message: string): SettingMistake => ({ at: ['train'], message });
  const norms = parts.norms.filter((name) => parts.backbone.includes(name));
  if (train === 'norm' && norms.length === 0) {
    return [mistake('expected a backbone with layers that normalise, such as BatchNorm')];
  }
  if (parts.backbone.length === 0) {
    return [mistake('expected a network with weights before its head')];
  }
  return misspeltNames(parts, train, ['train']);
}

function misspeltNames(
  { byName }: NetworkParts,
  patterns: string | readonly string[],
  at: readonly PropertyKey[],
): readonly SettingMistake[] {
  if (typeof patterns === 'string') return [];
  const known = [...byName].filter(([, weighted]) => weighted.length > 0).map(([name]) => name);
  return patterns.flatMap((pattern, i): SettingMistake[] => {
    const path = [...at, i];
    const isAmong = (names: readonly string[], pattern: string) =>
      names.some((name) => matchesName(pattern, name));
    if (isAmong(known, pattern)) return [];
    const all = [...byName.keys()];
    if (isAmong(all, pattern)) {
      return [{ at: path, message: `expected a layer with weights, but "${pattern}" has none` }];
    }
    const message = `expected a layer of the network, got "${pattern}"`;
    // The drawing groups layers by the beginning of their names; not every such group is a block
    // with a name.
    // The layers of a file have dots in their names.
    const group = [`${pattern}_*`, `${pattern}.*`].find((each) => isAmong(known, each));
    if (group !== undefined)
      return [{ at: path, message: `${message}; "${group}" names those that begin so` }];
    return [{ at: path, message, unknown: { name: pattern, known } }];
  });
}

/** Steps of unfreezing that are out of order, or whose layers are not frozen any more. */
function unfreezeMistakes(
  parts: NetworkParts,
  freeze: NonNullable<FreezeSettings['freeze']>,
  unfreeze: NonNullable<FreezeSettings['unfreeze']>,
): readonly SettingMistake[] {
  return unfreeze.flatMap(({ epoch, layers }, i): SettingMistake[] => {
    const before = unfreeze.slice(0, i);
    const last = before.at(-1)?.epoch ?? 0;
    if (epoch <= last) {
      return [
        {
          at: ['unfreeze', i, 'epoch'],
          message: `expected a later epoch than ${last}, got ${epoch}`,
        },
      ];
    }
    const freezing = freezingOf(parts, { freeze, unfreeze: before });
    const patterns = layers === 'all' ? ['*'] : layers;
    return patterns.flatMap((pattern, j): SettingMistake[] => {
      if (named(parts, [pattern]).some((name) => isFrozen(freezing, name))) return [];
      const at = ['unfreeze', i, 'layers', ...(layers === 'all' ? [] : [j])];
      const what = layers === 'all' ? 'none is' : `"${pattern}" is not`;
      return [{ at, message: `expected layers that are frozen until then, but ${what}` }];
    });
  });
}

const isFrozen = (freezing: Freezing, name: string): boolean =>
  freezing.get(name) === Number.POSITIVE_INFINITY;

/** The layers with weights that patterns name. */
function named({ byName }: NetworkParts, patterns: readonly string[]): readonly string[] {
  const all = [...byName].filter(([name]) =>
    patterns.some((pattern) => matchesName(pattern, name)),
  );
  return [...new Set(all.flatMap(([, weighted]) => weighted))];
}

/**
 * Sets which layers train in an epoch, and returns a sentence on how much trains, in the first and
 * where that changes.
 */
export function freezeLayers(
  model: LayersModel,
  freezing: Freezing,
  epoch: number,
): string | undefined {
  for (const layer of model.layers) layer.trainable = true;
  const all = trainableParameters(model);
  for (const layer of model.layers) layer.trainable = epoch >= (freezing.get(layer.name) ?? 1);
  if (freezing.size === 0 || (epoch > 1 && ![...freezing.values()].includes(epoch)))
    return undefined;
  return `From epoch ${epoch} on ${trainableParameters(model)} of ${all} parameters train.`;
}

const trainableParameters = (model: LayersModel): string =>
  formatCount(trainableWeights(model).reduce((sum, { size }) => sum + size, 0));
