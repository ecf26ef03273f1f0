import { mkdirSync } from 'node:fs';
import { delimiter } from 'node:path';
import type { MakeProgram, ProgramContext } from '../../../stage.ts';
import { diskError } from '../../files/write-error.ts';
import { IdleWorkers } from './idle-workers.ts';
import { programContext, programVariables } from './program-context.ts';
import { type ProcessEnd, type ProcessJob, Service } from './run-and-stop.ts';
import { StageProcess } from './stage-process.ts';

/**
 * Runs a stage's process until its work is done and no process that it started is left. Never
 * rejects.
 */
export type RunProcess = (job: ProcessJob) => Promise<ProcessEnd>;

/**
 * Loads the `program.ts` of a kind; undefined for a kind with `run.ts`, which runs in a process of
 * Restage's own.
 */
export type LoadProgram = (
  kind: string,
  module: string | undefined,
) => Promise<MakeProgram<never> | undefined>;

/**
 * Runs stages as child processes; `entry` calls `serveStage`. A process of a built-in kind stays
 * for further stages.
 */
export const processRunner =
  (entry: string, loadProgram: LoadProgram, idle: IdleWorkers<StageProcess> = none()): RunProcess =>
  async (job) => {
    const { request, env, declared = [], resources } = job;
    try {
      const makeProgram = await loadProgram(request.kind, request.module);
      if (makeProgram !== undefined) {
        const program = makeProgram(programContext(request) as ProgramContext<never>);
        const given = Object.entries(program.env ?? {}).filter(
          ([name]) => !declared.includes(name),
        );
        const variables: NodeJS.ProcessEnv = {
          ...env,
          ...Object.fromEntries(given),
          ...programVariables(request),
        };
        for (const [name, folder] of Object.entries(program.searchFirst ?? {})) {
          // An empty entry would be a folder, too.
          variables[name] = [folder, variables[name] || []].flat().join(delimiter);
        }
        const end = await new Service(
          job,
          StageProcess.program(program, request.root, variables),
          program,
        ).run();
        if (!end.ok) return end;
        const { loaded, software } = program;
        return {
          ...end,
          ...(loaded !== undefined && { loaded: loaded() }),
          ...(software !== undefined && { software: software() }),
        };
      }
      mkdirSync(request.scratch, { recursive: true });
      const key = workerKey(job);
      const serve = async (worker: StageProcess) => {
        const service = new Service(job, worker);
        const end = await service.run(key !== undefined);
        return { worker, service, end };
      };
      const start = () => StageProcess.serving(entry, request.root, env);
      const waiting = key === undefined ? undefined : idle.take(key, resources.memory);
      const first = await serve(waiting ?? start());
      // Somebody may have killed a process that waited, and its end was not seen yet.
      const isLost = waiting !== undefined && first.service.isLost;
      const { worker, service, end } = isLost ? await serve(start()) : first;
      const { memory } = service;
      if (
        key !== undefined &&
        memory !== undefined &&
        (resources.memory === 0 || memory <= resources.memory)
      ) {
        idle.keep(worker, key, memory);
      } else await worker.kill();
      return end;
    } catch (error) {
      return { ok: false, message: job.translate((diskError(error) as Error).message) };
    }
  };

const none = () => new IdleWorkers<StageProcess>({ workers: 0, memory: 0 });

/**
 * Stages with the same key can share a process. Undefined for a project's own kind, which may leave
 * anything behind, or a trace.
 */
function workerKey({ request, env, resources }: ProcessJob): string | undefined {
  const { module, launcher, backend, cpus } = request;
  if (module !== undefined || launcher !== undefined) return undefined;
  return JSON.stringify([backend, cpus, resources.gpu, env]);
}
