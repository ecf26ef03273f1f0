import { basename } from 'node:path';
import { PublishedRecords } from '../../engine/publishing/published-record.ts';
import type { FolderStore } from '../../engine/store/folder-store.ts';
import type { RunManifest } from '../../engine/store/remote/manifest.ts';

/** The latest results of a pipeline's stages, as the manifest of one run. */
export function lastRunOf(root: string, store: FolderStore, pipeline: string): RunManifest {
  const latest = store.allLatest().filter((one) => one.pipeline === pipeline);
  const published = new PublishedRecords(store.folder)
    .all()
    .filter((record) => record.pipeline === pipeline);
  const known = latest.map((one) => ({ ...one, stored: store.readResult(one.result) }));
  const inputs = known.flatMap(({ stored }) => Object.values(stored?.fingerprint.inputs ?? {}));
  const read = new Set(inputs.flat().map(({ digest }) => digest));
  const stages = known.map(({ stage, result, stored }) => {
    const outputs = published
      .filter((record) => record.stage === stage)
      .map(({ port, path }) => [port, path] as const);
    const made = Object.values(stored?.outputs ?? {});
    const isFinal = !made.some(({ digest, parts }) =>
      [digest, ...Object.values(parts)].some((one) => read.has(one)),
    );
    return [stage, { result, outputs: Object.fromEntries(outputs), isFinal }] as const;
  });
  const [last] = store.runsOf(pipeline, 1);
  const gitCommit = last?.readRecord()?.gitCommit;
  return {
    run: last?.id ?? basename(root),
    pipeline,
    ...(gitCommit !== undefined && { gitCommit }),
    stages: Object.fromEntries(stages),
  };
}
