import { join } from 'node:path';
import type { StageName } from '../config/pipeline.ts';
import { signPlace, signTree } from '../files/sign-tree.ts';
import { targetKey } from '../publishing/target.ts';
import { type FoundFile, forget, isOld, remember } from '../store/run-memory.ts';
import type { Execution } from './execution.ts';
import { isDone, type StageOutcome } from './stage-outcome.ts';

/**
 * Ends a run: checks what was put in place once more, after a tick of the disk's clock, so that from now on one stat
 * tells that it is unchanged; and remembers a complete run, so that the same command answers at once.
 *
 * `read` signs the files of the pipeline and the code as they were when they were read; `found` is how the file was found;
 * `page` is the run's report, which comes back when it is gone. Without a `file`, nothing is remembered.
 */
export async function rememberRun(
  run: Execution,
  ends: ReadonlyMap<StageName, StageOutcome>,
  file: string | undefined,
  read: ReadonlyMap<string, string> | undefined,
  found: FoundFile,
  page: string | undefined,
): Promise<void> {
  const { world, stages } = run;
  const published = await signOutputs(run, ends);
  const inputs = await signInputs(run);
  if (file === undefined) return;
  const complete = [...ends.values()].every((end) => isDone(end) && end.recorded);
  if (!complete || published === undefined || inputs === undefined || read === undefined) {
    forget(file);
    return;
  }
  remember(file, {
    pipeline: world.pipeline.name,
    found: { file: found.file, ...(found.word !== undefined && { word: found.word }) },
    stages: stages.length,
    globs: world.pipeline.sources.globs,
    env: [...new Set(stages.flatMap(({ env }) => Object.keys(env)))],
    trees: new Map([
      ...inputs,
      ...published.outputs,
      ...(page === undefined ? [] : [[page, signTree(page).signature] as const]),
    ]),
    places: new Map([...read, ...published.owners]),
  });
}

/** Signatures of what a run published, by absolute path. */
interface SignedOutputs {
  readonly outputs: ReadonlyMap<string, string>;
  /** Of the folder that says whose each published path is: another pipeline may take one over and leave its bytes. */
  readonly owners: ReadonlyMap<string, string>;
}

/** Undefined unless all outputs hold the bytes of their results and are this pipeline's still. */
async function signOutputs(
  { world: { pipeline, digests }, stages, publisher: { records } }: Execution,
  ends: ReadonlyMap<StageName, StageOutcome>,
): Promise<SignedOutputs | undefined> {
  const wanted = new Map<string, string>();
  for (const stage of stages) {
    const end = ends.get(stage.name);
    if (end === undefined || !isDone(end)) continue;
    for (const { port, path } of stage.outputs) wanted.set(path, end.outputs[port]!.digest);
  }
  const signatures = new Map<string, string>();
  try {
    const newest = [...wanted.keys()].map((path) => signTree(join(pipeline.root, path)).newest);
    await digests.settled(Math.max(signPlace(records.folder).newest, ...newest));
    const owners = new Map([[records.folder, signPlace(records.folder).signature]]);
    for (const [path, digest] of wanted) {
      const absolute = join(pipeline.root, path);
      const now = await digests.list(absolute);
      const owner = records.read(targetKey(path))?.pipeline ?? pipeline.name;
      if (now.digest !== digest || owner !== pipeline.name) return undefined;
      signatures.set(absolute, now.signature);
    }
    return { outputs: signatures, owners };
  } catch {
    return undefined; // taken away meanwhile
  }
}

/** Signatures of the path inputs as they looked when they were hashed. */
async function signInputs({ world, startedAt }: Execution): Promise<ReadonlyMap<string, string> | undefined> {
  const signatures = new Map<string, string>();
  for (const [path, listed] of world.listings) {
    const listing = await listed.catch(() => undefined); // its stage has failed and said so
    if (listing === undefined || !isOld(listing.newest, startedAt)) return undefined;
    signatures.set(path, listing.signature);
  }
  return signatures;
}
