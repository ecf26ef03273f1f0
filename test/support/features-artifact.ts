import { FeaturesWriter } from '../../src/learning/vision/features/features.ts';
import { Random } from '../../src/random.ts';

/**
 * Writes a `features` artifact of normal noise with alternating labels. The first value separates
 * the classes, so that any head learns them in a few steps. `splits` gives the number of images of
 * each split.
 */
export async function writeFeatures(
  folder: string,
  splits: Readonly<Record<string, number>>,
  { values = 8, of = { layer: 'made up' } as Readonly<Record<string, unknown>> } = {},
): Promise<void> {
  const classes = ['real', 'fake'];
  const writer = new FeaturesWriter(folder, {
    format: 1,
    classes,
    splits: Object.keys(splits),
    values,
    of,
  });
  for (const [split, images] of Object.entries(splits)) {
    const samples = Array.from({ length: images }, (_, i) => {
      const name = classes[i % 2]!;
      return {
        key: `${split}/${i}`,
        label: i % 2,
        class: name,
        source: name,
        path: `${split}/${i}.png`,
      };
    });
    const rows = samples.map(({ key, label }) => {
      const random = new Random(key);
      return Float32Array.from(
        { length: values },
        (_, i) => random.normal() + (i === 0 ? 6 * label - 3 : 0),
      );
    });
    await writer.split(split, samples, inTurn(rows));
  }
  writer.finish();
}

async function* inTurn<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
