import { readFileSync } from 'node:fs';
import type { StageName } from '../engine/config/pipeline.ts';
import { pipelineName, reportPath } from '../engine/config/pipeline-name.ts';
import { findStageNames } from '../engine/config/stage-reference.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { type FetchPolicy, isWanted } from '../engine/plan/examine.ts';
import { Publisher } from '../engine/publishing/publish.ts';
import { type Locations, parseRunKey } from '../engine/store/remote/envelope.ts';
import { type ManifestStage, parseManifest, type RunManifest, runFolderOf } from '../engine/store/remote/manifest.ts';
import type { SharedStore } from '../engine/store/remote/shared-store.ts';
import { formatCountOf } from '../format-numbers.ts';
import { claimsOf } from './check-claims.ts';
import { mistake, UsageError } from './command-error.ts';
import { findTarget } from './find-target.ts';
import { loadKinds } from './load-kinds.ts';

export interface PullOptions {
  readonly run?: string;
  readonly commit?: string;
  readonly fetch?: FetchPolicy['mode'];
}

/** Publishes the outputs and the report of a stored run, for which neither its data nor its pipeline is needed. */
export async function pull(
  root: string,
  store: SharedStore,
  words: readonly string[],
  options: PullOptions,
): Promise<void> {
  const target = findTarget({ words }, root);
  const pipeline = pipelineName(target.file, root);
  await pullStages(root, store, { pipeline, stages: target.stages }, options);
}

export async function pullStages(
  root: string,
  store: SharedStore,
  target: { readonly pipeline: string; readonly stages: readonly string[] },
  { fetch: mode = 'needed', ...which }: PullOptions,
): Promise<void> {
  const { pipeline } = target;
  const { manifest, locations } = await findRun(store, pipeline, which);
  const all = Object.keys(manifest.stages) as StageName[];
  const names =
    target.stages.length === 0 ? all : [...new Set(target.stages.flatMap((word) => findStageNames(word, all)))];
  if (names.length === 0) throw new UsageError(`the run ${manifest.run} has no stage ${target.stages.join(', ')}`);
  const named = new Set(target.stages.length === 0 ? all.filter((name) => manifest.stages[name]!.isFinal) : names);
  const { kinds } = await loadKinds(root);
  const digests = new DigestIndex(store.folder);
  const publisher = new Publisher(root, store, digests, {
    stillClaims: async ({ pipeline, path }) => (await claimsOf(pipeline, root, kinds))?.has(path) ?? true,
  });
  const missing: StageName[] = [];
  await Promise.all(
    names.map(async (name) => {
      const options = { store, publisher, pipeline, policy: { mode, finals: named } };
      if (!(await pullStage(name, manifest.stages[name]!, options))) missing.push(name);
    }),
  );
  const isWhole = target.stages.length === 0 && (await pullReport(manifest, locations, { store, publisher, pipeline }));
  digests.save();
  const what = `${formatCountOf(names.length - missing.length, 'stage')}${isWhole ? ` and ${reportPath(pipeline)}` : ''}`;
  process.stdout.write(`${pipeline}: ${what} of the run ${manifest.run}.\n`);
  if (missing.length > 0) throw mistake('no-store', `The store no longer has all of ${missing.join(', ')}`);
}

async function findRun({ remote }: SharedStore, pipeline: string, { run: wanted = '', commit }: PullOptions) {
  const keys: string[] = [];
  for await (const { key } of remote.bucket.list(`runs/${runFolderOf(pipeline)}/`)) keys.push(key);
  for (const key of keys.sort().reverse()) {
    const { run, owner } = parseRunKey(key) ?? {};
    if (run === undefined || !run.startsWith(wanted)) continue;
    const envelope = await remote.readEnvelope('run', key, owner!);
    const manifest = envelope && parseManifest(envelope.text);
    if (manifest?.run !== run || manifest.pipeline !== pipeline) continue;
    if (commit === undefined || manifest.gitCommit?.startsWith(commit)) return { manifest, ...envelope! };
  }
  const which = [wanted && `the name ${wanted}`, commit && `the commit ${commit}`].filter(Boolean).join(' and ');
  const message = `${remote.url} has no run of ${pipeline}${which && ` with ${which}`} that is trusted`;
  throw mistake('no-store', message);
}

interface PullTarget {
  readonly store: SharedStore;
  readonly publisher: Publisher;
  readonly pipeline: string;
}

/** False where the store has lost some of what the stage made. */
async function pullStage(
  stage: StageName,
  { result: digest, outputs: paths }: ManifestStage,
  { store, publisher, pipeline, policy }: PullTarget & { readonly policy: FetchPolicy },
): Promise<boolean> {
  const found = await store.lookup(digest);
  if (found.state === 'missing') return false;
  const { outputs, record } = found.result;
  const ports = Object.keys(paths).filter(
    (port) => outputs[port] !== undefined && isWanted(stage, outputs[port], policy),
  );
  await store.markUsed(digest);
  if (
    !(await store.fetch(
      ports.map((port) => outputs[port]!),
      record.log,
    ))
  )
    return false;
  for (const port of ports) {
    const { ok } = await publisher.publish(outputs[port]!, paths[port]!, { pipeline, stage, port });
    if (!ok) return false;
  }
  store.writeLatest(pipeline, stage, digest);
  return true;
}

async function pullReport({ report }: RunManifest, locations: Locations, { store, publisher, pipeline }: PullTarget) {
  if (report === undefined || !(await store.fetchObject(report, locations))) return false;
  const page = readFileSync(store.objectPath(report), 'utf8');
  await publisher.publishText(page, reportPath(pipeline), { pipeline, stage: 'report', port: 'page' });
  return true;
}
