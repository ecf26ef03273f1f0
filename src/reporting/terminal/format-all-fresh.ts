import { formatCountOf, formatSeconds } from '../../format-numbers.ts';

/** All there is to say of a run that had nothing to do. */
export function formatAllFresh(pipeline: string, stages: number, seconds: number): string {
  return `✓ ${pipeline}: ${formatCountOf(stages, 'stage')} up to date (${formatSeconds(seconds)})`;
}
