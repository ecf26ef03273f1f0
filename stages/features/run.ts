import { corruptionOf } from '../../src/learning/vision/corruptions/corruption-settings.ts';
import { openDataset } from '../../src/learning/vision/dataset/open-dataset.ts';
import {
  type Features,
  FeaturesWriter,
  openFeatures,
} from '../../src/learning/vision/features/features.ts';
import { mapInThreads } from '../../src/learning/vision/map-in-threads.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { describeLabels } from '../../src/read-input.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import { featureSets } from './feature-sets.ts';
import { countOf } from './image-features.ts';
import { joinRows, type Part, partOf } from './join-features.ts';
import type { Encoded, Measured } from './measure-worker.ts';
import type { FeaturesSettings } from './spec.ts';

type Context = StageContext<FeaturesSettings>;

/** So many images take longer to measure than a thread takes to start. */
const worthwhile = 50;

export default async function run(context: Context): Promise<void> {
  const { splits, of } = context.settings;
  const joined = context.inputs('features').map(({ path, labels }, i) => ({
    name: `features ${describeLabels(labels) || i + 1}`,
    features: openFeatures(path),
  }));
  const measured = context.inputs('dataset').map(({ path }) => path)[0];
  const classes = classesOf(measured, joined);
  const sources = [
    ...(measured === undefined
      ? []
      : [{ sets: featureSets.filter((set) => of.includes(set)), parameters: 0 }]),
    ...joined.map(({ features }) => features.of),
  ];
  const values =
    (measured === undefined ? 0 : countOf(of)) +
    joined.reduce((sum, { features }) => sum + features.values, 0);
  const known = sources.every((source) => source !== undefined);
  const writer = new FeaturesWriter(context.output('features'), {
    format: 1,
    classes: [...classes],
    splits: [...splits],
    values,
    ...(known && { of: sources.length === 1 ? sources[0] : { joined: sources } }),
  });
  const measure = measured === undefined ? undefined : measurer(context, measured);
  let images = 0;
  for (const split of splits) {
    const measuredSplit = await measure?.(split);
    const samples = measuredSplit?.samples ?? joined[0]!.features.split(split).samples;
    const parts = [
      ...(measuredSplit === undefined ? [] : [measuredSplit.part]),
      ...joined.map(({ name, features }) => partOf(name, features, split)),
    ];
    const missing = measuredSplit?.missing ?? joined[0]!.features.split(split).missing;
    await writer.split(split, samples, joinRows(samples, parts, split), missing);
    images += samples.length;
  }
  writer.finish();
  context.log(`${values} values for each of ${images} images`);
}

/** Throws a {@link StageError} for inputs of different classes. */
function classesOf(
  dataset: string | undefined,
  joined: readonly { readonly name: string; readonly features: Features }[],
): readonly string[] {
  const named = joined.map(({ name, features }) => ({ name, classes: features.classes }));
  if (dataset !== undefined) {
    using opened = openDataset(dataset);
    named.unshift({ name: 'the dataset', classes: opened.classes });
  }
  const [first, ...others] = named;
  for (const { name, classes } of others) {
    if (classes.join() === first!.classes.join()) continue;
    throw new StageError(
      `Expected features of the same classes, got ${first!.classes.join(', ')} in ${first!.name}, and ${classes.join(', ')} in ${name}.`,
    );
  }
  return first!.classes;
}

/** Measures the images of a split on all cores. */
function measurer(context: Context, folder: string) {
  const { splits, of } = context.settings;
  const corruption = corruptionOf(context);
  using dataset = openDataset(folder);
  const total = splits.reduce((sum, split) => sum + dataset.split(split).samples.length, 0);
  let done = 0;
  return async (split: string) => {
    using opened = openDataset(folder);
    const images = opened.split(split);
    const rows = new Map<string, Float32Array>();
    const answers = mapInThreads<number, Encoded, Measured>({
      items: [...images.samples.keys()],
      threads: context.cpus,
      worthwhile,
      start: () => startWorker(import.meta.url, 'measure-worker', undefined),
      ask: async (index) => ({
        bytes: await images.read(index),
        key: images.samples[index]!.key,
        of,
        corruption,
      }),
    });
    for await (const answer of answers) {
      const { key, path } = images.samples[rows.size]!;
      if ('error' in answer) throw new StageError(`${path} cannot be measured: ${answer.error}.`);
      rows.set(key, answer.features);
      done++;
      context.progress({ done, total, unit: 'images', note: split });
    }
    const part: Part = {
      name: 'the dataset',
      values: countOf(of),
      rowOf: (key) => rows.get(key),
    };
    return { samples: images.samples, missing: images.missing(), part };
  };
}
