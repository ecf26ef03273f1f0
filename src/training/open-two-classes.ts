import { StageError } from '../stage.ts';
import type { Dataset } from '../vision/open-dataset.ts';
import { openDataset } from '../vision/open-dataset.ts';

/**
 * Opens the `dataset` artifact in `folder` for reading some of its splits. Throws a {@link StageError} when its classes
 * are not two, or when one of `splits` is missing or empty.
 */
export function openTwoClasses(folder: string, splits: readonly string[]): Dataset {
  const dataset = openDataset(folder);
  if (dataset.classes.length !== 2) {
    throw new StageError(`Expected a dataset of two classes, real first, got ${dataset.classes.join(', ')}.`);
  }
  const empty = splits.find((split) => dataset.split(split).samples.length === 0);
  if (empty !== undefined) throw new StageError(`Expected images in the split "${empty}", got none.`);
  return dataset;
}
