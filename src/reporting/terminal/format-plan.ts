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

/** Stages that a pipeline leaves out, and why, as a clause. */
export type LeftOutStages = ReadonlyMap<string, string>;

/** The text of `plan`: a line for each stage, and how many would be treated how. */
export function formatPlan(
  pipeline: string,
  { lines, leftOut }: { readonly lines: readonly PlanLine[]; readonly leftOut: LeftOutStages },
  coloured: boolean,
): string {
  const paint = createPaint(coloured);
  const names = [...lines.map(({ stage }) => stage), ...leftOut.keys()];
  const width = names.reduce((widest, name) => Math.max(widest, name.length), 0);
  const rows = lines.map(({ stage, state, notes }) => {
    const { act, tone } = plannedStates[state];
    const row = `  ${paint[styles[tone]](act.padEnd(10))}  ${stage.padEnd(width)}  ${notes.join('; ')}`;
    return `${row.trimEnd()}\n`;
  });
  for (const [stage, why] of leftOut) {
    rows.push(`  ${paint.dim('left out'.padEnd(10))}  ${stage.padEnd(width)}  ${why}\n`);
  }
  const title = `${pipeline}: ${formatCountOf(lines.length, 'stage')}`;
  return `${title}\n${rows.join('')}${countActs(lines)}\n`;
}
