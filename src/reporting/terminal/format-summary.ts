import type { StageName } from '../../engine/config/pipeline.ts';
import type { RunEvent } from '../../engine/events.ts';
import { formatCount, formatCountOf, formatFew, formatSeconds } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { stageArgument } from '../../shell/stage-argument.ts';
import type { Highlight } from '../../stage.ts';
import { groupSummaryTables, isChoice, type SummaryTable } from '../group-summary-tables.ts';
import { endState, isDone, type RunModel, type StageModel } from '../run-model.ts';
import { baseName } from '../stage-base-name.ts';
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
const mostConclusions = 8;
/** If the tables of a run have more lines than this, the most important ones are shown. */
const mostTableLines = 60;
/** Lines for other tables after those that the run is for, where these fill the screen already. */
const mostOtherLines = 32;

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
    ...(failures.length === 0 ? [] : formatReport(run, paint)),
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
    ...formatReport(run, paint),
    ...(run.traffic === undefined
      ? []
      : ['', `${paint.bold('Store')}  ${describeTraffic(run.traffic)}`]),
    ...(end.interrupted ? formatResume(stages) : []),
    '',
    formatVerdict(end, run, paint),
  ];
}

/** Where the report is, and how much of the pipeline it shows where stages were chosen. */
function formatReport({ end, stages }: RunModel, paint: Paint): readonly string[] {
  if (end?.report === undefined) return [];
  const { report, notAsked = 0 } = end;
  const all = formatCountOf(stages.length + notAsked, 'stage');
  const part = notAsked === 0 ? '' : ` (${formatCount(stages.length)} of ${all})`;
  return ['', `${paint.bold('Report')}  ${report}${part}`];
}

/** Tables of a stage, all of them or some. */
interface StageTables {
  readonly name: StageName;
  readonly summaryTables: readonly Highlight[];
}

/** The tables of stages that did something come first; those of stages up to date are known. */
function formatSummaryTables(run: RunModel, paint: Paint): readonly string[] {
  const { stages, end } = run;
  const all = stages.map(({ name, end }) => ({ name, summaryTables: end?.highlights ?? [] }));
  const shown = countLines(all) <= mostTableLines ? all : chooseTables(run);
  const hiddenStages = all.filter(
    ({ summaryTables }, i) => summaryTables.length > shown[i]!.summaryTables.length,
  ).length;
  const where = end?.report === undefined ? '' : ', all in the report';
  const more = `… and tables of ${formatCountOf(hiddenStages, 'more stage')}${where}`;
  const fresh = new Set<string>(stages.filter(isUpToDate).map(({ name }) => name));
  const isKnown = (table: SummaryTable) => table.stages.every((name) => fresh.has(name));
  const tables = groupSummaryTables(shown);
  const ordered = [...tables.filter((table) => !isKnown(table)), ...tables.filter(isKnown)];
  return [
    ...ordered.flatMap((table) => formatSummaryTable(table, paint)),
    ...(hiddenStages > 0 ? ['', paint.dim(more)] : []),
  ];
}

const isUpToDate = ({ state }: StageModel): boolean => state === 'up to date';

/**
 * The tables of a run that has too many, by stage in their order. Those that it is for and the
 * choices are shown, then others while there is room: those of stages that did something, the last
 * ones first, and those of stages up to date that it is for. Stages of a matrix are taken together.
 */
function chooseTables({ stages, ends }: RunModel): readonly StageTables[] {
  const isWanted = (name: StageName, table: Highlight) => ends.includes(name) || isChoice(table);
  const tablesOf = (members: readonly StageModel[], areWanted: boolean) =>
    members.map(({ name, end }): StageTables => {
      const tables = end?.highlights ?? [];
      const summaryTables = tables.filter((table) => isWanted(name, table) === areWanted);
      return { name, summaryTables };
    });
  const fresh = stages.filter(isUpToDate);
  const changed = stages.filter((stage) => !isUpToDate(stage));
  let chosen = tablesOf(changed, true);
  const room = Math.max(mostTableLines, countLines(chosen) + mostOtherLines);
  for (const part of [
    ...lastFirst(tablesOf(changed, false)),
    ...lastFirst(tablesOf(fresh, true)),
  ]) {
    const more = [...chosen, ...part];
    if (countLines(more) <= room) chosen = more;
  }
  const tables = new Set(chosen.flatMap(({ summaryTables }) => summaryTables));
  return stages.map(({ name, end }) => ({
    name,
    summaryTables: (end?.highlights ?? []).filter((table) => tables.has(table)),
  }));
}

/** The stages of each matrix, and each other stage, from the last to the first. */
const lastFirst = (stages: readonly StageTables[]): readonly (readonly StageTables[])[] =>
  [...groupBy(stages, ({ name }) => baseName(name)).values()].reverse();

/** The lines that tables take on the screen, those of a matrix joined. */
const countLines = (stages: readonly StageTables[]): number =>
  groupSummaryTables(stages).reduce(
    (sum, { rows, conclusions }) =>
      sum + 3 + Math.min(rows.length, mostRows) + Math.min(conclusions.length, mostConclusions),
    0,
  );

function formatSummaryTable(
  { title, stages: [only, ...others], columns, rows, conclusions }: SummaryTable,
  paint: Paint,
): readonly string[] {
  const [header = '', ...lines] = formatTable(columns, rows.slice(0, mostRows));
  const more = rows.length - mostRows;
  const moreConclusions = conclusions.length - mostConclusions;
  return [
    '',
    paint.bold(title) + (others.length === 0 ? paint.dim(` (${only})`) : ''),
    `  ${paint.dim(header)}`,
    ...lines.map((line) => `  ${line}`),
    ...(more > 0 ? [paint.dim(`  … and ${more} more`)] : []),
    ...conclusions.slice(0, mostConclusions).map((conclusion) => `  ${conclusion}`),
    ...(moreConclusions > 0 ? [paint.dim(`  … and ${moreConclusions} more`)] : []),
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
