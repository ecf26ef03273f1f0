import { defaultNames } from '../../default-class-names.ts';
import {
  decimalsOf,
  formatCountOf,
  formatCountRange,
  formatP,
  formatSigned,
} from '../../format-numbers.ts';
import type { Json } from '../../json.ts';
import {
  testedDifference,
  testedMetrics,
  testNames,
} from '../../learning/metrics/comparison/compare-models.ts';
import { markLegend, markOf } from '../../learning/metrics/comparison/welch.ts';
import { comparedMetrics, findMetric, metric } from '../../learning/metrics/metric-catalogue.ts';
import { isOfTestSplit } from '../../learning/metrics/reported-split.ts';
import { differenceVerdict } from '../../learning/metrics/verdicts.ts';
import { stageArgument } from '../../shell/stage-argument.ts';
import { showMeasured } from '../measured-number.ts';
import type { ComparedNumber, Comparison } from './compare-subjects.ts';
import type { PairedScores } from './paired-scores.ts';

/** A comparison as tables, which every form shows alike. */
export interface ComparisonTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Below the rows, or instead of them; a line for each sentence. */
  readonly note?: string;
  /** What it holds, such as `83 further numbers`; only for a table that is shown on request. */
  readonly folded?: string;
}

/** The tables of a comparison in the order in which they are shown; empty ones are left out. */
export function comparisonTables(comparison: Comparison): readonly ComparisonTable[] {
  const { subjects, missing } = comparison;
  const labels = subjects.map(shortLabel);
  const { differing, numbers } = tablesOfValues(comparison, labels);
  const metrics = comparison.metrics.filter(isOfInterest);
  const main = new Set(mainMetrics(comparison));
  const others = metrics.filter((number) => !main.has(number));
  // What a stage reads follows from the stages before it, whose settings say it in words.
  const inputs = comparison.settings.filter(({ path }) => path.startsWith('inputs.'));
  const settings = comparison.settings.filter(({ path }) => !path.startsWith('inputs.'));
  const all: readonly ComparisonTable[] = [
    {
      ...differing('Settings that differ', 'value', settings),
      ...(settings.length === 0 && { note: 'None in the shared stages.' }),
    },
    {
      title: 'Stages missing from some',
      columns: ['stage', 'not in'],
      rows: missing.map(({ stage, lackedBy }) => [stage, lackedBy.map(shortLabel).join(', ')]),
    },
    ...comparison.paired.map((paired) => pairedTable(paired, labels)),
    {
      ...numbers(
        'Metrics',
        metrics.filter((number) => main.has(number)),
      ),
      ...(metrics.length === 0 && { note: `No metric in common.${wayOut(comparison)}` }),
    },
    {
      ...numbers('Further metrics', others),
      folded: formatCountOf(others.length, 'further number'),
    },
    {
      ...differing('Inputs that differ in content', 'input', inputs),
      folded: `${formatCountOf(inputs.length, 'input')} with other content`,
    },
  ];
  return all.filter(({ rows, note }) => rows.length > 0 || note !== undefined);
}

/**
 * The forms of the tables with a column for each subject; they name the stage unless only one is
 * compared.
 */
function tablesOfValues({ stages, settings, metrics }: Comparison, labels: readonly string[]) {
  const several =
    new Set([...stages, ...[...settings, ...metrics].map(({ stage }) => stage)]).size > 1;
  const two = labels.length === 2;
  const row = (stage: string, name: string, cells: readonly string[], last?: string) => [
    ...(several ? [stage] : []),
    name,
    ...cells,
    ...(two && last !== undefined ? [last] : []),
  ];
  return {
    differing: (title: string, of: string, values: Comparison['settings']): ComparisonTable => ({
      title,
      columns: row('stage', of, labels),
      rows: values.map(({ stage, path, values }) => {
        const cells = values.map((value) => showJson(value, path));
        return row(stage, path, cells);
      }),
    }),
    numbers: (title: string, values: readonly ComparedNumber[]): ComparisonTable => ({
      title,
      columns: row('stage', 'metric', labels, 'first − second'),
      rows: values.map(({ stage, name, values }) =>
        row(
          stage,
          name,
          values.map((value) => showMeasured(value, decimalsFor(values))),
          showDifference(values),
        ),
      ),
    }),
  };
}

const wayOut = ({ alike }: Comparison): string =>
  alike === undefined
    ? ''
    : ` Name a stage of each, as in: restage compare ${alike.map(stageArgument).join(' ')}`;

const countPaths = new RegExp(
  `(^|\\.)((images|${defaultNames.join('|')}|groups|negative|positive)$|(confusion|called)\\.)`,
);

/** Image counts and confusion matrices are left out; JSON has them. */
const isOfInterest = ({ name, values }: ComparedNumber): boolean =>
  !countPaths.test(name) && values.some((value) => value?.value != null);

