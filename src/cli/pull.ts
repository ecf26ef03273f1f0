import { readFileSync } from 'node:fs';
import type { StageName } from '../engine/config/pipeline.ts';
import { reportPath } from '../engine/config/pipeline-name.ts';
import { findStageNames } from '../engine/config/stage-reference.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { type FetchPolicy, isWanted } from '../engine/plan/examine.ts';
import { Publisher } from '../engine/publishing/publish.ts';
import { type Locations, parseRunKey, runsOf } from '../engine/store/remote/envelope.ts';
import {
  type ManifestStage,
  parseManifest,
  type RunManifest,
} from '../engine/store/remote/manifest.ts';
import type { SharedStore } from '../engine/store/remote/shared-store.ts';
import { formatCountOf } from '../format-numbers.ts';
import { stillClaims } from './check-claims.ts';
import { MistakesError, mistake, print, UsageError, warnOnStderr } from './command-error.ts';
import { loadKinds } from './load-kinds.ts';
import { type PullRule, pullRule } from './pulled-paths.ts';

/** Which stored run to pull, and which of its outputs. */
export interface PullOptions {
  readonly run?: string;
  readonly commit?: string;
  readonly fetch?: FetchPolicy['mode'];
}

/**
 * Publishes the outputs and the report of a stored run, for which neither its data nor its pipeline
 * is needed.
 */
export async function pull(
  root: string,
  store: SharedStore,
  { pipeline, stages: asked }: { readonly pipeline: string; readonly stages: readonly string[] },
  { fetch: mode = 'needed', ...which }: PullOptions,
): Promise<void> {
  const { manifest, locations } = await findRun(store, pipeline, which);
  const all = Object.keys(manifest.stages) as StageName[];
  const isAll = asked.length === 0;
  const names = isAll ? all : [...new Set(asked.flatMap((word) => findStageNames(word, all)))];
  if (names.length === 0)
    throw new UsageError(`The run ${manifest.run} has no stage ${asked.join(', ')}`);
  const named = new Set(isAll ? all.filter((name) => manifest.stages[name]!.isFinal) : names);
  const { kinds } = await loadKinds(root);
  const digests = new DigestIndex(store.folder);
  const publisher = new Publisher(root, store, digests, { stillClaims: stillClaims(root, kinds) });
  const records = publisher.records.all();
  const whyNot = pullRule(root, pipeline, { kinds, records });
  const refused = await refusedPaths(manifest, names, whyNot);
  const missing: StageName[] = [];
  await Promise.all(
    names.map(async (name) => {
      if (refused.has(name)) return;
      const options = { store, publisher, pipeline, policy: { mode, finals: named } };
      if (!(await pullStage(name, manifest.stages[name]!, options))) missing.push(name);
    }),
  );
  const noPage =
    isAll && manifest.report !== undefined ? await refusedPage(pipeline, whyNot) : undefined;
  const isWhole =
    isAll &&
    noPage === undefined &&
    (await pullReport(manifest, locations, { store, publisher, pipeline }));
  digests.save();
  const count = names.length - missing.length - refused.size;
  const what = `${formatCountOf(count, 'stage')}${isWhole ? ` and ${reportPath(pipeline)}` : ''}`;
  print(`Brought ${what} of ${pipeline} here, from the run ${manifest.run}.`);
  const mistakes = [...refused.values(), noPage ?? []].flat();
  const lost = `The store no longer has all of ${missing.join(', ')}`;
  if (missing.length > 0) mistakes.push({ code: 'no-store', message: lost });
  if (mistakes.length > 0) throw new MistakesError(mistakes);
}

const pullHint =
  "A pull publishes below artifacts/, and where this project's file of the pipeline has an output.";

