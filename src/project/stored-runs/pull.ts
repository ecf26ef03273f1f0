import { readFileSync } from 'node:fs';
import { cutText } from '../../cut-text.ts';
import type { Digest } from '../../digest.ts';
import type { StageName } from '../../engine/config/pipeline.ts';
import { reportPath } from '../../engine/config/published-paths.ts';
import { listName } from '../../engine/config/stages/axis-lists.ts';
import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { DigestIndex } from '../../engine/files/digest-index.ts';
import { WriteError } from '../../engine/files/write-error.ts';
import { stagesNamed } from '../../engine/graph/select-stages.ts';
import { Notes } from '../../engine/notes/notes.ts';
import { type FetchPolicy, isWanted } from '../../engine/plan/fetch-policy.ts';
import { readListFile } from '../../engine/plan/read-list.ts';
import { Publisher } from '../../engine/publishing/publish.ts';
import { PublishError } from '../../engine/publishing/publish-target.ts';
import type { Locations } from '../../engine/store/remote/envelope.ts';
import { type SharedRun, sharedRuns } from '../../engine/store/remote/shared-runs.ts';
import type { SharedStore } from '../../engine/store/remote/shared-store.ts';
import type { ManifestStage, RunManifest } from '../../engine/store/runs/run-manifest.ts';
import type { Environment } from '../../environment.ts';
import { UsageError } from '../../user-error.ts';
import { stillClaims } from '../check-claims.ts';
import { loadKinds } from '../kinds/load-kinds.ts';
import { mistake } from '../pipeline-error.ts';
import {
  type FindList,
  jointRule,
  type PulledPath,
  type PullRule,
  pullRule,
} from './pulled-paths.ts';
import { type PulledStore, storesWithList } from './stores-with-list.ts';

/** Which stored run to pull, and which of its outputs. */
export interface PullOptions {
  readonly run?: string;
  readonly commit?: string;
  readonly fetch?: FetchPolicy['mode'];
}

/** The project into which a run is pulled. */
interface PullProject {
  readonly root: string;
  readonly env: Environment;
  readonly store: PulledStore;
  readonly warn: (message: string) => void;
}

/** What a pull brought. */
export interface PulledRun {
  readonly pipeline: string;
  /** How many stages' outputs were published. */
  readonly count: number;
  readonly run: string;
  /** Where the report was published, relative to the root; absent if it was not. */
  readonly report?: string;
  /** How many edits of notes came with it that were not here. */
  readonly notes: number;
  /** Why the rest was left out. */
  readonly mistakes: readonly Diagnostic[];
}

/**
 * Publishes the outputs and the report of a stored run, for which neither its data nor its pipeline
 * is needed. What cannot be brought is left out, with a mistake that names it.
 */
export async function pull(
  { root, env, store, warn }: PullProject,
  { pipeline, stages: wanted }: { readonly pipeline: string; readonly stages: readonly string[] },
  { fetch: mode = 'needed', ...which }: PullOptions,
): Promise<PulledRun> {
  const found = await findRun({ store, warn }, pipeline, which);
  const { from, manifest, locations } = found;
  await from.learnRun(manifest, found);
  const isAll = wanted.length === 0;
  const names = stagesOf(manifest, wanted);
  const finals = new Set(isAll ? names.filter((name) => manifest.stages[name]!.isFinal) : names);
  const { kinds } = await loadKinds(root, warn);
  const digests = new DigestIndex(store.local.folder);
  const publisher = new Publisher(root, store.local, digests, {
    stillClaims: stillClaims(root, kinds),
  });
  const target: PullTarget = { store, publisher, pipeline, warn };
  const stages = names.map((name) => stageItem(name, manifest, { mode, finals }, target));
  const page = isAll ? pageItem(manifest, { from, locations }, target) : undefined;
  const items = [...stages, page ?? []].flat();
  const rule = await pullRule(root, pipeline, {
    kinds,
    records: publisher.records.all(),
    findList: listsOfRun(manifest, store),
  });
  const single = await refusalsOf(items, pipeline, rule);
  const fitting = items.filter((item) => !single.has(item));
  const fittingPaths = fitting.flatMap((item) => item.paths);
  const joint = await refusalsOf(fitting, pipeline, jointRule(root, fittingPaths));
  const allowed = fitting.filter((item) => !joint.has(item));
  const mistakes = [...single.values(), ...joint.values()].flat();
  const ends = await Promise.all(allowed.map(async (item) => ({ item, end: await bring(item) })));
  digests.save();
  const brought = ends.flatMap(({ item, end }) => (end === 'brought' ? [item] : []));
  const lost = ends.flatMap(({ item, end }) => (end === 'lost' ? [item.name] : []));
  const hasPage = brought.some((item) => item === page);
  mistakes.push(...ends.flatMap(({ end }) => (typeof end === 'string' ? [] : [end])));
  if (lost.length > 0) mistakes.push({ code: 'no-store', message: whyLost(store, lost) });
  return {
    pipeline,
    count: brought.filter((item) => item !== page).length,
    run: manifest.run,
    notes: new Notes(root, warn).merge({ run: manifest.run, pipeline }, manifest.notes ?? [], env),
    ...(hasPage && { report: reportPath(pipeline) }),
    mistakes,
  };
}