const mostOthers = 4;
const mostClasses = 12;

/** The numbers by which subjects are compared first: of each stage, those of its test split. */
export function mainMetrics({ metrics: all }: Comparison): readonly ComparedNumber[] {
  const metrics = all.filter(isOfInterest);
  const stages = [...new Set(metrics.map(({ stage }) => stage))];
  return stages.flatMap((stage) => {
    const numbersOfStage = metrics.filter((number) => number.stage === stage);
    const main = numbersOfStage.filter(
      ({ name }) => name.split('.').length <= 2 && findMetric(name)?.isCompared,
    );
    const tested = main.filter(({ name }) => isOfTestSplit(name));
    if (tested.length > 0) return tested;
    return main.length > 0 ? main : numbersByClass(numbersOfStage);
  });
}

/**
 * One metric of each class or model, for a stage that has no number of the whole; without a
 * compared metric the first numbers.
 */
function numbersByClass(stageNumbers: readonly ComparedNumber[]): readonly ComparedNumber[] {
  const numbersOf = (measure: string) =>
    stageNumbers.filter(({ name }) => name.endsWith(`.${measure}`));
  const [first] = comparedMetrics
    .map(({ name }) => numbersOf(name))
    .filter((numbers) => numbers.length > 0);
  return first?.slice(0, mostClasses) ?? stageNumbers.slice(0, mostOthers);
}

function pairedTable(paired: PairedScores, labels: readonly string[]): ComparisonTable {
  const isAdjusted = 'pairs' in paired && paired.pairs.length > 1;
  const interval = `95 % interval${isAdjusted ? ', unadjusted' : ''}`;
  const columns = ['of', 'minus', 'metric', 'difference', interval, 'p', 'p (Holm)', 'test'];
  const where = paired.split === '' ? '' : ` on ${paired.split}`;
  const { unit } = paired;
  const what =
    'classes' in paired ? `accuracy over ${paired.classes.length} classes` : 'differences';
  const title = `${paired.stage}: ${what}${where}, ${unit} by ${unit}`;
  if ('problem' in paired)
    return { title, columns, rows: [], note: `Not compared: ${paired.problem}.` };
  const nameOf = (index: number) => labels[paired.subjects[index]!]!;
  const rows = paired.pairs.flatMap((pair) =>
    testedMetrics.flatMap((name) => {
      const tested = testedDifference(pair, name);
      if (tested === undefined) return [];
      const { difference, low, high, p, adjustedP, test } = tested;
      const row = [
        nameOf(pair.one),
        nameOf(pair.other),
        metric(name).title,
        `${signed(difference)}${markOf(adjustedP)}`,
        Number.isNaN(low) ? '–' : `${signed(low)} to ${signed(high)}`,
        showP(p),
        showP(adjustedP),
        testNames[test],
      ];
      return [row];
    }),
  );
  const isMarked = rows.some((row) => row[3]!.endsWith('*'));
  const verdicts = testedMetrics.flatMap((name) => {
    const tested = paired.pairs.flatMap((pair) => {
      const difference = testedDifference(pair, name);
      if (difference === undefined) return [];
      return { one: nameOf(pair.one), other: nameOf(pair.other), ...difference };
    });
    return differenceVerdict(tested, name, 0.95) ?? [];
  });
  const notes = [
    ...verdicts,
    ...(isMarked ? [`Marks, by p (Holm): ${markLegend}.`] : []),
    paired.few ?? [],
  ].flat();
  const runs = 'runs' in paired ? `, means of ${formatCountRange(paired.runs ?? [1], 'run')}` : '';
  return {
    title: `${title}${runs} (${formatCountOf(paired.images, unit)})`,
    columns,
    rows,
    ...(notes.length > 0 && { note: notes.join('\n') }),
  };
}

const showP = (p: number): string => formatP(p, 4);

/** With four decimals: an end of an interval near zero decides. */
const signed = (value: number): string => formatSigned(value, 4);

/** As many decimals as tell the numbers of a row apart. */
const decimalsFor = (values: ComparedNumber['values']): number =>
  decimalsOf(values.flatMap((measured) => measured?.value ?? []));

function showDifference(values: ComparedNumber['values']): string {
  const [first, second] = values;
  if (first?.value == null || second?.value == null) return '–';
  if (first.value === second.value) return '0';
  return formatSigned(first.value - second.value, decimalsFor(values));
}

function showJson(value: Json | undefined, path: string): string {
  if (value === undefined) return path.startsWith('settings.') ? 'default' : '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** A run's id without its milliseconds and random digits. */
export const shortLabel = (label: string): string =>
  label.replace(/(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)\.\d{3}-[0-9a-f]{4}/, '$1');
