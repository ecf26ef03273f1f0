import { groupBy } from '../group-by.ts';
import { baseName } from './stage-base-name.ts';
import type { StageState } from './states.ts';

/** What of a stage tells how long a run will take. */
export interface TimedStage {
  readonly name: string;
  readonly state: StageState;
  /** Seconds it took, or so far. */
  readonly seconds: number;
  /** Seconds that it says itself to need. */
  readonly secondsLeft?: number | undefined;
}

/**
 * Seconds that a running run will still take: the work that is left, by the stages' own estimates,
 * their last run (`before`, seconds by stage) and other instances of their matrix, at the rate at
 * which stages worked side by side so far. Undefined where nothing is known of some stage.
 */
export function runSecondsLeft(
  stages: readonly TimedStage[],
  before: ReadonlyMap<string, number>,
  elapsed: number,
): number | undefined {
  const ran = stages.filter(({ state }) => state === 'ran');
  const typical = new Map(
    Array.from(
      groupBy(ran, ({ name }) => baseName(name)),
      ([base, all]) => [base, all.reduce((sum, { seconds }) => sum + seconds, 0) / all.length],
    ),
  );
  let left = 0;
  let worked = 0;
  for (const { name, state, seconds, secondsLeft } of stages) {
    if (state === 'ran' || state === 'running') worked += seconds;
    if (state !== 'waiting' && state !== 'running') continue;
    const expected = typical.get(baseName(name)) ?? before.get(name);
    const own = secondsLeft ?? (expected && Math.max(0, expected - seconds));
    if (own === undefined) return undefined;
    left += own;
  }
  const sideBySide = elapsed > 0 ? Math.max(1, worked / elapsed) : 1;
  return left / sideBySide;
}