/**
 * The stages of a run that words name, such as `fit@seed=7`, `fit` or an included pipeline; without
 * words all of them.
 */
export function stagesOf(
  { run, stages }: RunManifest,
  words: readonly string[],
): readonly StageName[] {
  const all = Object.keys(stages) as StageName[];
  if (words.length === 0) return all;
  const unknown = words.filter((word) => stagesNamed(word, all).length === 0);
  if (unknown.length > 0) throw new UsageError(`The run ${run} has no stage ${unknown.join(', ')}`);
  return [...new Set(words.flatMap((word) => stagesNamed(word, all)))];
}

/** What a pull brings as a whole or leaves out: the outputs of a stage, or the report. */
interface PullItem {
  /** In messages. */
  readonly name: string;
  /** What is left out, as a message says it after a path. */
  readonly whole: string;
  readonly paths: readonly PulledPath[];
  /** False if the store no longer has all of it. */
  readonly bring: () => Promise<boolean>;
}

function stageItem(
  name: StageName,
  { stages }: RunManifest,
  policy: FetchPolicy,
  target: PullTarget,
): PullItem {
  const stage = stages[name]!;
  return {
    name,
    whole: 'the stage',
    paths: Object.entries(stage.outputs).map(([port, path]) => ({ what: `${name}.${port}`, path })),
    bring: () => pullStage(name, stage, policy, target),
  };
}

function pageItem(
  { report }: RunManifest,
  found: ReportPlace,
  target: PullTarget,
): PullItem | undefined {
  if (report === undefined) return undefined;
  const path = reportPath(target.pipeline); // of the pipeline's name: an archive may have any
  return {
    name: 'the report',
    whole: 'it',
    paths: [{ what: 'the report', path }],
    bring: () => pullReport(report, found, target),
  };
}

/** Finds lists that a stored run has made, as far as the store still has them. */
function listsOfRun({ stages }: RunManifest, store: PulledStore): FindList {
  return async ({ stage, port }, path) => {
    const made = Object.hasOwn(stages, stage) ? stages[stage] : undefined;
    const found = made && (await store.lookup(made.result));
    if (found === undefined || found.state === 'missing') return undefined;
    const { outputs, record } = found.result;
    const artifact = Object.hasOwn(outputs, port) ? outputs[port] : undefined;
    if (artifact === undefined || artifact.folder) return undefined;
    const { digest } = artifact.files[0]!;
    await store.local.checkObject(digest); // sets it aside if it is damaged here
    if (!(await store.fetch([artifact], record.log))) return undefined;
    const name = listName({ stage, port });
    const list = readListFile(store.local.objectPath(digest), {
      name,
      digest: artifact.digest,
      shown: path,
    });
    return list.ok ? list.value : undefined;
  };
}

const pullHint =
  "A pull publishes below artifacts/, and where this project's file of the pipeline has an output.";

/** The mistakes about paths where a run may not publish, for the items that have such paths. */
async function refusalsOf(
  items: readonly PullItem[],
  pipeline: string,
  whyNot: PullRule,
): Promise<ReadonlyMap<PullItem, readonly Diagnostic[]>> {
  const refused = new Map<PullItem, readonly Diagnostic[]>();
  for (const item of items) {
    const mistakes: Diagnostic[] = [];
    for (const wanted of item.paths) {
      const reason = await whyNot(wanted);
      if (reason === undefined) continue;
      const wish = `The run of ${pipeline} publishes ${wanted.what} at "${cutText(wanted.path, 200)}"`;
      const message = `${wish}, so ${item.whole} was left out: that path ${reason}`;
      mistakes.push({ code: 'wrong-target', message, hint: pullHint });
    }
    if (mistakes.length > 0) refused.set(item, mistakes);
  }
  return refused;
}

