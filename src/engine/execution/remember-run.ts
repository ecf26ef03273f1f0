import { join } from 'node:path';
import type { Stage, StageName } from '../config/pipeline.ts';
import { precedesRead } from '../files/settled-times.ts';
import { pathSignature, treeSignature } from '../files/walk-tree.ts';
import { targetKey } from '../publishing/publish-target.ts';
import { type FoundFile, forget, remember, takeSignatures } from '../store/runs/run-memory.ts';
import type { Execution } from './execution.ts';
import { isDone, type StageOutcome } from './stage-outcome.ts';

interface RunSignatures {
  /** The file of the memory, and how the pipeline was found; undefined: nothing is remembered. */
  readonly memory: { readonly file: string; readonly found: FoundFile } | undefined;
  /**
   * Signatures of the pipeline's files and code when they were read; undefined where one changed
   * meanwhile.
   */
  readonly read: ReadonlyMap<string, string> | undefined;
  readonly page: string | undefined;
  /** Whether a plan says more than its stages: warnings, or what is left out. */
  readonly hasRemarks: boolean;
}

/**
 * Remembers a complete run, once signatures are sure to show later changes. Forgets one that is not
 * complete.
 */
export async function rememberRun(
  run: Execution,
  outcomes: ReadonlyMap<StageName, StageOutcome>,
  { memory, read, page, hasRemarks }: RunSignatures,
): Promise<void> {
  const { workspace, stages } = run;
  const published = await outputSignatures(run, outcomes);
  const inputs = await inputSignatures(run);
  const loaded = await loadedSignatures(run);
  if (memory === undefined) return;
  const { file, found } = memory;
  const complete = [...outcomes.values()].every((outcome) => isDone(outcome) && outcome.recorded);
  if (
    !complete ||
    published === undefined ||
    inputs === undefined ||
    read === undefined ||
    loaded === undefined
  ) {
    forget(file);
    return;
  }
  const isPlain =
    !hasRemarks && stages.every((stage) => hasPlainPlan(stage, outcomes.get(stage.name)));
  const remembered = {
    pipeline: workspace.pipeline.name,
    found: { file: found.file, ...(found.word !== undefined && { word: found.word }) },
    stages: stages.length,
    ...(isPlain && { names: stages.map(({ name }) => name) }),
    globs: workspace.pipeline.sources.globs,
  };
  const report = page === undefined ? [] : [[page, treeSignature(page).signature] as const];
  const names = stages.flatMap(({ env, code }) => [
    ...Object.keys(env),
    ...(code?.variables ?? []),
  ]);
  const variables = new Map(names.map((name) => [name, workspace.env[name]]));
  remember(file, remembered, variables, {
    trees: new Map([...inputs, ...published.outputs, ...report]),
    paths: new Map([...read, ...loaded, ...published.owners]),
  });
}

/** Whether a plan would say nothing of a stage but that it is up to date. */
function hasPlainPlan({ drawn }: Stage, outcome: StageOutcome | undefined): boolean {
  const isAway = outcome !== undefined && isDone(outcome) && (outcome.away?.size ?? 0) > 0;
  return !isAway && Object.keys(drawn ?? {}).length === 0;
}

/**
 * Signatures of published outputs, if all hold their results and are ours; `owners` has that of the
 * folder of records.
 */
async function outputSignatures(
  { workspace: { pipeline, digests }, stages, publisher: { records } }: Execution,
  outcomes: ReadonlyMap<StageName, StageOutcome>,
) {
  const wanted = new Map<string, string>();
  const awayPaths: string[] = []; // where nothing is to be
  for (const stage of stages) {
    const outcome = outcomes.get(stage.name);
    if (outcome === undefined || !isDone(outcome)) continue;
    for (const { port, path } of stage.outputs) {
      if (outcome.away?.has(port)) awayPaths.push(join(pipeline.root, path));
      else wanted.set(path, outcome.outputs[port]!.digest);
    }
  }
  const signatures = new Map<string, string>();
  try {
    const away = new Map(awayPaths.map((path) => [path, pathSignature(path).signature]));
    const newest = [...wanted.keys()].map(
      (path) => treeSignature(join(pipeline.root, path)).newest,
    );
    await digests.settled(Math.max(pathSignature(records.folder).newest, ...newest));
    const owners = new Map([[records.folder, pathSignature(records.folder).signature]]);
    for (const [path, digest] of wanted) {
      const absolute = join(pipeline.root, path);
      const now = await digests.list(absolute);
      const owner = records.read(targetKey(path))?.pipeline ?? pipeline.name;
      if (now.digest !== digest || owner !== pipeline.name) return undefined;
      signatures.set(absolute, now.signature);
    }
    return { outputs: signatures, owners: new Map([...owners, ...away]) };
  } catch {
    return undefined; // removed meanwhile
  }
}

/**
 * Signatures of the code that programs loaded in this run or an earlier one, which the pipeline's
 * sources do not have.
 */
async function loadedSignatures({
  workspace,
  startedAt,
}: Execution): Promise<ReadonlyMap<string, string> | undefined> {
  const codes = (await workspace.loadedCode?.all()) ?? [];
  const files = codes.flatMap(({ signatures }) => Object.keys(signatures));
  return takeSignatures({ files, looked: codes.flatMap(({ looked }) => looked) }, startedAt);
}

async function inputSignatures({
  workspace,
  startedAt,
}: Execution): Promise<ReadonlyMap<string, string> | undefined> {
  const signatures = new Map<string, string>();
  for (const [path, listed] of workspace.listings) {
    const listing = await listed.catch(() => undefined); // its stage has failed
    if (listing === undefined || !precedesRead(listing.newest, startedAt)) return undefined;
    signatures.set(path, listing.signature);
  }
  return signatures;
}
