import { formatCountOf, formatSeconds } from '../../format-numbers.ts';

/** The line of a run in which every stage was up to date. */
export function formatAllFresh(pipeline: string, stages: number, seconds: number): string {
  return `✓ ${pipeline}: ${formatCountOf(stages, 'stage')} up to date (${formatSeconds(seconds)})`;
}
