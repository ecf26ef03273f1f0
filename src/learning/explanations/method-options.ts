import { Random } from '../../random.ts';
import type { ExplainOptions } from '../attribution/explain.ts';
import { type MethodSettings, methodDefaults } from '../attribution/methods.ts';
import type { ImageInput } from '../models/model-info.ts';

/** The seed of an image, the same in any batch; `key` identifies the image. */
export const imageSeed = (seed: number, key: string): number =>
  new Random('explain', seed, key).uint32();

/** The options of methods, with defaults for the settings that are absent. */
export function methodOptions<Layer extends string | undefined>(
  settings: MethodSettings & { readonly batchSize: number },
  { mean, deviation }: ImageInput['normalise'],
  layer: Layer,
): ExplainOptions & { readonly layer: Layer } {
  const { samples, noise, steps, baseline, batchSize } = { ...methodDefaults, ...settings };
  const start = (channel: 0 | 1 | 2) =>
    baseline === 'mean' ? 0 : -mean[channel] / deviation[channel];
  return { samples, noise, steps, baseline: [start(0), start(1), start(2)], layer, batchSize };
}
