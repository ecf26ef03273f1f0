import type { Corruption } from '../../src/learning/vision/corruption-settings.ts';
import type { EvaluateSettings } from './spec.ts';

/** What `corrupt` asks for, with the seed of its noise. */
export function corruptionOf({ corrupt, seed }: EvaluateSettings): Corruption | undefined {
  return corrupt === undefined ? undefined : { ...corrupt, seed };
}
