import type { StageName } from '../../engine/config/pipeline.ts';
import type { RunEvent } from '../../engine/events.ts';
import { formatCount, formatCountOf, formatFew, formatSeconds } from '../../format-numbers.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { stageArgument } from '../../shell/stage-argument.ts';
import { groupSummaryTables, isChoice, type SummaryTable } from '../group-summary-tables.ts';
import { endState, isDone, type RunModel, type StageModel } from '../run-model.ts';
import { formatOutcomes } from '../states.ts';
import type { Paint } from './colour.ts';
import { describeTraffic } from './event-line.ts';
import { formatAllFresh } from './format-all-fresh.ts';
import { formatTable } from './text-layout.ts';

/** Lines shown of each list; a run may have a thousand stages. */
const mostFailures = 10;
const mostOutputs = 16;
const mostNames = 8;
const mostRows = 40;
/**
 * If the tables of a run have more lines than this, only those that it is for and the choices are
 * shown.
 */
const mostTableLines = 60;

/** The end of a run whose user wants to read only what went wrong. */
export function formatQuietSummary(run: RunModel, paint: Paint): readonly string[] {
  const { end, stages } = run;
  if (end === undefined) return [];
  const total = Object.values(end.counts).reduce((sum, count) => sum + count, 0);
  if (end.ok && end.counts['up to date'] === total)
    return [formatAllFresh(run.pipeline, total, end.seconds)];
  const failures = formatFailures(run, paint);
  return [
    ...failures,
    ...(end.report === undefined || failures.length === 0
      ? []
      : ['', `${paint.bold('Report')}  ${end.report}`]),
    ...(end.interrupted ? formatResume(stages) : []),
    ...(failures.length > 0 || end.interrupted ? [''] : []),
    formatVerdict(end, run, paint),
  ];
}

/**
 * A run's end on the screen: tables, outputs, failures, and the counts last; one line if all was up
 * to date.
 */
export function formatSummary(run: RunModel, paint: Paint): readonly string[] {
  const { end, stages, pipeline } = run;
  if (end === undefined) return [];
  const total = Object.values(end.counts).reduce((sum, count) => sum + count, 0);
  if (end.ok && end.counts['up to date'] === total)
    return [formatAllFresh(pipeline, total, end.seconds)];
  return [
    ...formatSummaryTables(run, paint),
    ...formatOutputs(run, paint),
    ...formatFailures(run, paint),
    ...(end.report === undefined ? [] : ['', `${paint.bold('Report')}  ${end.report}`]),
    ...(run.traffic === undefined
      ? []
      : ['', `${paint.bold('Store')}  ${describeTraffic(run.traffic)}`]),
    ...(end.interrupted ? formatResume(stages) : []),
    '',
    formatVerdict(end, run, paint),
  ];
}

function formatSummaryTables({ stages, ends, end }: RunModel, paint: Paint): readonly string[] {
  const all = stages.map(({ name, end }) => ({ name, summaryTables: end?.highlights ?? [] }));
  const tables = groupSummaryTables(all);
  const lines = tables.reduce((sum, { rows }) => sum + 3 + Math.min(rows.length, mostRows), 0);
  if (lines <= mostTableLines) return tables.flatMap((table) => formatSummaryTable(table, paint));
  // Before tables are joined: those of candidates may have the titles of what the run is for.
  const wanted = all.map(({ name, summaryTables }) => ({
    name,
    summaryTables: ends.includes(name) ? summaryTables : summaryTables.filter(isChoice),
  }));
  const hiddenStages = all.filter(
    (stage, i) => stage.summaryTables.length > wanted[i]!.summaryTables.length,
  ).length;
  const where = end?.report === undefined ? '' : ', all in the report';
  const more = `… and tables of ${formatCountOf(hiddenStages, 'more stage')}${where}`;
  return [
    ...groupSummaryTables(wanted).flatMap((table) => formatSummaryTable(table, paint)),
    ...(hiddenStages > 0 ? ['', paint.dim(more)] : []),
  ];
}

