import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Resources } from '../config/pipeline.ts';

/** What this machine has to give to stages: cores, GPUs (by CUDA's own choice, else NVIDIA's devices), bytes of memory. */
export function machineCapacity(env: NodeJS.ProcessEnv = process.env): Resources {
  return { cpu: availableParallelism(), gpu: countGpus(env), memory: totalmem() };
}

function countGpus(env: NodeJS.ProcessEnv): number {
  const chosen = env['CUDA_VISIBLE_DEVICES'];
  if (chosen !== undefined) return chosen === '' || chosen === '-1' ? 0 : chosen.split(',').length;
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
