import { relative } from 'node:path';
import {
  isPending,
  type PipelineNode,
  type PipelineSources,
  type StageName,
} from '../engine/config/pipeline.ts';
import { possibleItems } from '../engine/config/possible-items.ts';
import { formatWarning } from '../engine/diagnostics/format-diagnostic.ts';
import type { PlannedReads, RunStages } from '../engine/events.ts';
import type { Execution } from '../engine/execution/execution.ts';
import { idleAxisWarnings } from '../engine/execution/idle-axis-warnings.ts';
import { rememberRun } from '../engine/execution/remember-run.ts';
import { countOutcomes, isDone, type StageOutcome } from '../engine/execution/stage-outcome.ts';
import { writeRunRecord } from '../engine/execution/write-run-record.ts';
import { isReadOnly } from '../engine/files/write-error.ts';
import { clearAfterKilledRuns } from '../engine/publishing/leftovers.ts';
import { ledgerFile } from '../engine/seals/ledger.ts';
import { storeFile } from '../engine/store/remote/store-file.ts';
import type { RunManifest } from '../engine/store/runs/run-manifest.ts';
import { type FoundFile, takeSignatures } from '../engine/store/runs/run-memory.ts';
import { leftOutWarning, readNumbers } from '../reporting/history/read-numbers.ts';
import type { ReportWriter } from '../reporting/report/report-writer.ts';
import { isForUser } from '../user-error.ts';
import type { Cancellation } from './cancellation.ts';
import { codeFiles } from './package-info.ts';
import { type EndedRounds, type Round, runRounds } from './run-rounds.ts';
import { finalsOf, type Selection, selectedNodes } from './selection.ts';
import { unclaimedWarning } from './unclaimed-outputs.ts';

type Outcomes = ReadonlyMap<StageName, StageOutcome>;

export interface RunStagesOptions {
  readonly cancellation: Cancellation;
  readonly detach?: boolean;
  /** Whether the same command can begin anew after this run. */
  readonly isRepeatable?: boolean;
  /** Where a run that left nothing to do is remembered, and how its pipeline was found. */
  readonly memory?: { readonly file: string; readonly found: FoundFile } | undefined;
  readonly report?: ReportWriter;
  /** Checks that stages can run which a list made known. Throws a `PipelineError`. */
  readonly prepare?: (selection: Selection) => Promise<void>;
}

/** How a run ended. */
export interface RunEnd {
  /** Whether every stage is up to date. */
  readonly ok: boolean;
  readonly interrupted: boolean;
  /** Whether the code changed meanwhile, so that only a new process can go on. */
  readonly beginsAnew: boolean;
}

