import { readdirSync } from 'node:fs';
import { usableCores, usableMemory } from '../../machine-limits.ts';
import type { Resources } from '../config/pipeline.ts';

/**
 * What there is to give to stages, on this machine or in this container: cores, GPUs (by CUDA's own choice, else
 * NVIDIA's devices), bytes of memory.
 */
export function machineCapacity(env: NodeJS.ProcessEnv = process.env): Resources {
  return { cpu: usableCores(), gpu: countGpus(env), memory: usableMemory() };
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
