import type { Environment } from '../../environment.ts';
import { usableCores, usableMemory } from '../../machine-limits.ts';
import type { Resources } from '../config/pipeline.ts';
import { namesIn } from '../files/entries-in.ts';

/** A part of the machine, or all of it. */
export interface Share extends Resources {
  /** The graphics cards that the stage may use, as CUDA names them. */
  readonly cards: readonly string[];
}

/**
 * Cores, graphics cards (by CUDA_VISIBLE_DEVICES, else as declared, else NVIDIA's devices) and
 * bytes of memory.
 */
export function machineCapacity(env: Environment, declaredGpus?: number): Share {
  const chosen = env['CUDA_VISIBLE_DEVICES'];
  const cards = chosen === undefined ? cardNames(declaredGpus ?? countGpus()) : chosenCards(chosen);
  return { cpu: usableCores(), gpu: cards.length, memory: usableMemory(), cards };
}

/** The names of so many graphics cards where nobody chose among them: `0`, `1`, …. */
export const cardNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => String(index));

const chosenCards = (chosen: string): readonly string[] =>
  chosen === '' || chosen === '-1' ? [] : chosen.split(',').map((card) => card.trim());

/** 0 where the devices may not be listed. */
function countGpus(): number {
  try {
    return namesIn('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
