import { formatCount } from '../../format-numbers.ts';
import type { PlanLine, PlannedTrial } from './plan-line.ts';

/** Fewer lines are shown one by one. */
const fewest = 3;

/**
 * Gives one line to trials of a search, with consecutive numbers, that a plan says the same of, and
 * to those that may run; it stands where the first of them stood. Lines with values stay.
 */
export function sumUpTrials(lines: readonly PlanLine[]): readonly PlanLine[] {
  const stretches = new Map<PlanLine, PlanLine[]>();
  const latest = new Map<string, PlanLine[]>();
  for (const line of lines) {
    const key = keyOf(line);
    const open = key === undefined ? [] : (latest.get(key) ?? []);
    const next = (open.at(-1)?.trial?.number ?? Number.NaN) + 1;
    const stretch = line.trial?.number === next ? open : [];
    stretch.push(line);
    stretches.set(line, stretch);
    if (key !== undefined) latest.set(key, stretch);
  }
  return lines.flatMap((line) => {
    const stretch = stretches.get(line)!;
    if (stretch.length < fewest) return [line];
    return stretch[0] === line ? [summaryOf(stretch)] : [];
  });
}

/** What lines have in common that become one; undefined for a line that stays. */
function keyOf({ stage, state, notes, trial }: PlanLine): string | undefined {
  if (trial === undefined || trial.hasValues || state === 'failing') return undefined;
  return JSON.stringify([nameWith(stage, trial, ''), state, state === 'waiting' ? [] : notes]);
}

function summaryOf(stretch: readonly PlanLine[]): PlanLine {
  const { stage, state, notes, trial } = stretch[0]!;
  const last = stretch.at(-1)!.trial!.number;
  const count = `${formatCount(stretch.length)} trials of a search`;
  return {
    stage: nameWith(stage, trial!, `${trial!.number}…${last}`),
    state,
    notes: state === 'waiting' ? [`${count}, as they are proposed`] : [count, ...notes],
  };
}

/** The name of the stage with another text in place of the number. */
const nameWith = (stage: string, { axis, number }: PlannedTrial, text: string): string =>
  stage.replace(/[^[\],]+/g, (part) => (part === `${axis}=${number}` ? `${axis}=${text}` : part));
