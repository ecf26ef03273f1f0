import type { Outcome } from '../../engine/events.ts';
import { formatSeconds } from '../../format-numbers.ts';
import { asArgument } from './as-argument.ts';
import type { CollectedRun } from './collect-run.ts';
import type { Paint } from './colour.ts';
import { formatAllFresh } from './format-all-fresh.ts';
import { formatHighlights } from './format-highlights.ts';
import { formatTable } from './format-table.ts';

/** Lines shown of each list; a run may have a thousand stages. */
const mostFailures = 10;
const mostOutputs = 16;
const mostNames = 8;

/**
 * What a run leaves on the screen at its end: the tables of its stages, where the outputs lie, every failure with its
 * message and the end of its log, and the counts last, where eyes are. One line where everything was up to date.
 */
export function formatSummary(run: CollectedRun, paint: Paint): readonly string[] {
  const { end, ends, pipeline } = run;
  if (end === undefined) return [];
  const total = Object.values(end.counts).reduce((sum, count) => sum + count, 0);
  if (end.ok && end.counts['up to date'] === total) return [formatAllFresh(pipeline, total, end.seconds)];
  return [
    ...formatHighlights(ends, paint),
    ...formatOutputs(run, paint),
    ...formatFailures(run, paint),
    ...(end.report === undefined ? [] : ['', `${paint('bold', 'Report')}  ${end.report}`]),
    '',
    formatVerdict(run, paint),
  ];
}

/** Those of the stages that the run is for, as far as they find room beside what is said; the report links all. */
function formatOutputs({ end, ends, finals }: CollectedRun, paint: Paint): readonly string[] {
  const place = new Map(finals?.map((stage, index) => [stage, index]));
  const outputs = ends
    .filter(({ stage, outcome }) => isDone(outcome) && (finals === undefined || place.has(stage)))
    .sort((a, b) => (place.get(a.stage) ?? 0) - (place.get(b.stage) ?? 0))
    .flatMap(({ stage, outputs }) => Object.entries(outputs).map(([port, path]) => [`${stage}.${port}`, path]));
  if (outputs.length === 0) return [];
  const [, ...lines] = formatTable(['', ''], outputs.slice(0, mostOutputs));
  const left = outputs.length - mostOutputs;
  return [
    '',
    paint('bold', 'Outputs'),
    ...lines.map((line) => `  ${line}`),
    ...(left > 0
      ? [
          paint(
            'dim',
            `  … and ${left.toLocaleString('en-US')} more${end?.report === undefined ? '' : ', all in the report'}`,
          ),
        ]
      : []),
  ];
}

function formatFailures({ ends, pipeline }: CollectedRun, paint: Paint): readonly string[] {
  const failed = ends.filter(({ outcome }) => outcome === 'failed');
  const blocked = ends.filter(({ outcome }) => outcome === 'blocked').map(({ stage }) => stage);
  const lines = failed
    .slice(0, mostFailures)
    .flatMap(({ stage, message = 'no reason given', logTail = [] }) => [
      '',
      `${paint('red', '✗')} ${paint('bold', stage)} failed: ${indentRest(message.trim())}`,
      ...logTail.map((line) => `  ${paint('dim', '│')} ${line}`),
      ...(logTail.length > 0
        ? [paint('dim', `  The whole log: pipeline logs ${pipeline}.yaml ${asArgument(stage)}`)]
        : []),
    ]);
  const more = failed.slice(mostFailures).map(({ stage }) => stage);
  return [
    ...lines,
    ...(more.length > 0 ? ['', `${paint('red', '✗')} Also failed: ${someNames(more)}`] : []),
    ...(blocked.length > 0
      ? ['', `${paint('yellow', '·')} Not run, since they wait on these: ${someNames(blocked)}`]
      : []),
  ];
}

const order: readonly Outcome[] = ['failed', 'cancelled', 'blocked', 'ran', 'restored', 'up to date'];

function formatVerdict({ end, pipeline }: CollectedRun, paint: Paint): string {
  const { counts, ok, interrupted, seconds } = end!;
  const parts = order
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome].toLocaleString('en-US')} ${outcome}`);
  const text = [...(interrupted ? ['interrupted'] : []), ...parts].join(', ');
  return `${ok ? paint('green', '✓') : paint('red', '✗')} ${paint('bold', pipeline)}: ${text} (${formatSeconds(seconds)})`;
}

const isDone = (outcome: Outcome): boolean => outcome === 'ran' || outcome === 'restored' || outcome === 'up to date';

const indentRest = (text: string): string => text.replaceAll('\n', '\n  ');

const someNames = (names: readonly string[]): string =>
  names.slice(0, mostNames).join(', ') + (names.length > mostNames ? ` and ${names.length - mostNames} more` : '');
