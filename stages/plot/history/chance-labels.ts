import { formatDecimal } from '../../../src/format-numbers.ts';

/** The loss of a constant answer on some splits, which differs by less than its label says. */
interface Level {
  readonly splits: readonly string[];
  /** In nats. */
  readonly loss: number;
}

/** A text beside the axis, at the height of the levels that it names. */
export interface ChanceLabel {
  readonly loss: number;
  readonly lines: readonly string[];
}

export const lineHeight = 14;

/** Losses of splits, those together that would have the same number in a label; the least first. */
export function levelsOf(
  losses: readonly (readonly [split: string, loss: number])[],
): readonly Level[] {
  const levels: Level[] = [];
  for (const [split, loss] of losses.toSorted(([, a], [, b]) => a - b)) {
    const last = levels.at(-1);
    if (last !== undefined && textOf(last.loss) === textOf(loss)) {
      levels[levels.length - 1] = { ...last, splits: [...last.splits, split] };
    } else levels.push({ splits: [split], loss });
  }
  return levels;
}

/**
 * Labels of levels, which do not overlap: levels that are too close for a label each share one.
 * `drawn` are all splits of the panel; a level that is not of all of them names its own.
 * `unitsPerNat`: the scale of the axis.
 */
export function chanceLabels(
  levels: readonly Level[],
  drawn: readonly string[],
  unitsPerNat: number,
): readonly ChanceLabel[] {
  let groups: readonly (readonly Level[])[] = levels.map((level) => [level]);
  for (;;) {
    const close = groups.findIndex(
      (group, i) => i > 0 && overlap(groups[i - 1]!, group, unitsPerNat),
    );
    if (close < 0) break;
    const joined = [...groups[close - 1]!, ...groups[close]!];
    groups = [...groups.slice(0, close - 1), joined, ...groups.slice(close + 1)];
  }
  return groups.map((group) => ({ loss: centreOf(group), lines: linesOf(group, drawn) }));
}

function overlap(lower: readonly Level[], upper: readonly Level[], unitsPerNat: number): boolean {
  const room = (lineHeight * (linesIn(lower) + linesIn(upper))) / 2;
  return (centreOf(upper) - centreOf(lower)) * unitsPerNat < room;
}

/** The word `chance`, and a line for each level. */
const linesIn = (group: readonly Level[]): number => 1 + group.length;

const centreOf = (group: readonly Level[]): number =>
  group.reduce((sum, { loss }) => sum + loss, 0) / group.length;

function linesOf(group: readonly Level[], drawn: readonly string[]): readonly string[] {
  const [only, ...others] = group as readonly [Level];
  if (others.length === 0 && drawn.every((split) => only.splits.includes(split)))
    return ['chance', textOf(only.loss)];
  const named = group
    .toReversed()
    .map(({ splits, loss }) => `${splits.join(', ')}: ${textOf(loss)}`);
  return ['chance', ...named];
}

const textOf = (loss: number): string =>
  Math.abs(loss - Math.LN2) < 5e-4 ? 'ln 2' : formatDecimal(loss);
