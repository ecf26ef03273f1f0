import type { StoredArtifact } from '../../engine/store/stage-result.ts';
import type { Sample } from '../../learning/vision/dataset/dataset.ts';
import type { DescribedRun } from '../compare/run-differences.ts';
import type { ImageStore } from './gallery-images.ts';
import { outputOf } from './gallery-table.ts';

/** The images of a data set in which two runs differ, named by split and key. */
export interface DatasetDifferences {
  readonly stage: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Images with another class, group, source, slice or number of bytes. */
  readonly changed: readonly string[];
}

/** The differences of every data set that two runs made under the same name. */
export function datasetDifferences(
  images: ImageStore,
  first: DescribedRun,
  second: DescribedRun,
): readonly DatasetDifferences[] {
  return [...first.results].flatMap(([stage, result]): readonly DatasetDifferences[] => {
    const one = outputOf(result, 'dataset');
    const other = outputOf(second.results.get(stage), 'dataset');
    if (one === undefined || other === undefined || one.digest === other.digest) return [];
    const before = imagesOf(images, one);
    const after = imagesOf(images, other);
    if (before === undefined || after === undefined) return [];
    const added = [...after.keys()].filter((name) => !before.has(name));
    const removed = [...before.keys()].filter((name) => !after.has(name));
    const changed = [...after.keys()].filter(
      (name) => before.has(name) && before.get(name) !== after.get(name),
    );
    return [{ stage, added, removed, changed }];
  });
}

/**
 * The facts of each image that may be shown, by split and key; undefined if the data set is gone.
 */
function imagesOf(
  images: ImageStore,
  artifact: StoredArtifact,
): ReadonlyMap<string, string> | undefined {
  const dataset = images.open(artifact);
  if (dataset === undefined) return undefined;
  const facts = new Map<string, string>();
  for (const split of images.splitsOf(artifact))
    for (const sample of dataset.split(split).samples)
      facts.set(`${split}: ${sample.key}`, factsOf(sample));
  return facts;
}

/** Without where its bytes lie, which changes when another image comes before it. */
const factsOf = ({ shard: _, offset: _o, ...facts }: Sample): string => JSON.stringify(facts);
