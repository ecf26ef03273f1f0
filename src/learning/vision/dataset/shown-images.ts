import { StageError, type StageInputs } from '../../../stage.ts';
import { openDataset } from './open-dataset.ts';

/**
 * Opens the connected data sets, such as those of the folds of a cross-validation, to show images
 * of `splits` by their keys.
 */
export function openImages({ inputs }: StageInputs, splits: readonly string[]) {
  const datasets = inputs('dataset').map(({ path }) => openDataset(path));
  const images = new Map(
    datasets.flatMap((dataset) =>
      splits.flatMap((name) => {
        const split = dataset.split(name);
        return split.samples.map(
          ({ key }, index) => [`${name} ${key}`, () => split.read(index)] as const,
        );
      }),
    ),
  );
  return {
    /** The encoded image. Throws a {@link StageError} for one that no data set has. */
    async read(split: string, key: string): Promise<Buffer> {
      const read = images.get(`${split} ${key}`);
      if (read !== undefined) return read();
      throw new StageError(
        `Expected the image ${key} in ${split} of the input "dataset", which has none of this key.`,
      );
    },
    [Symbol.dispose]: () => {
      for (const dataset of datasets) dataset.close();
    },
  };
}