/** Brings a run's stages up to date, records and remembers it. */
export async function runStages(
  begun: Execution,
  selected: Selection,
  options: RunStagesOptions,
): Promise<RunEnd> {
  const { memory, cancellation, report, detach = false, isRepeatable = false } = options;
  const { folder, emit, startedAt } = begun;
  const { root } = begun.workspace.pipeline;
  const warn = (message: string) => emit({ type: 'warning', message, time: Date.now() });
  const read = new ReadSources(root, startedAt, selected.pipeline.sources);
  announce({ run: begun, selection: selected });
  await clearAfterKilledRuns(root, begun.workspace.store.local);
  const ended = await runFrom({ run: begun, selection: selected }, read, options);
  const { run, selection, outcomes } = ended;
  const { workspace, stages } = run;
  if (run.checkReads) reportUnchecked(run, outcomes);
  for (const message of idleAxisWarnings(stages, outcomes)) warn(message);
  const counts = countOutcomes(outcomes);
  const hasOldCode = [...outcomes.values()].some((outcome) => 'hasOldCode' in outcome);
  // What failed would fail again.
  const beginsAnew = isRepeatable && hasOldCode && counts.failed === 0 && !cancellation.interrupted;
  if (beginsAnew)
    warn(
      'Restage or the code of a stage changed while it waited for its job: the run begins anew.',
    );
  const isIdle = counts['up to date'] === outcomes.size;
  let page: string | undefined;
  try {
    await folder.removeWork();
    if (!isIdle) {
      recordRun(ended, warn);
      const old = selection.whole
        ? await unclaimedWarning(selection, workspace.store.local.folder)
        : undefined;
      if (old !== undefined) warn(old);
    }
    // An idle run is no part of the history; a profile goes on in its folder.
    else if (report !== undefined) folder.discard();
    // Which results belong to pending stages is not known.
    if (selection.whole && selection.pipeline.pending.length === 0) {
      workspace.store.local.forgetStages(
        workspace.pipeline.name,
        new Set(workspace.pipeline.stages.map(({ name }) => name)),
      );
    }
    page = await report?.finish();
    if (counts.ran > 0 && [...outcomes.values()].every(isDone))
      workspace.store.outbox?.shareRun(manifestOf(run, selection, outcomes), page);
    await workspace.store.outbox?.flush(cancellation.signal);
    const { changes, leftOut } = selection.pipeline;
    const hasRemarks = selection.warnings.length + changes.length + leftOut.size > 0;
    const { signatures } = read;
    await rememberRun(run, outcomes, { memory, read: signatures, page, hasRemarks });
    workspace.digests.save();
  } catch (error) {
    if (!isForUser(error)) throw error;
    // A disk that is full by now neither undoes what was done nor keeps the summary from the user.
    if (!(isIdle && isReadOnly(error))) warn(error.message);
  } finally {
    await workspace.store.close(); // its open connection would keep this process alive
  }
  const differ = [...outcomes.values()].some(
    (outcome) => isDone(outcome) && outcome.repeats === false,
  );
  const ok = counts.failed + counts.blocked + (detach ? 0 : counts.cancelled) === 0 && !differ;
  const { interrupted } = cancellation;
  const time = Date.now();
  emit({
    type: 'run-finished',
    run: folder.id,
    ok,
    interrupted,
    counts,
    ...(page !== undefined && { report: relative(root, page) }),
    ...(report !== undefined && report.notAsked > 0 && { notAsked: report.notAsked }),
    seconds: (time - startedAt) / 1000,
    time,
  });
  return { ok, interrupted, beginsAnew: beginsAnew && !interrupted };
}

async function runFrom(
  first: Round,
  read: ReadSources,
  { report, prepare = () => Promise.resolve() }: RunStagesOptions,
): Promise<EndedRounds> {
  const onRound = (round: Round) => {
    read.add(round.selection.pipeline.sources);
    announceRound(round);
    report?.follow(round.selection);
  };
  return await runRounds(first, { prepare, onRound });
}

/** Signatures of a pipeline's files and code, for the memory of a run. */
class ReadSources {
  readonly #startedAt: number;
  #signatures: ReadonlyMap<string, string> | undefined;

  /**
   * They are taken before the run: an edit during the run is not what the run has read. A key that
   * store.yaml revokes makes results unknown, and a seal may forbid what a stage reads.
   */
  constructor(root: string, startedAt: number, sources: PipelineSources) {
    this.#startedAt = startedAt;
    const files = [...sources.files, ...sources.code, ...codeFiles];
    const looked = [...sources.looked, storeFile(root), ledgerFile(root)];
    this.#signatures = takeSignatures({ files, looked }, startedAt);
  }

