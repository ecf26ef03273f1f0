import { groupBy } from '../../group-by.ts';
import type { ComparisonGrid, SettingColumn } from './comparison-grid.ts';

/** The curves of one measure, one of each subject at most. */
export interface CurvePanel {
  /** `fit, loss on val`. */
  readonly name: string;
  /** What its steps count, in the singular: `epoch`. */
  readonly unit: string;
  /** The title of the vertical axis, with its unit. */
  readonly axis: string;
  readonly lines: readonly SubjectLine[];
}

/** One curve of a subject. */
export interface SubjectLine {
  /** Its place in the comparison. */
  readonly subject: number;
  readonly points: readonly (readonly [step: number, value: number | null])[];
}

/** Subjects whose curves are drawn as one, with a band around it. */
export interface CurveGroup {
  readonly label: string;
  /** Their places in the comparison. */
  readonly subjects: readonly number[];
}

/** The mean of several curves at a step, and the least and greatest of them. */
export interface BandPoint {
  readonly step: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Beyond this many groups, bands hide each other. */
const mostGroups = 8;

/** Settings by whose value curves can be grouped: those of few values, fewer than subjects. */
export const groupingSettings = ({ settings, labels }: ComparisonGrid): readonly SettingColumn[] =>
  settings.filter(({ values }) => {
    const count = new Set(values).size;
    return count > 1 && count <= mostGroups && count < labels.length;
  });

/**
 * Subjects by the value of a setting; by the one with most values where none of this name is there.
 * One group for `all`, or where no setting serves.
 */
export function curveGroups(grid: ComparisonGrid, by: string): readonly CurveGroup[] {
  const settings = groupingSettings(grid);
  const count = ({ values }: SettingColumn) => new Set(values).size;
  const [most] = settings.toSorted((a, b) => count(b) - count(a));
  const setting = by === 'all' ? undefined : (settings.find(({ name }) => name === by) ?? most);
  const places = [...grid.labels.keys()];
  if (setting === undefined) return [{ label: 'all', subjects: places }];
  const short = setting.name.slice(setting.name.lastIndexOf('.') + 1);
  return Array.from(
    groupBy(places, (place) => setting.values[place] ?? null),
    ([value, subjects]) => ({ label: `${short} ${value ?? '–'}`, subjects }),
  );
}

/** The mean and the ends of the curves of some subjects, by step. */
export function bandOf(
  lines: readonly SubjectLine[],
  { subjects }: CurveGroup,
): readonly BandPoint[] {
  const members = new Set(subjects);
  const points = lines
    .filter(({ subject }) => members.has(subject))
    .flatMap((line) => line.points)
    .filter(([, value]) => value !== null);
  return Array.from(
    groupBy(points, ([step]) => step),
    ([step, stepPoints]) => {
      const numbers = stepPoints.map(([, value]) => value!);
      const sum = numbers.reduce((total, value) => total + value, 0);
      return {
        step,
        value: rounded(sum / numbers.length),
        low: rounded(Math.min(...numbers)),
        high: rounded(Math.max(...numbers)),
      };
    },
  ).toSorted((a, b) => a.step - b.step);
}

const rounded = (value: number): number => Number(value.toPrecision(6));

/**
 * A curve smoothed by an exponential moving average with this weight of what came before, from 0
 * (as measured) to below 1, without the pull to zero at its beginning (as TensorBoard does it).
 *
 * Example: the values 1 and 3 with weight 0.5 become 1 and 7/3.
 */
export function smoothed(
  points: SubjectLine['points'],
  weight: number,
): readonly (readonly [step: number, value: number | null])[] {
  if (weight <= 0) return points;
  let sum = 0;
  let counted = 0;
  return points.map(([step, value]) => {
    if (value === null) return [step, null];
    sum = weight * sum + (1 - weight) * value;
    counted += 1;
    return [step, sum / (1 - weight ** counted)];
  });
}
