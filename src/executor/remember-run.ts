import { join } from 'node:path';
import { type FoundFile, forget, isOld, remember } from '../cache/run-memory.ts';
import type { StageName } from '../config/pipeline.ts';
import { signTree } from '../fingerprint/sign-tree.ts';
import { isDone, type Settled } from './execute.ts';
import type { Execution } from './execution.ts';

/**
 * Ends a run: checks what was put in place once more, after a tick of the disk's clock, so that from now on one stat
 * tells that it is unchanged; and remembers a complete run, so that the same command answers at once.
 *
 * `read` signs the files of the pipeline and the code as they were when they were read; `found` is how the file was found;
 * `page` is the run's report, which comes back when it is gone. Without a `file`, nothing is remembered.
 */
export async function rememberRun(
  run: Execution,
  ends: ReadonlyMap<StageName, Settled>,
  file: string | undefined,
  read: ReadonlyMap<string, string> | undefined,
  found: FoundFile,
  page: string | undefined,
): Promise<void> {
  const { world, stages } = run;
  const outputs = await signOutputs(run, ends);
  const inputs = await signInputs(run);
  if (file === undefined) return;
  const complete = [...ends.values()].every((end) => isDone(end) && end.recorded);
  if (!complete || outputs === undefined || inputs === undefined || read === undefined) {
    forget(file);
    return;
  }
  remember(file, {
    pipeline: world.pipeline.name,
    found: { file: found.file, ...(found.word !== undefined && { word: found.word }) },
    stages: stages.length,
    globs: world.pipeline.sources.globs,
    env: [...new Set(stages.flatMap(({ env }) => Object.keys(env)))],
    signatures: new Map([
      ...read,
      ...inputs,
      ...outputs,
      ...(page === undefined ? [] : [[page, signTree(page).signature] as const]),
    ]),
  });
}

/** Signatures of all published outputs, whose bytes were found to be those of their results; undefined if any is not. */
async function signOutputs(
  { world, stages }: Execution,
  ends: ReadonlyMap<StageName, Settled>,
): Promise<Map<string, string> | undefined> {
  const wanted = new Map<string, string>();
  for (const stage of stages) {
    const end = ends.get(stage.name);
    if (end === undefined || !isDone(end)) continue;
    for (const { port, path } of stage.outputs) wanted.set(join(world.pipeline.root, path), end.outputs[port]!.digest);
  }
  const signatures = new Map<string, string>();
  try {
    await world.digests.settled(Math.max(0, ...[...wanted.keys()].map((path) => signTree(path).newest)));
    for (const [path, digest] of wanted) {
      const now = await world.digests.list(path);
      if (now.digest !== digest) return undefined;
      signatures.set(path, now.signature);
    }
    return signatures;
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