/** The mistakes about paths where a run may not publish, by stage. */
async function refusedPaths(
  { stages, pipeline }: RunManifest,
  names: readonly StageName[],
  whyNot: PullRule,
): Promise<ReadonlyMap<StageName, readonly Diagnostic[]>> {
  const refused = new Map<StageName, readonly Diagnostic[]>();
  for (const name of names) {
    const mistakes: Diagnostic[] = [];
    for (const [port, path] of Object.entries(stages[name]!.outputs)) {
      const reason = await whyNot(path);
      if (reason === undefined) continue;
      const wish = `The run of ${pipeline} publishes ${name}.${port} at "${path}"`;
      const message = `${wish}, so the stage was left out: that path ${reason}`;
      mistakes.push({ code: 'wrong-target', message, hint: pullHint });
    }
    if (mistakes.length > 0) refused.set(name, mistakes);
  }
  return refused;
}

/**
 * The mistake about the path of the report, which follows from the pipeline's name: an archive may
 * have any.
 */
async function refusedPage(pipeline: string, whyNot: PullRule): Promise<Diagnostic | undefined> {
  const path = reportPath(pipeline);
  const reason = await whyNot(path);
  if (reason === undefined) return undefined;
  const message = `The report of ${pipeline} would lie at "${path}", so it was left out: that path ${reason}`;
  return { code: 'wrong-target', message, hint: pullHint };
}

async function findRun(
  { remote }: SharedStore,
  pipeline: string,
  { run: wanted = '', commit }: PullOptions,
) {
  const keys: string[] = [];
  for await (const { key } of remote.bucket.list(runsOf(pipeline))) keys.push(key);
  for (const key of keys.sort().reverse()) {
    const { run, owner } = parseRunKey(key) ?? {};
    if (run === undefined || !run.startsWith(wanted)) continue;
    const envelope = await remote.readEnvelope('run', key, owner!);
    const manifest = envelope && parseManifest(envelope.text);
    if (envelope && !manifest)
      warnOnStderr(`${key} in ${remote.url} is signed, but is no run: it is ignored`);
    if (manifest?.run !== run || manifest.pipeline !== pipeline) continue;
    if (commit === undefined || manifest.gitCommit?.startsWith(commit))
      return { manifest, ...envelope! };
  }
  const which = [wanted && `the name ${wanted}`, commit && `the commit ${commit}`]
    .filter(Boolean)
    .join(' and ');
  const message = `${remote.url} has no run of ${pipeline}${which && ` with ${which}`} that is trusted`;
  throw mistake('no-store', message);
}

interface PullTarget {
  readonly store: SharedStore;
  readonly publisher: Publisher;
  readonly pipeline: string;
}

/** Whether the store still has everything that the stage made. */
async function pullStage(
  stage: StageName,
  { result: digest, outputs: paths }: ManifestStage,
  { store, publisher, pipeline, policy }: PullTarget & { readonly policy: FetchPolicy },
): Promise<boolean> {
  const found = await store.lookup(digest);
  if (found.state === 'missing') return false;
  const { outputs, record } = found.result;
  const wanted = Object.keys(paths).flatMap((port) => {
    // A signer may name any port.
    const artifact = Object.hasOwn(outputs, port) ? outputs[port] : undefined;
    return artifact !== undefined && isWanted(stage, artifact, policy) ? [{ port, artifact }] : [];
  });
  await store.markUsed(digest);
  const artifacts = wanted.map(({ artifact }) => artifact);
  if (!(await store.fetch(artifacts, record.log))) return false;
  for (const { port, artifact } of wanted) {
    const publication = await publisher.publish(artifact, paths[port]!, { pipeline, stage, port });
    if (!publication.ok) return false;
    warnOfDisplaced(paths[port]!, publication.displaced);
  }
  store.writeLatest(pipeline, stage, digest);
  return true;
}

async function pullReport(
  { report }: RunManifest,
  locations: Locations,
  { store, publisher, pipeline }: PullTarget,
) {
  if (report === undefined || !(await store.fetchObject(report, locations))) return false;
  const page = readFileSync(store.objectPath(report), 'utf8');
  const path = reportPath(pipeline);
  const { displaced } = await publisher.publishText(page, path, {
    pipeline,
    stage: 'report',
    port: 'page',
  });
  warnOfDisplaced(path, displaced);
  return true;
}

function warnOfDisplaced(path: string, displaced: string | undefined): void {
  if (displaced === undefined) return;
  warnOnStderr(
    `${path} held something that Restage did not put there: it was moved to ${displaced}`,
  );
}