/** Brings an item. What cannot be written is a mistake, which stops no other item. */
async function bring(item: PullItem): Promise<'brought' | 'lost' | Diagnostic> {
  try {
    return (await item.bring()) ? 'brought' : 'lost';
  } catch (error) {
    if (!(error instanceof PublishError || error instanceof WriteError)) throw error;
    return { code: 'wrong-target', message: `${item.name} was left out. ${error.message}` };
  }
}

/** Why items are not here that the run has. */
function whyLost({ failure }: PulledStore, items: readonly string[]): string {
  const names = items.join(', ');
  return failure === undefined
    ? `The store no longer has all of ${names}`
    : `${failure}, so these are not here: ${names}`;
}

/** Where the report of a run lies. */
interface ReportPlace {
  readonly from: SharedStore;
  readonly locations: Locations;
}

/** The newest run of a pipeline, in whichever store, which a trusted key signed. */
async function findRun(
  { store, warn }: { readonly store: PulledStore; readonly warn: (message: string) => void },
  pipeline: string,
  { run: wanted = '', commit }: PullOptions,
): Promise<SharedRun<SharedStore>> {
  const listed = await storesWithList(store);
  const isWanted = ({ run }: { readonly run: string }) => run.startsWith(wanted);
  for await (const shared of sharedRuns({ listed, warn }, pipeline, isWanted))
    if (commit === undefined || shared.manifest.gitCommit?.startsWith(commit)) return shared;
  const which = [wanted && `the name ${wanted}`, commit && `the commit ${commit}`]
    .filter(Boolean)
    .join(' and ');
  const urls = listed.map(({ remote }) => remote.url).join(' and ');
  const has = listed.length === 1 ? 'has' : 'have';
  const message = `${urls} ${has} no run of ${pipeline}${which && ` with ${which}`} that is trusted`;
  throw mistake('no-store', message);
}

interface PullTarget {
  readonly store: PulledStore;
  readonly publisher: Publisher;
  readonly pipeline: string;
  readonly warn: (message: string) => void;
}

/** Whether the store still has everything that the stage made. */
async function pullStage(
  stage: StageName,
  { result: digest, outputs: paths }: ManifestStage,
  policy: FetchPolicy,
  { store, publisher, pipeline, warn }: PullTarget,
): Promise<boolean> {
  const pullOnce = async (): Promise<'brought' | 'lost' | 'damaged here'> => {
    const found = await store.lookup(digest);
    if (found.state === 'missing') return 'lost';
    const { outputs, record } = found.result;
    const wanted = Object.keys(paths).flatMap((port) => {
      // A signer may name any port.
      const artifact = Object.hasOwn(outputs, port) ? outputs[port] : undefined;
      return artifact !== undefined && isWanted(stage, artifact, policy)
        ? [{ port, artifact }]
        : [];
    });
    await store.markUsed(digest);
    const artifacts = wanted.map(({ artifact }) => artifact);
    if (!(await store.fetch(artifacts, record.log))) return 'lost';
    for (const { port, artifact } of wanted) {
      const publication = await publisher.publish(artifact, paths[port]!, {
        pipeline,
        stage,
        port,
      });
      if (!publication.ok) return 'damaged here';
      if (publication.displaced !== undefined)
        warn(displacedWarning(paths[port]!, publication.displaced));
    }
    store.local.writeLatest(pipeline, stage, digest);
    return 'brought';
  };
  const first = await pullOnce();
  // An object of the cache that was damaged is set aside by now: the store may still have it.
  return (first === 'damaged here' ? await pullOnce() : first) === 'brought';
}

async function pullReport(
  report: Digest,
  { from, locations }: ReportPlace,
  { store, publisher, pipeline, warn }: PullTarget,
): Promise<boolean> {
  await store.local.checkObject(report); // sets it aside if it is damaged here
  if (!(await from.fetchObject(report, locations))) return false;
  const page = readFileSync(store.local.objectPath(report), 'utf8');
  const path = reportPath(pipeline);
  const { displaced } = await publisher.publishText(page, path, {
    pipeline,
    stage: 'report',
    port: 'page',
  });
  if (displaced !== undefined) warn(displacedWarning(path, displaced));
  return true;
}

const displacedWarning = (path: string, displaced: string): string =>
  `${path} held something that Restage did not put there: it was moved to ${displaced}`;
