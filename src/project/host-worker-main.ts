import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stage } from '../engine/config/pipeline.ts';
import { IdleWorkers } from '../engine/execution/processes/idle-workers.ts';
import { processRunner } from '../engine/execution/processes/process-runner.ts';
import type { StageProcess } from '../engine/execution/processes/stage-process.ts';
import { HostFolder } from '../engine/places/hosts/host-folder.ts';
import { greeting } from '../engine/places/hosts/host-messages.ts';
import { type BuiltKind, HostWorker } from '../engine/places/hosts/host-worker.ts';
import { findAgain } from '../engine/store/remembered-code.ts';
import { usableCores, usableMemory } from '../machine-limits.ts';
import type { KindSpec } from '../stage.ts';
import { describeError, isForUser, UserError } from '../user-error.ts';
import { loadProgram } from './kinds/load-run.ts';
import { buildDigest, version } from './package-info.ts';

/**
 * Serves the stages of one run on a host: what `restage worker <folder>` does, which a run starts
 * by `ssh`. It speaks over its input and output, and ends with its input. Returns the exit code.
 */
export async function serveHost([folder = '']: readonly string[]): Promise<number> {
  try {
    if (folder === '' || process.stdin.isTTY)
      throw new UserError(
        'A run starts `restage worker` by ssh, for a place with `engine: ssh`. By hand, it serves nobody',
      );
    const idle = new IdleWorkers<StageProcess>({
      workers: usableCores(),
      memory: usableMemory() / 4,
    });
    const worker = new HostWorker({
      idle,
      startsProgram: async (kind) => (await loadProgram(kind, undefined)) !== undefined,
      folder: new HostFolder(resolve(homedir(), folder.replace(/^~\//, ''))),
      input: process.stdin,
      output: process.stdout,
      env: process.env,
      software: { restage: version, build: buildDigest() },
      runProcess: processRunner(
        fileURLToPath(new URL('./stage-main.js', import.meta.url)),
        loadProgram,
        idle,
      ),
      findCode: async (stage, root, env) =>
        await findAgain(await specOf(stage), stage, { root, env }),
      buildKind,
    });
    process.stdout.write(greeting);
    await worker.run();
    // A stage that hangs does not keep it: what it started dies with it.
    process.exit(0);
  } catch (error) {
    if (!isForUser(error)) throw error;
    process.stderr.write(`error: ${describeError(error)}\n`);
    return 1;
  }
}

async function specOf({ kind }: Stage): Promise<KindSpec> {
  const { kinds } = await import('../../stages/index.ts');
  return kinds[kind]!.spec;
}

/** Builds a project's own kind from its files, as the project does. */
async function buildKind(kind: string, root: string): Promise<BuiltKind> {
  const { loadKinds } = await import('./kinds/load-kinds.ts');
  const { kinds, unloaded } = await loadKinds(root, () => {});
  const { version, module } = kinds.get(kind) ?? {};
  if (version === undefined || module === undefined)
    throw new UserError(unloaded.get(kind)?.message ?? `The kind ${kind} was not sent`);
  return { version, module };
}