  /** Adds what a pipeline was read from once lists were known. */
  add({ files, code, looked }: PipelineSources): void {
    const known = this.#signatures;
    const isNew = (path: string) => known?.has(path) === false;
    const added = { files: [...files, ...code].filter(isNew), looked: looked.filter(isNew) };
    const signatures = takeSignatures(added, this.#startedAt);
    this.#signatures = known && signatures && new Map([...known, ...signatures]);
  }

  /** Undefined where one changed meanwhile. */
  get signatures(): ReadonlyMap<string, string> | undefined {
    return this.#signatures;
  }
}

function announce({ run, selection }: Round): void {
  const { workspace, folder, emit, startedAt } = run;
  const { name: pipeline, description } = workspace.pipeline;
  emit({
    type: 'run-started',
    run: folder.id,
    pipeline,
    ...(description !== undefined && { description }),
    ...describeNodes(selection),
    time: startedAt,
  });
  for (const warning of selection.warnings)
    emit({ type: 'warning', message: formatWarning(warning), time: Date.now() });
}

function announceRound({ run: { emit }, selection }: Round): void {
  emit({ type: 'stages-known', ...describeNodes(selection), time: Date.now() });
}

/** What events say of the stages of a run, known and pending. */
function describeNodes(selection: Selection): RunStages {
  const { named } = selection;
  const nodes = selectedNodes(selection);
  const finals = finalsOf(named, nodes);
  const pending = nodes.filter(isPending);
  return {
    stages: nodes.map(({ name }) => name),
    finals: [...finals, ...named.filter((name) => !finals.has(name))],
    ends: [...finals],
    ...planOf(nodes),
    ...(pending.length > 0 && { pending: pending.map(({ name }) => name) }),
  };
}

/** More of what stages read than this is left out: a page that draws it is of no use. */
const mostReads = 20_000;

function planOf(stages: readonly PipelineNode[]): { readonly plan?: readonly PlannedReads[] } {
  const plan = stages.map(({ kind, inputs }): PlannedReads => {
    const reads = inputs.flatMap((input) =>
      possibleItems(input).flatMap((item) =>
        item.from === 'stage' ? [{ port: input.port, stage: item.stage, output: item.port }] : [],
      ),
    );
    return { kind, reads };
  });
  const count = plan.reduce((sum, { reads }) => sum + reads.length, 0);
  return count > mostReads ? {} : { plan };
}

function recordRun(
  { run, selection, outcomes }: EndedRounds,
  warn: (message: string) => void,
): void {
  const leftOut = new Map<StageName, number>();
  const nodes = selectedNodes(selection).map(({ name }) => name);
  writeRunRecord(run, nodes, outcomes, (stage) => {
    const numbers = readNumbers(stage, run.workspace.pipeline.root);
    const isNew = outcomes.get(stage.name)!.outcome === 'ran';
    if (isNew && numbers.numbersLeftOut !== undefined)
      leftOut.set(stage.name, numbers.numbersLeftOut);
    return numbers;
  });
  const message = leftOutWarning(leftOut);
  if (message !== undefined) warn(message);
}

function reportUnchecked({ stages, emit }: Execution, outcomes: Outcomes): void {
  for (const { name, kind } of stages) {
    const { outcome } = outcomes.get(name)!;
    if (kind !== 'command' || (outcome !== 'up to date' && outcome !== 'restored')) continue;
    const message = 'did not run, so what it reads was not checked; with --force it runs';
    emit({ type: 'info', stage: name, message, time: Date.now() });
  }
}

/** The record of a run in the shared store, for a run in which everything succeeded. */
function manifestOf(
  { workspace, stages, folder, host }: Execution,
  { named }: Selection,
  outcomes: Outcomes,
): RunManifest {
  const finals = finalsOf(named, stages);
  const { name: pipeline } = workspace.pipeline;
  const entries = stages.flatMap(({ name, outputs }) => {
    const outcome = outcomes.get(name)!;
    const result =
      isDone(outcome) && outcome.recorded
        ? workspace.store.local.readLatest(pipeline, name)
        : undefined;
    const paths = Object.fromEntries(outputs.map(({ port, path }) => [port, path]));
    return result === undefined
      ? []
      : [[name, { result, outputs: paths, isFinal: finals.has(name) }] as const];
  });
  const { gitCommit } = host;
  return {
    run: folder.id,
    pipeline,
    ...(gitCommit !== undefined && { gitCommit }),
    stages: Object.fromEntries(entries),
  };
}
