import { StageError } from '../../stage.ts';
import { type Dataset, openDataset } from '../vision/dataset/open-dataset.ts';
import { type Features, openFeatures } from '../vision/features/features.ts';

/**
 * Opens a `dataset` artifact. Throws a {@link StageError} with a single class, or if one of
 * `splits` is missing or empty.
 */
export const openClasses = (folder: string, splits: readonly string[]): Dataset =>
  expectClasses(openDataset(folder), 'a dataset', splits);

/** The same for a `features` artifact. */
export const openFeaturesOfClasses = (folder: string, splits: readonly string[]): Features =>
  expectClasses(openFeatures(folder), 'features', splits);

function expectClasses<T extends Dataset | Features>(
  data: T,
  name: string,
  splits: readonly string[],
): T {
  if (data.classes.length < 2) {
    throw new StageError(
      `Expected ${name} of two classes or more, got ${data.classes.join(', ')} alone. Folders name the classes, such as real and fake in data/real/a.png and data/fake/b.png, or the labels of a list do.`,
    );
  }
  const empty = splits.find((split) => data.split(split).samples.length === 0);
  if (empty !== undefined)
    throw new StageError(`Expected images in the split "${empty}", got none.`);
  return data;
}

/** What a model learns: the classes of images, or their sources. */
export type Target = 'class' | 'source';

type LabelOf = (sample: { readonly class: string; readonly source: string }) => number;

/** Finds the label of an image among the classes of a model; -1 where it is none of them. */
export function labelling(classes: readonly string[], target: Target = 'class'): LabelOf {
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  return (sample) => indexOf.get(sample[target]) ?? -1;
}