function formatSummaryTable(
  { title, stages: [only, ...others], columns, rows }: SummaryTable,
  paint: Paint,
): readonly string[] {
  const [header = '', ...lines] = formatTable(columns, rows.slice(0, mostRows));
  const more = rows.length - mostRows;
  return [
    '',
    paint.bold(title) + (others.length === 0 ? paint.dim(` (${only})`) : ''),
    `  ${paint.dim(header)}`,
    ...lines.map((line) => `  ${line}`),
    ...(more > 0 ? [paint.dim(`  … and ${more} more`)] : []),
  ];
}

/** All outputs where they are few, as in a first run; else only those that the run is for. */
function formatOutputs({ end, stages, finals, ends }: RunModel, paint: Paint): readonly string[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const outputsOf = (names: readonly StageName[]) =>
    names
      .flatMap((name) => byName.get(name) ?? [])
      .filter(isDone)
      .flatMap(outputRows);
  const all = outputsOf(finals);
  const outputs = all.length > mostOutputs ? outputsOf(ends) : all;
  if (outputs.length === 0) return [];
  const [, ...lines] = formatTable(['', ''], outputs.slice(0, mostOutputs));
  const more = outputs.length - mostOutputs;
  const where = end?.report === undefined ? '' : ', all in the report';
  return [
    '',
    paint.bold('Outputs'),
    ...lines.map((line) => `  ${line}`),
    ...(more > 0 ? [paint.dim(`  … and ${formatCount(more)} more${where}`)] : []),
  ];
}

/** The name and the path of each output of a stage. */
function outputRows({ name, end }: StageModel): readonly (readonly [string, string])[] {
  return Object.entries(end?.outputs ?? {}).map(([port, path]) => {
    const isAway = end?.away?.includes(port);
    const location = isAway ? `${path} (in the shared store: --fetch all brings it)` : path;
    return [`${name}.${port}`, location];
  });
}

function formatFailures({ stages, pipeline }: RunModel, paint: Paint): readonly string[] {
  const failed = stages.filter(({ state }) => state === 'failed');
  const blocked = stages.filter(({ state }) => state === 'blocked').map(({ name }) => name);
  const lines = failed.slice(0, mostFailures).flatMap(({ name, end }) => {
    const { message = 'no reason given', logTail = [] } = end ?? {};
    const whole = paint.dim(
      `  The whole log: restage logs ${shellQuote(`${pipeline}.yaml`)} ${stageArgument(name)}`,
    );
    return [
      '',
      `${paint.red('✗')} ${paint.bold(name)} failed: ${message.trim().replaceAll('\n', '\n  ')}`,
      ...logTail.map((line) => `  ${paint.dim('│')} ${line}`),
      ...(logTail.length > 0 ? [whole] : []),
    ];
  });
  const more = failed.slice(mostFailures).map(({ name }) => name);
  return [
    ...lines,
    ...(more.length > 0 ? ['', `${paint.red('✗')} Also failed: ${someNames(more)}`] : []),
    ...(blocked.length > 0
      ? ['', `${paint.yellow('·')} Not run, because an input failed: ${someNames(blocked)}`]
      : []),
  ];
}

function formatResume(stages: readonly StageModel[]): readonly string[] {
  const isBroken = ({ state, attempt, end }: StageModel) =>
    state === 'cancelled' && attempt !== undefined && !end?.leftToJob;
  const begun = stages.filter(isBroken);
  if (begun.length === 0) return [];
  const from = (start: string, resumes?: true) => {
    const names = begun.filter(({ end }) => end?.resumes === resumes).map(({ name }) => name);
    return names.length === 0 ? [] : [`  From the ${start}: ${someNames(names)}`];
  };
  return [
    '',
    'Run the same command again to continue.',
    ...from('last checkpoint', true),
    ...from('beginning'),
  ];
}

function formatVerdict(
  { counts, ok, interrupted, seconds }: Extract<RunEvent, { type: 'run-finished' }>,
  { pipeline, stages }: RunModel,
  paint: Paint,
): string {
  const text =
    (interrupted ? 'interrupted, ' : '') +
    formatOutcomes(counts, endState(stages.flatMap(({ end }) => end ?? [])));
  return `${ok ? paint.green('✓') : paint.red('✗')} ${paint.bold(pipeline)}: ${text} (${formatSeconds(seconds)})`;
}

const someNames = (names: readonly string[]): string => formatFew(names, mostNames);
