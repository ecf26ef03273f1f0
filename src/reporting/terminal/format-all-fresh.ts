import { formatCountOf, formatSeconds } from '../../format-numbers.ts';

export function formatAllFresh(pipeline: string, stages: number, seconds: number): string {
  return `✓ ${pipeline}: ${formatCountOf(stages, 'stage')} up to date (${formatSeconds(seconds)})`;
}
