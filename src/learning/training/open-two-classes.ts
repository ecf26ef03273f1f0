import { StageError } from '../../stage.ts';
import { type Dataset, openDataset } from '../vision/dataset/open-dataset.ts';
import { type Features, openFeatures } from '../vision/features/open-features.ts';

/**
 * Opens a `dataset` artifact. Throws a {@link StageError} without two classes, or if one of `splits` is missing or empty.
 */
export const openTwoClasses = (folder: string, splits: readonly string[]): Dataset =>
  expectTwoClasses(openDataset(folder), 'a dataset', splits);

/** The same for a `features` artifact. */
export const openFeaturesOfTwoClasses = (folder: string, splits: readonly string[]): Features =>
  expectTwoClasses(openFeatures(folder), 'features', splits);

function expectTwoClasses<T extends Dataset | Features>(data: T, name: string, splits: readonly string[]): T {
  if (data.classes.length !== 2) {
    throw new StageError(`Expected ${name} of two classes, real first, got ${data.classes.join(', ')}.`);
  }
  const empty = splits.find((split) => data.split(split).samples.length === 0);
  if (empty !== undefined) throw new StageError(`Expected images in the split "${empty}", got none.`);
  return data;
}
