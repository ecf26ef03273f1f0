import { basename } from 'node:path';
import type { Digest } from '../../digest.ts';
import { loadPipeline } from '../../engine/config/loading/load-pipeline.ts';
import { filesOfPipeline } from '../../engine/config/pipeline-name.ts';
import { mayBecome } from '../../engine/config/stages/may-become.ts';
import { readableAs } from '../../engine/files/readable-as.ts';
import { Notes } from '../../engine/notes/notes.ts';
import { PublishedRecords } from '../../engine/publishing/published-record.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { RunManifest } from '../../engine/store/runs/run-manifest.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import { groupBy } from '../../group-by.ts';
import { loadKinds } from '../kinds/load-kinds.ts';

/** The last run of a pipeline, and the results that it names, as far as they are here. */
export interface LastRun {
  readonly manifest: RunManifest;
  readonly results: ReadonlyMap<Digest, StageResult>;
}

/**
 * The latest results of the stages that a pipeline has now, as one run. `all` has those of all
 * pipelines.
 */
export async function lastRunOf(
  root: string,
  store: LocalStore,
  pipeline: string,
  all = store.allLatest(),
): Promise<LastRun> {
  const [last] = store.runsOf(pipeline, 1);
  const record = last?.readRecord();
  const inFile = await stagesInFile(root, pipeline);
  // The last run may have had other parameters, and so stages that the file alone has not.
  const isThere = (stage: string) =>
    inFile === undefined || inFile(stage) || Object.hasOwn(record?.stages ?? {}, stage);
  const latest = all.filter((entry) => entry.pipeline === pipeline && isThere(entry.stage));
  const published = new PublishedRecords(store.folder)
    .all()
    .filter((record) => record.pipeline === pipeline)
    .toSorted((a, b) => (a.time < b.time ? -1 : 1)); // of two paths of a port, the newer one counts
  const publishedBy = groupBy(published, (record) => record.stage);
  const known = latest.map((entry) => ({ ...entry, stored: store.readResult(entry.result) }));
  const inputs = known.flatMap(({ stored }) => Object.values(stored?.fingerprint.inputs ?? {}));
  const read = new Set(inputs.flat().map(({ digest }) => digest));
  const stages = known.map(({ stage, result, stored }) => {
    const made = stored?.outputs ?? {};
    const outputs = (publishedBy.get(stage) ?? [])
      .filter(({ port }) => Object.hasOwn(made, port))
      .map(({ port, path }) => [port, path] as const);
    const isFinal = !Object.values(made).some((artifact) =>
      readableAs(artifact).some((content) => read.has(content)),
    );
    return [stage, { result, outputs: Object.fromEntries(outputs), isFinal }] as const;
  });
  const { gitCommit } = record ?? {};
  const notes = last === undefined ? [] : new Notes(root).linesOf(last.id);
  const manifest = {
    run: last?.id ?? basename(root),
    pipeline,
    ...(gitCommit !== undefined && { gitCommit }),
    ...(notes.length > 0 && { notes }),
    stages: Object.fromEntries(stages),
  };
  const stored = known.flatMap((entry) => entry.stored ?? []);
  return { manifest, results: new Map(stored.map((result) => [result.digest, result])) };
}

/**
 * Whether a stage is one of the pipeline as its file has it, or may be one once lists are known;
 * undefined where the file is gone or has mistakes.
 */
async function stagesInFile(
  root: string,
  pipeline: string,
): Promise<((stage: string) => boolean) | undefined> {
  const [file] = filesOfPipeline(pipeline, root);
  if (file === undefined) return undefined;
  const { kinds } = await loadKinds(root, () => {}); // whoever runs it hears of its warnings
  const loaded = await loadPipeline({ root, file, kinds });
  if (!loaded.ok) return undefined;
  const { stages, pending } = loaded.value;
  const names = new Set<string>(stages.map(({ name }) => name));
  return (stage) => names.has(stage) || mayBecome(pending, stage);
}
