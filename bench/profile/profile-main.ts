import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Provider } from '../../src/backend/gpu/gpu.ts';
import {
  onnxRuntimeBackend,
  registerOnnxRuntimeBackend,
} from '../../src/backend/registration/register.ts';
import { serveStage } from '../../src/engine/execution/processes/inside-stage-process.ts';
import { loadRun } from '../../src/project/kinds/load-run.ts';
import { type RunStage, type StageContext, StageError } from '../../src/stage.ts';
import { type MeasuredProfile, profileFile, stepsVariable } from './measured-profile.ts';
import { profileSteps } from './step-profile.ts';
import { StepProfiler, warmUp } from './step-profiler.ts';

// The program of the process of a profiled stage: the stage runs as usual, on an observed backend,
// until enough steps were seen.

serveStage(async (kind, module) => {
  const run = await loadRun(kind, module);
  return (context: StageContext<never>) => profileStage(run, context);
});

async function profileStage(run: RunStage<never>, context: StageContext<never>): Promise<void> {
  let units = 0;
  let unit = undefined as string | undefined;
  const profiler = new StepProfiler(Number(process.env[stepsVariable]), () => units);
  const provider = context.backend.split(':')[1] as Provider | undefined;
  // The stage asks for a backend of this name, and gets this one.
  registerOnnxRuntimeBackend({
    threads: context.cpus,
    warn: context.warn,
    provider,
    profile: join(context.scratch, 'onnxruntime'),
    observer: profiler,
  });
  const counting: StageContext<never> = {
    ...context,
    progress(progress) {
      [units, unit] = [progress.done, progress.unit];
      context.progress(progress);
    },
  };
  try {
    await run(counting);
  } catch (error) {
    if (!profiler.enough) throw error;
  }
  onnxRuntimeBackend(provider)?.dispose();
  const steps = profiler.steps();
  if (steps.length === 0) throw tooShort();
  const profile: MeasuredProfile = { ...profileSteps(steps), ...(unit !== undefined && { unit }) };
  writeFileSync(join(context.scratch, profileFile), JSON.stringify(profile));
}

function tooShort(): StageError {
  return new StageError(
    `It ended before a step was measured. Expected at least ${warmUp + 1} equal steps in a row, the first ${warmUp} to warm up; got fewer.`,
  );
}
