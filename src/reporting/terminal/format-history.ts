import { cutText } from '../../cut-text.ts';
import type { Noted } from '../../engine/notes/note-lines.ts';
import { formatFew, formatSeconds } from '../../format-numbers.ts';
import { headlineMetrics, measuredPart } from '../../learning/metrics/metric-catalogue.ts';
import { isTestSplit } from '../../learning/metrics/reported-split.ts';
import { findNumbers, numbersOf, type PastRun, type RunNumber } from '../history/past-run.ts';
import { showMeasured, showNumber } from '../measured-number.ts';
import { baseName } from '../stage-base-name.ts';
import { formatOutcomes } from '../states.ts';
import { formatTable } from './text-layout.ts';

/** The most numbers that stand in the line of a run. */
const mostNumbers = 2;
/** The most changes that are listed for a run; the others are counted. */
const mostChanges = 3;
/** Characters of a note that are listed. */
const mostOfNote = 100;

/** What the lines of runs say beside their end. */
interface RunRemarks {
  /** The numbers asked for; without any, the main ones. */
  readonly names: readonly string[];
  readonly changesOf: (run: PastRun) => readonly string[];
  readonly notedOf: (run: PastRun) => Noted | undefined;
}

/** A line for each run, one for what people wrote about it, and one for its changes. */
export function formatHistory(
  runs: readonly PastRun[],
  { names, changesOf, notedOf }: RunRemarks,
): readonly string[] {
  const [header = '', ...lines] = formatTable(
    ['run', 'pipeline', 'outcome', 'stages', 'time', ...(names.length > 0 ? names : ['numbers'])],
    runs.map((run) => [
      run.id,
      run.pipeline,
      run.outcome,
      formatStages(run),
      run.seconds === undefined ? '–' : formatSeconds(run.seconds),
      ...(names.length > 0
        ? names.map((name) => run.settings?.[name] ?? formatValues(findNumbers(run, name)))
        : [formatMain(run)]),
    ]),
  );
  return [
    header,
    ...lines.flatMap((line, index) => [
      line,
      ...formatNoted(notedOf(runs[index]!)),
      ...formatChanges(changesOf(runs[index]!)),
    ]),
  ];
}

/** `2 ran, 1 up to date; at fit` where `fit` has not ended. */
function formatStages({ counts, outcome, at = [] }: PastRun): string {
  return (
    [formatOutcomes(counts, outcome), at.length > 0 && `at ${formatFew(at, 3)}`]
      .filter(Boolean)
      .join('; ') || '–'
  );
}

/** `first that works [good] baseline: overfits after epoch 5`, in one line. */
function formatNoted(noted: Noted | undefined): readonly string[] {
  if (noted === undefined) return [];
  const { name, note, tags, isPinned, isBaseline } = noted;
  const marks = [isPinned && 'pinned', isBaseline && 'baseline'];
  const head = [name, ...tags.map((tag) => `[${tag}]`), ...marks].filter(Boolean).join(' ');
  const text = cutText(note.replace(/\s+/g, ' '), mostOfNote);
  const line = [head, text].filter(Boolean).join(': ');
  return line === '' ? [] : [`  ${line}`];
}

function formatChanges(changes: readonly string[]): readonly string[] {
  if (changes.length === 0) return [];
  const more = changes.length - mostChanges;
  return [
    `  changed: ${changes.slice(0, mostChanges).join('; ')}${more > 0 ? ` and ${more} more` : ''}`,
  ];
}

/**
 * `scores test.auc 0.514, test.accuracy 0.438`: of the test split where it was measured, of the
 * first stage that has it.
 */
function formatMain(run: PastRun): string {
  const numbers = numbersOf(run);
  const measured = numbers.flatMap(({ stage, name }) => {
    const part = measuredPart(name);
    if (part === undefined) return [];
    return { stage, steps: part === '' ? [] : part.split('.') };
  });
  const first = measured.find(({ steps }) => isTestSplit(steps.at(-1) ?? '')) ?? measured[0];
  if (first === undefined) {
    const any = numbers.filter(({ value }) => value !== null).slice(0, mostNumbers);
    return any.map(({ stage, name, value }) => `${stage}.${name} ${showNumber(value)}`).join(', ');
  }
  const base = baseName(first.stage);
  const parts = headlineMetrics.slice(0, mostNumbers).flatMap((metric) => {
    const path = [...first.steps, metric.name].join('.');
    const numbers = findNumbers(run, `${base}.${path}`);
    return numbers.length > 0 ? [`${path} ${formatValues(numbers)}`] : [];
  });
  return `${base} ${parts.join(', ')}`;
}

function formatValues(numbers: readonly RunNumber[]): string {
  const values = numbers.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return '–';
  if (values.length > 1)
    return `${showNumber(Math.min(...values))} to ${showNumber(Math.max(...values))} (${values.length})`;
  return showMeasured(numbers.find(({ value }) => value !== null));
}
