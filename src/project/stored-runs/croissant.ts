import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { makeFile } from '../../engine/files/new-path.ts';
import { diskError, writing } from '../../engine/files/write-error.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { RunManifest } from '../../engine/store/runs/run-manifest.ts';
import type { StageRecord, StoredArtifact } from '../../engine/store/stage-result.ts';
import { formatList } from '../../format-numbers.ts';
import {
  datasetFile,
  datasetInfo,
  type Sample,
  sampleList,
  samplesFile,
} from '../../learning/vision/dataset/dataset.ts';
import {
  croissantMetadata,
  type DescribedFile,
  type DescribedSplit,
  imageFacts,
} from '../../reporting/croissant/croissant-metadata.ts';
import { UsageError, UserError } from '../../user-error.ts';
import { findTarget } from '../find-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { lastRunOf } from './last-run.ts';
import { licenseAddress } from './license-address.ts';
import { stagesOf } from './pull.ts';

/** What a user says of a data set. */
export interface DatasetCredits {
  readonly license?: string | undefined;
  readonly creators: readonly string[];
  /** The address of its page. */
  readonly url?: string | undefined;
}

/** A data set that a stage published. */
interface PublishedDataset {
  readonly stage: string;
  /** Relative to the root. */
  readonly path: string;
  readonly artifact: StoredArtifact;
  readonly record: StageRecord;
}

/**
 * Describes the data set that a stage has made by Croissant, in one new file, which is whole or
 * absent: its files by their paths from there, and by their digests. The words name the pipeline
 * and the stage. Returns the name of the stage.
 */
export async function exportCroissant(
  project: OpenedProject,
  path: string,
  { words, ...credits }: DatasetCredits & { readonly words: readonly string[] },
): Promise<string> {
  const { root, folder, warn } = project;
  const target = resolve(folder, path);
  if (existsSync(target))
    throw new UsageError(`${path} is there already: name another file, or remove it`);
  const { creators, url } = credits;
  const license = licenseAddress(root, credits.license);
  if (creators.length === 0 || creators.some((creator) => creator.trim() === ''))
    throw new UsageError('A description names who made the data set: add `--creator <name>`');
  if (url === undefined || !/^https?:/.test(url) || !URL.canParse(url))
    throw new UsageError(
      'A description names the page of the data set: add `--url <address>`, such as https://example.org/faces',
    );
  const { file, stages } = findTarget({ words }, project);
  const store = new LocalStore(root, warn);
  const { manifest } = await lastRunOf(root, store, pipelineName(file, root));
  const dataset = publishedDataset(store, manifest, stages);
  const info = await readPart(store, dataset, datasetFile, datasetInfo);
  const from = relative(dirname(target), join(root, dataset.path));
  if (/^(\.\.\/?)*$/.test(from))
    throw new UsageError(
      `${path} lies in the data set, which it would change: name a file elsewhere`,
    );
  const splits: DescribedSplit[] = [];
  for (const split of info.splits)
    splits.push(await describedSplit({ store, dataset, info, from }, split));
  const metadata = croissantMetadata({
    name: basename(dataset.path) === 'dataset' ? dataset.stage : basename(dataset.path),
    description: `Images in the classes ${formatList(info.classes)}, by the stage ${dataset.stage} of the Restage pipeline ${manifest.pipeline}`,
    license,
    url,
    creators,
    datePublished: dataset.record.startedAt,
    classes: info.classes,
    splits,
  });
  const text = `${JSON.stringify(metadata, undefined, 2)}\n`;
  try {
    await makeFile(target, path, async (temporary) =>
      writing(path, () => writeFileSync(temporary, text)),
    );
  } catch (error) {
    throw diskError(error);
  }
  return dataset.stage;
}

/** The only output of type `dataset` of the stages that the words choose. */
function publishedDataset(
  store: LocalStore,
  manifest: RunManifest,
  words: readonly string[],
): PublishedDataset {
  const found = stagesOf(manifest, words).flatMap((stage) => {
    const { result: digest, outputs } = manifest.stages[stage]!;
    const result = store.readResult(digest);
    return Object.entries(result?.outputs ?? {}).flatMap(([port, artifact]) => {
      const path = outputs[port];
      return artifact.type === 'dataset' && path !== undefined
        ? [{ stage, path, artifact, record: result!.record }]
        : [];
    });
  });
  const [only, ...others] = found;
  if (only === undefined)
    throw new UsageError(`No stage of ${manifest.pipeline} has published a data set: run it first`);
  if (others.length > 0)
    throw new UsageError(
      `Several stages have published a data set: name one of ${found.map(({ stage }) => stage).join(', ')}`,
    );
  return only;
}

interface SplitSource {
  readonly store: LocalStore;
  readonly dataset: PublishedDataset;
  readonly info: z.infer<typeof datasetInfo>;
  /** The way from the description to the data set. */
  readonly from: string;
}

async function describedSplit(
  { store, dataset, info, from }: SplitSource,
  split: string,
): Promise<DescribedSplit> {
  const files = dataset.artifact.files.filter(({ path }) => path.startsWith(`${split}/`));
  const described = files.map(
    ({ path, digest, size }): DescribedFile => ({ path: `${from}/${path}`, digest, size }),
  );
  const list = `${split}/${samplesFile}`;
  const samples = await readPart(store, dataset, list, sampleList(info.classes.length));
  const isThere = (fact: (typeof imageFacts)[number]) =>
    samples.some((sample: Sample) => sample[fact] !== undefined);
  return {
    name: split,
    samples: described.find(({ path }) => path.endsWith(`/${list}`))!,
    shards: described.filter(({ path }) => path.endsWith('.tar')),
    facts: imageFacts.filter(isThere),
  };
}

/** Reads a JSON file of the data set from the store. Throws for one that is lost or damaged. */
async function readPart<T>(
  store: LocalStore,
  { stage, artifact }: PublishedDataset,
  path: string,
  form: z.ZodType<T>,
): Promise<T> {
  const file = artifact.files.find((file) => file.path === path);
  if (file === undefined || !(await store.checkObject(file.digest)))
    throw new UserError(`The data set of ${stage} is not here: run ${stage} with \`--fetch all\``);
  return form.parse(JSON.parse(readFileSync(store.objectPath(file.digest), 'utf8')));
}
