import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stage } from '../engine/config/pipeline.ts';
import { IdleWorkers } from '../engine/execution/processes/idle-workers.ts';
import { processRunner } from '../engine/execution/processes/process-runner.ts';
import type { StageProcess } from '../engine/execution/processes/stage-process.ts';
import { BatchFolder } from '../engine/places/batch-folder.ts';
import { JobWorker } from '../engine/places/job-worker.ts';
import { answerProbe } from '../engine/places/probe.ts';
import { identifyJob } from '../engine/places/schedulers/schedulers.ts';
import { waitFor } from '../engine/places/shared-disk-lag.ts';
import { findAgain, findLoaded, LoadedCode } from '../engine/store/remembered-code.ts';
import { usableMemory } from '../machine-limits.ts';
import type { KindSpec } from '../stage.ts';
import { describeError, isForUser, UserError } from '../user-error.ts';
import { loadProgram } from './kinds/load-run.ts';
import { importScheduler } from './own-scheduler.ts';
import { buildDigest, version } from './package-info.ts';

// The script of a worker on a node: it serves the tickets of the batch whose folder it is given, or
// answers a probe.
const [, , first = '', second = ''] = process.argv;
try {
  if (first === '--probe') answerProbe(second, version, process.env);
  else await serve(new BatchFolder(dirname(dirname(first)), basename(first)));
} catch (error) {
  if (!isForUser(error)) throw error;
  // A run shows the last lines of what a job printed.
  process.stderr.write(`error: ${describeError(error)}\n`);
  process.exitCode = 1;
}

async function serve(folder: BatchFolder): Promise<void> {
  folder.checkOwner();
  const batch = await waitFor(() => folder.batch());
  if (batch === undefined) throw new UserError(`There is no batch of jobs in ${folder.path}`);
  const own = batch.scheduler === undefined ? undefined : await importScheduler(batch.scheduler);
  const idle = new IdleWorkers<StageProcess>({
    workers: Math.ceil(batch.needs.cpu),
    memory: usableMemory() / 4,
  });
  const worker = new JobWorker({
    folder,
    batch,
    idle,
    env: process.env,
    identity: identifyJob(process.env, process.pid, own),
    software: { restage: version, build: buildDigest() },
    findCode: async (stage, root) =>
      await findAgain(await specOf(stage), stage, { root, env: process.env }),
    loadedCode: new LoadedCode(async (stage, loaded) =>
      findLoaded(await specOf(stage), stage, { root: batch.root, env: process.env }, loaded),
    ),
    runProcess: processRunner(
      fileURLToPath(new URL('./stage-main.js', import.meta.url)),
      loadProgram,
      idle,
    ),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => worker.stop());
  await worker.run();
}

async function specOf({ kind }: Stage): Promise<KindSpec> {
  const { kinds } = await import('../../stages/index.ts');
  return kinds[kind]!.spec;
}
