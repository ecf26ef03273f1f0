/** A member of a group: its axes by name, and its number. */
export interface Member {
  readonly axes: ReadonlyMap<string, string>;
  readonly value: number;
}

/** The mean over the members of a cell. */
export interface HeatCell {
  readonly mean: number;
  readonly count: number;
  /** Per cent of the accent in its ground. */
  readonly shade: number;
  readonly isBest: boolean;
}

/** Members by two of their axes; undefined where a cell has none. */
export interface HeatCells {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly (readonly (HeatCell | undefined)[])[];
}

/** Per cent of the accent in the ground of the best number: black and white text stay readable. */
const mostShade = 40;

/** Means of members by two axes, shaded from the worst to the best. */
export function heatCells(
  members: readonly Member[],
  { down, across, better }: HeatAxes,
): HeatCells {
  const rows = valuesOf(members, down);
  const columns = valuesOf(members, across);
  const means = rows.map((row) =>
    columns.map((column) => {
      const inCell = members.filter(
        ({ axes }) => axes.get(down) === row && axes.get(across) === column,
      );
      const sum = inCell.reduce((sum, { value }) => sum + value, 0);
      return inCell.length === 0 ? undefined : { mean: sum / inCell.length, count: inCell.length };
    }),
  );
  const all = means.flat().flatMap((cell) => (cell === undefined ? [] : [cell.mean]));
  const low = Math.min(...all);
  const high = Math.max(...all);
  const goodness = (value: number) => {
    const share = high === low ? 0 : (value - low) / (high - low);
    return better === 'lower' ? 1 - share : share;
  };
  const cells = means.map((row) =>
    row.map((cell): HeatCell | undefined => {
      if (cell === undefined) return undefined;
      const good = goodness(cell.mean);
      return { ...cell, shade: Math.round(mostShade * good), isBest: good === 1 };
    }),
  );
  return { rows, columns, cells };
}

interface HeatAxes {
  readonly down: string;
  readonly across: string;
  readonly better: 'higher' | 'lower';
}

/** The values of an axis, numbers in their order. */
export function valuesOf(members: readonly Member[], axis: string): readonly string[] {
  const values = [...new Set(members.flatMap(({ axes }) => axes.get(axis) ?? []))];
  const areNumbers = values.every((value) => value !== '' && !Number.isNaN(Number(value)));
  return areNumbers ? values.toSorted((a, b) => Number(a) - Number(b)) : values;
}
