import type { PlannedDecision } from '../engine/plan/decide.ts';
import type { Outcome } from '../engine/store/runs/outcome.ts';
import { formatCount } from '../format-numbers.ts';
import type { EndState, StageModel } from './run-model.ts';

/**
 * The words and tones of all states that people see: of a stage before a run, of a stage in a run,
 * and of a run.
 *
 * `plan`, `explain` and the graph page print the act of a planned state. The terminal's summary,
 * `history`, the report and the pages of `serve` print the state itself of a stage in a run, and of
 * a run. JSON always has the state itself. A page colours a badge by the tone, `plan` a word.
 */
export type Tone = '' | 'good' | 'warn' | 'bad';

type PlannedState = PlannedDecision['state'];

/**
 * What a run would do with a stage, by the stage's state, in the order in which a plan counts them.
 */
export const plannedStates: Readonly<
  Record<PlannedState, { readonly act: string; readonly tone: Tone }>
> = {
  'up to date': { act: 'up to date', tone: '' },
  restorable: { act: 'restore', tone: 'good' },
  stale: { act: 'run', tone: 'warn' },
  waiting: { act: 'may run', tone: 'warn' },
  pending: { act: 'not known', tone: '' },
  failing: { act: 'fail', tone: 'bad' },
};

/** How many stages a run would treat how: `2 up to date, 1 run, 1 may run`. */
export function countActs(planned: readonly { readonly state: PlannedState }[]): string {
  const counts = Object.entries(plannedStates).flatMap(([state, { act }]) => {
    const count = planned.filter((stage) => stage.state === state).length;
    return count > 0 ? [`${count} ${act}`] : [];
  });
  return counts.join(', ');
}

/** A stage of a detached run that a job continues is no cancelled one. */
export type StageState = StageModel['state'] | 'left to jobs';

export const stageState = ({ state, end }: StageModel): StageState =>
  end?.leftToJob === true ? 'left to jobs' : state;

/**
 * The states of a stage in a run, in the order in which counts name them: the most pressing first.
 */
export const stageTones: Readonly<Record<StageState, Tone>> = {
  failed: 'bad',
  cancelled: 'warn',
  'left to jobs': '',
  blocked: 'warn',
  ran: 'good',
  restored: 'good',
  'up to date': '',
  running: 'good',
  waiting: '',
};

/** How many stages are in which state: `2 ran, 1 up to date`. */
export function formatCounts(counts: Readonly<Partial<Record<StageState, number>>>): string {
  return (Object.keys(stageTones) as readonly StageState[])
    .filter((state) => counts[state])
    .map((state) => `${formatCount(counts[state]!)} ${state}`)
    .join(', ');
}

/**
 * The same by the outcomes of a run, whose cancelled stages are left to jobs if it was detached.
 */
export function formatOutcomes(
  outcomes: Readonly<Partial<Record<Outcome, number>>>,
  run: RunState,
): string {
  if (run !== 'detached') return formatCounts(outcomes);
  const { cancelled = 0, ...others } = outcomes;
  return formatCounts({ ...others, 'left to jobs': cancelled });
}

/** The state of a run. A `killed` one left no record, and its process is gone. */
export type RunState = EndState | 'running' | 'killed';

export const runTones: Readonly<Record<RunState, Tone>> = {
  running: 'good',
  succeeded: 'good',
  failed: 'bad',
  interrupted: 'warn',
  killed: 'warn',
  detached: 'good',
};
