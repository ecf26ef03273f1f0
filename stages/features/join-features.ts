import { formatCountOf } from '../../src/format-numbers.ts';
import type { Features } from '../../src/learning/vision/features/features.ts';
import { StageError } from '../../src/stage.ts';

/** Rows of features for the images of a split, in any order. */
export interface Part {
  /** What a message calls it. */
  readonly name: string;
  readonly values: number;
  /** The row of an image; undefined where it has none. */
  rowOf(key: string): Float32Array | undefined;
}

/** The rows of a `features` artifact for a split, by the keys of its images. */
export function partOf(name: string, features: Features, split: string): Part {
  const { samples, features: rows } = features.split(split);
  const { values } = features;
  const indices = new Map(samples.map(({ key }, index) => [key, index]));
  return {
    name,
    values,
    rowOf: (key) => {
      const index = indices.get(key);
      return index === undefined ? undefined : rows.subarray(index * values, (index + 1) * values);
    },
  };
}

/**
 * One row for each image: those of all parts, one after another. Throws a {@link StageError} for
 * images that a part lacks.
 */
export async function* joinRows(
  samples: readonly { readonly key: string }[],
  parts: readonly Part[],
  split: string,
): AsyncGenerator<Float32Array> {
  const values = parts.reduce((sum, part) => sum + part.values, 0);
  for (const { name, rowOf } of parts) {
    const lacking = samples.filter(({ key }) => rowOf(key) === undefined);
    if (lacking.length === 0) continue;
    const count = formatCountOf(lacking.length, 'image');
    throw new StageError(
      `Expected features of the same images, but ${name} lacks ${count} of ${split}, such as ${lacking[0]!.key}.`,
    );
  }
  for (const { key } of samples) {
    const row = new Float32Array(values);
    let at = 0;
    for (const part of parts) {
      row.set(part.rowOf(key)!, at);
      at += part.values;
    }
    yield row;
  }
}
