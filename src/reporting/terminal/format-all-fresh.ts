import { formatCount, formatSeconds } from '../../format-quantities.ts';

/** All there is to say of a run that had nothing to do. */
export function formatAllFresh(pipeline: string, stages: number, seconds: number): string {
  return `✓ ${pipeline}: ${formatCount(stages, 'stage')} fresh (${formatSeconds(seconds)})`;
}
