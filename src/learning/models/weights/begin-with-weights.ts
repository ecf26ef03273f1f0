import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs';
import type { Normalization } from '../../vision/pixels-to-floats.ts';
import type { Net } from '../layers/layer.ts';
import { readModelInfo } from '../read-model-info.ts';
import type { FittedWeights } from './fit-weights.ts';
import { loadWeights } from './load-weights.ts';
import { openWeights } from './open-weights.ts';

/** What is known of the weights that a model begins with. */
export interface Beginning {
  /** Layers of the head that keep their random start, with the reason. */
  readonly random: readonly string[];
  /** How images were normalised for the network that the weights are of, where that is known. */
  readonly normalise?: Normalization;
}

/**
 * Puts the weights in `paths` into a model with random ones, and says in the log what was taken, what stays random and
 * what was left. Throws a `StageError` that names the first tensor that is not as expected.
 */
export async function beginWithWeights(
  model: LayersModel,
  form: { readonly net: Net; readonly imageSize: number },
  paths: readonly string[],
  log: (line: string) => void,
): Promise<Beginning> {
  using stored = await openWeights(paths);
  const fitted = loadWeights(model, form, stored);
  const normalise = normalisationIn(paths[0]!) ?? fitted.normalise;
  for (const line of describe(fitted, stored.path)) log(line);
  if (normalise !== undefined) {
    const [mean, deviation] = [normalise.mean, normalise.deviation].map((values) => showTriple(values));
    log(`Their network saw images normalised by mean ${mean} and deviation ${deviation}.`);
  }
  return { random: fitted.random, ...(normalise !== undefined && { normalise }) };
}

/** What a `model` artifact says of its own; other folders and files say nothing. */
function normalisationIn(folder: string): Normalization | undefined {
  if (!existsSync(join(folder, 'info.json'))) return undefined;
  const { input } = readModelInfo(folder);
  return 'normalise' in input ? input.normalise : undefined;
}

const showTriple = (values: Normalization['mean']): string =>
  values.map((value) => Number(value.toFixed(4))).join(', ');

function describe({ layers, random, unused, naming }: FittedWeights, path: string): readonly string[] {
  const few = unused.slice(0, 5).join(', ');
  const more = unused.length > 5 ? ` and ${unused.length - 5} others` : '';
  return [
    `Weights of ${layers.size} layers are those of ${path}, which calls them as ${naming} does.`,
    ...random.map((layer) => `Begins at random, as part of the head: ${layer}.`),
    ...(unused.length > 0 ? [`Left unused: ${few}${more}.`] : []),
  ];
}
