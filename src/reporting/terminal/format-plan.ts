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

/** A value that the command line changes. */
interface ChangeLine {
  readonly name: string;
  readonly value: string;
  /** The option, or the line of a file. */
  readonly from: string;
  /** The value in the pipeline's file, if there is one. */
  readonly before?: string;
}

/** What a plan says besides its stages: what the command line changed, and what is left out. */
export interface PlanRemarks {
  readonly changes: readonly ChangeLine[];
  /** Why, as a clause, by the name of a stage. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/** The text of `plan`: a line for each stage, and how many would be treated how. */
export function formatPlan(
  pipeline: string,
  lines: readonly PlanLine[],
  { changes, leftOut }: PlanRemarks,
  coloured: boolean,
): string {
  const paint = createPaint(coloured);
  const changed = changes.map(({ name }) => name);
  const names = [...changed, ...lines.map(({ stage }) => stage), ...leftOut.keys()];
  const width = names.reduce((widest, name) => Math.max(widest, name.length), 0);
  const row = (act: string, style: (typeof styles)[Tone], name: string, notes: string) =>
    `${`  ${paint[style](act.padEnd(10))}  ${name.padEnd(width)}  ${notes}`.trimEnd()}\n`;
  const rows = [
    ...changes.map((change) => row('set', 'dim', change.name, describeChange(change))),
    ...lines.map(({ stage, state, notes }) => {
      const { act, tone } = plannedStates[state];
      return row(act, styles[tone], stage, notes.join('; '));
    }),
    ...Array.from(leftOut, ([stage, why]) => row('left out', 'dim', stage, why)),
  ];
  const title = `${pipeline}: ${formatCountOf(lines.length, 'stage')}`;
  return `${title}\n${rows.join('')}${countActs(lines)}\n`;
}

const describeChange = ({ value, from, before }: ChangeLine): string =>
  `${value} by ${from}${before === undefined ? '' : `, instead of ${before}`}`;
