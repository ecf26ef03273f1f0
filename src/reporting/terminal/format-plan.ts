import type { PlannedDecision } from '../../engine/plan/decide.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { countActs, plannedStates, type Tone } from '../states.ts';
import { createPaint } from './colour.ts';

/** What a plan says of a stage. */
export interface PlanLine {
  readonly stage: string;
  readonly state: PlannedDecision['state'];
  /** Reasons and remarks, the most important first. */
  readonly notes: readonly string[];
}

const styles = { '': 'dim', good: 'cyan', warn: 'yellow', bad: 'red' } as const satisfies Record<
  Tone,
  string
>;

/** The text of `plan`: a line for each stage, and how many would be treated how. */
export function formatPlan(
  pipeline: string,
  lines: readonly PlanLine[],
  coloured: boolean,
): string {
  const paint = createPaint(coloured);
  const width = lines.reduce((widest, { stage }) => Math.max(widest, stage.length), 0);
  const rows = lines.map(({ stage, state, notes }) => {
    const { act, tone } = plannedStates[state];
    const row = `  ${paint[styles[tone]](act.padEnd(10))}  ${stage.padEnd(width)}  ${notes.join('; ')}`;
    return `${row.trimEnd()}\n`;
  });
  const title = `${pipeline}: ${formatCountOf(lines.length, 'stage')}`;
  return `${title}\n${rows.join('')}${countActs(lines)}\n`;
}
