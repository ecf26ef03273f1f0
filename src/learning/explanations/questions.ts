import { Random } from '../../random.ts';
import { StageError } from '../../stage.ts';
import { suggest } from '../../suggest.ts';
import type { ExplainOptions } from '../attribution/explain.ts';
import { type MethodSettings, methodDefaults } from '../attribution/methods.ts';
import { predictedClasses } from '../metrics/arithmetic/logits.ts';
import type { ImageInput } from '../models/model-info.ts';
import { type Network, outputOf } from '../models/model-output.ts';

/**
 * Chooses the class that each image of a batch is asked about, `[batch]`, from its images and
 * labels.
 */
export type ChooseClass = (
  images: Float32Array,
  labels: Int32Array,
) => Int32Array | Promise<Int32Array>;

/**
 * How the class is chosen: `predicted`, a name, or `label` where images have one. Throws a
 * {@link StageError} otherwise.
 */
export function chooseClass(
  model: Network,
  classes: readonly string[],
  of: string,
  { isLabelled = true } = {},
): ChooseClass {
  if (of === 'label' && isLabelled) return (_, labels) => labels;
  if (of === 'predicted')
    return async (images) =>
      Int32Array.from(predictedClasses(await outputOf(model, images), classes.length));
  const label = classes.indexOf(of);
  if (label >= 0) return (_, labels) => labels.map(() => label);
  const whose = isLabelled ? 'for "class"' : 'of the model';
  const others = isLabelled ? ['label', 'predicted'] : ['predicted'];
  const hint = suggest(of, [...classes, ...[...others].reverse()]) ?? '';
  throw new StageError(
    `Expected a class ${whose} (${classes.join(', ')}), or ${others.join(' or ')}, got "${of}". ${hint}`.trim(),
  );
}

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

/** How many times an image may be enlarged before its map shows mostly the enlarging. */
const mostEnlarged = 8;

/**
 * Throws a {@link StageError} for images so small, in pixels, that they would reach the network,
 * which sees `size` × `size`, as a blur.
 */
export function expectLargeEnough(
  images: readonly { readonly name: string; readonly width: number; readonly height: number }[],
  size: number,
): void {
  const least = Math.ceil(size / mostEnlarged);
  const [first, ...more] = images.filter(({ width, height }) => Math.min(width, height) < least);
  if (first === undefined) return;
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  throw new StageError(
    `Expected images of at least ${least} × ${least} pixels, an eighth of the ${size} × ${size} that the network sees, got ${first.width} × ${first.height}: ${first.name}${others}. A map would mostly show how the image was enlarged.`,
  );
}

/**
 * The results of independent checks. Throws one {@link StageError} with the messages of all that
 * failed; bugs as they are.
 */
export async function expectAll<T extends readonly unknown[]>(
  ...checks: { readonly [K in keyof T]: () => T[K] | Promise<T[K]> }
): Promise<T> {
  const settled = await Promise.allSettled(checks.map(async (check) => check()));
  const faults = settled.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as Error] : [],
  );
  const bug = faults.find((fault) => !(fault instanceof StageError));
  if (bug !== undefined || faults.length === 1) throw bug ?? faults[0];
  if (faults.length > 1) throw new StageError(faults.map(({ message }) => message).join('\n'));
  const values: unknown = settled.map((check) => (check as PromiseFulfilledResult<unknown>).value);
  return values as T;
}
