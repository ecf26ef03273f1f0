import type { Json } from '../json.ts';
import { testNames } from '../metrics/compare-models.ts';
import { formatTable } from '../reporters/format-table.ts';
import type { ComparedNumber, Comparison, PairedScores } from './compare-subjects.ts';
import type { SubjectNumber } from './subject.ts';

/** A comparison as tables, which every form shows alike. */
export interface ComparisonTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Instead of rows. */
  readonly note?: string;
}

export function comparisonTables(comparison: Comparison): readonly ComparisonTable[] {
  const { subjects, settings, missing, metrics } = comparison;
  const several = new Set([...settings, ...metrics].map(({ stage }) => stage)).size > 1;
  const shown = subjects.map(shortLabel);
  const two = subjects.length === 2;
  return [
    {
      title: 'Settings that differ',
      columns: [...(several ? ['stage'] : []), 'value', ...shown],
      rows: settings.map(({ stage, path, values }) => [
        ...(several ? [stage] : []),
        path,
        ...values.map((value) => showJson(value, path)),
      ]),
      ...(settings.length === 0 && { note: 'None, of stages that they have in common.' }),
    },
    ...(missing.length === 0
      ? []
      : [
          {
            title: 'Stages that not all have',
            columns: ['stage', 'not in'],
            rows: missing.map(({ stage, lackedBy }) => [stage, lackedBy.map(shortLabel).join(', ')]),
          },
        ]),
    {
      title: 'Metrics',
      columns: [...(several ? ['stage'] : []), 'metric', ...shown, ...(two ? ['difference'] : [])],
      rows: metrics
        .filter(isOfInterest)
        .map(({ stage, name, values }) => [
          ...(several ? [stage] : []),
          name,
          ...values.map(showNumber),
          ...(two ? [showDifference(values)] : []),
        ]),
      ...(metrics.length === 0 && { note: 'None that they have in common.' }),
    },
    ...comparison.paired.map((paired) => pairedTable(paired, shown)),
  ];
}

/** Counts of images are no results, and confusions tell the same twice: JSON has all. */
const isOfInterest = ({ name, values }: ComparedNumber): boolean =>
  !/(^|\.)((images|real|fake|groups)$|(confusion|called)\.)/.test(name) && values.some((value) => value?.value != null);

function pairedTable(paired: PairedScores, labels: readonly string[]): ComparisonTable {
  const isAdjusted = 'pairs' in paired && paired.pairs.length > 1;
  const interval = `95 % interval${isAdjusted ? ', unadjusted' : ''}`;
  const columns = ['of', 'less', 'metric', 'difference', interval, 'p', 'p (Holm)', 'test'];
  const where = paired.split === '' ? '' : ` on ${paired.split}`;
  const title = `${paired.stage}: differences${where}, image by image`;
  if ('problem' in paired) return { title, columns, rows: [], note: `Not compared: ${paired.problem}.` };
  const nameOf = (index: number) => labels[paired.subjects[index]!]!;
  return {
    title: `${title} (${paired.images} images)`,
    columns,
    rows: paired.pairs.flatMap(({ one, other, auc, accuracy }) =>
      (
        [
          ['AUC', auc],
          ['accuracy', accuracy],
        ] as const
      ).map(([metric, { difference, low, high, p, adjustedP, test }]) => [
        // As everywhere here, the later less the earlier.
        nameOf(other),
        nameOf(one),
        metric,
        signed(-difference),
        Number.isNaN(low) ? '–' : `${signed(-high)} to ${signed(-low)}`,
        showP(p),
        showP(adjustedP),
        testNames[test],
      ]),
    ),
  };
}

const showP = (p: number): string => (Number.isNaN(p) ? '–' : p < 0.0001 ? '< 0.0001' : p.toFixed(4));
const signed = (value: number): string =>
  Number.isNaN(value) ? '–' : `${value < 0 ? '−' : value > 0 ? '+' : ''}${Math.abs(value).toFixed(4)}`;

function showNumber(number: SubjectNumber | undefined): string {
  if (number === undefined || number.value === null) return '–';
  const text = plain(number.value);
  return number.interval === undefined ? text : `${text} (${number.interval.map(plain).join('–')})`;
}

const plain = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(4));

function showDifference([one, other]: ComparedNumber['values']): string {
  if (one?.value == null || other?.value == null) return '–';
  return one.value === other.value ? '0' : signed(other.value - one.value);
}

function showJson(value: Json | undefined, path: string): string {
  if (value === undefined) return path.startsWith('settings.') ? 'default' : '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** A run's id without what tells runs of one second apart. */
const shortLabel = (label: string): string =>
  label.replace(/^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)\.\d{3}-[0-9a-f]{4}/, '$1');

export function formatComparison(tables: readonly ComparisonTable[]): string {
  return tables
    .map(({ title, columns, rows, note }) =>
      [title, ...(note === undefined ? formatTable(columns, rows) : [note]).map((line) => `  ${line}`), ''].join('\n'),
    )
    .join('\n');
}

export function markdownOf(tables: readonly ComparisonTable[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return tables
    .map(({ title, columns, rows, note }) =>
      [
        `## ${title}`,
        '',
        ...(note === undefined ? [line(columns), line(columns.map(() => '---')), ...rows.map(line)] : [note]),
        '',
      ].join('\n'),
    )
    .join('\n');
}
