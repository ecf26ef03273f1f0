import { join, relative } from 'node:path';
import type { Highlight } from '../../stage.ts';
import { describeError, isForUser } from '../../user-error.ts';
import type { Stage } from '../config/pipeline.ts';
import { nameFew } from '../plan/describe-decision.ts';
import { type Examined, examine, type Outputs, type OutputsOf } from '../plan/examine.ts';
import type { AttemptFiles } from '../store/run-folder.ts';
import type { StageResult } from '../store/stage-result.ts';
import { forgetView, viewName } from '../store/view-name.ts';
import type { Grant } from './admission.ts';
import { type AttemptRecord, attempt, privatePath } from './attempt.ts';
import { collectOutputs } from './collect-outputs.ts';
import { differingFiles } from './differing-files.ts';
import type { Execution } from './execution.ts';
import { closeView, type InputView, type Misused, openView, withOriginals } from './input-view.ts';
import { keepListings } from './keep-listings.ts';
import { makeRecord } from './make-record.ts';
import { placeCheckpoint } from './place-checkpoint.ts';
import { publishOutputs } from './publish-outputs.ts';
import { StageFailure } from './stage-failure.ts';
import { describeUndeclared, ReadTrace } from './trace-reads.ts';

/** What bringing a stage gave. */
export interface Brought {
  readonly outcome: 'up to date' | 'restored' | 'ran';
  /** For those that read it. */
  readonly outputs: Outputs;
  readonly highlights: readonly Highlight[];
  /** False where an input changed meanwhile: the outputs serve this run only. */
  readonly recorded: boolean;
  /** Of the work done now. */
  readonly seconds: number;
  /** Of a stage that ran twice: whether it gave the same bytes. */
  readonly repeats?: boolean;
}

/**
 * Brings a stage that was examined: leaves it where it is up to date, takes it from the cache if it can, runs it if it must.
 * Two runs, or two stages, that want the same fingerprint do it once: the second waits, without holding a slot, and looks
 * again at what the first left.
 *
 * Throws a {@link StageFailure} that says why it could not, or the signal's reason.
 */
export async function bringStage(
  stage: Stage,
  examined: Examined,
  run: Execution,
  outputsOf: OutputsOf,
): Promise<Brought> {
  const { signal } = run;
  const known = await takeKnown(stage, examined, run);
  if (known !== undefined) return known;
  await using _lease = await run.world.cache.acquireLease(examined.digest, signal, (holder) =>
    run.emit({ type: 'stage-waiting', stage: stage.name, for: holder, time: Date.now() }),
  );
  const made = await takeKnown(stage, await examine(stage, run.world, outputsOf), run);
  if (made !== undefined) return made;
  const grant = await run.admission.acquire(stage.resources, signal);
  try {
    return await runStage(stage, examined, run, outputsOf, grant);
  } finally {
    grant.release();
  }
}

/** The stage without running it; undefined when that cannot be, or is not wanted. A frozen stage is never forced. */
async function takeKnown(stage: Stage, examined: Examined, run: Execution): Promise<Brought | undefined> {
  if (run.world.forced.has(stage.name) && !stage.frozen) return undefined;
  const { decision, result } = examined;
  if (decision.state !== 'up to date' || result === undefined) return await restore(stage, examined, run);
  await stoodOn(stage, result, run);
  return { outcome: 'up to date', ...whatIs(result), seconds: 0 };
}

/** Puts a recorded result in place; undefined when there is none or the cache cannot give it back whole. */
async function restore(stage: Stage, examined: Examined, run: Execution): Promise<Brought | undefined> {
  const startedAt = performance.now();
  const result = run.world.cache.readResult(examined.digest);
  if (result === undefined || !result.stored || !(await publishOutputs(stage, result, undefined, run)))
    return undefined;
  await stoodOn(stage, result, run);
  return { outcome: 'restored', ...whatIs(result), seconds: (performance.now() - startedAt) / 1000 };
}

/** Keeps that the stage last stood on this result. */
async function stoodOn(stage: Stage, { digest }: StageResult, { world }: Execution): Promise<void> {
  world.cache.writeLatest(world.pipeline.name, stage.name, digest);
  await world.cache.markUsed(digest);
}

const whatIs = ({ outputs, record }: StageResult) => ({ outputs, highlights: record.highlights, recorded: true });

async function runStage(
  stage: Stage,
  examined: Examined,
  run: Execution,
  outputsOf: OutputsOf,
  grant: Grant,
): Promise<Brought> {
  const attempts = stage.retries + 1;
  const checkpoint = placeCheckpoint(stage, examined.fingerprint, run);
  for (let number = 1; ; number += 1) {
    try {
      const brought = await runAttempt(stage, examined, run, { number, checkpoint }, (attempt) =>
        makeOutputs(stage, examined, run, outputsOf, grant, attempt),
      );
      if (!run.twice.has(stage.name)) return brought;
      // Without the checkpoint, from which the second run would take what the first computed.
      const again = await runAttempt(stage, examined, run, { number: number + 1, checkpoint: undefined }, (attempt) =>
        perform(stage, examined, run, outputsOf, grant, attempt),
      ).catch((error) => {
        if (run.signal.aborted || !(error instanceof StageFailure)) throw error;
        return error;
      });
      return { ...brought, repeats: tellRepetition(stage, brought, again, run) };
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof StageFailure) || number >= attempts) throw error;
      run.emit({ type: 'stage-retrying', stage: stage.name, message: error.message, time: Date.now() });
    }
  }
}

/** Gives an attempt its places, lets it act in them, and keeps how that ended. */
async function runAttempt<T>(
  stage: Stage,
  examined: Examined,
  run: Execution,
  which: Pick<Attempt, 'number' | 'checkpoint'>,
  act: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const files = run.folder.attempt(stage.name, which.number);
  const begun = { fingerprint: examined.digest, content: examined.fingerprint, startedAt: Date.now() };
  const tell = (outcome: 'succeeded' | 'failed' | 'interrupted', message?: string) => {
    const seconds = (Date.now() - begun.startedAt) / 1000;
    try {
      files.tell({ ...begun, end: { outcome, seconds, ...(message !== undefined && { message }) } });
    } catch (error) {
      if (!isForUser(error)) throw error; // a full disk is no news by now, and must not hide how the attempt ended
    }
  };
  files.tell(begun);
  try {
    const made = await act({ ...which, ...begun, ...files });
    tell('succeeded');
    return made;
  } catch (error) {
    if (run.signal.aborted) tell('interrupted');
    else tell('failed', describeError(error));
    throw error;
  } finally {
    forgetView(viewName(run.world.cache.folder, examined.digest), viewFolder(files.work));
    await files.removeWork();
  }
}

/** The private view of the inputs; outputs may be links into it until they are stored. */
const viewFolder = (work: string): string => join(work, 'in');

/** One attempt: its places, and when it began. */
interface Attempt extends Pick<AttemptFiles, 'work' | 'log'> {
  readonly number: number;
  readonly startedAt: number;
  readonly checkpoint: string | undefined;
}

async function makeOutputs(
  stage: Stage,
  examined: Examined,
  run: Execution,
  outputsOf: OutputsOf,
  grant: Grant,
  attempt: Attempt,
): Promise<Brought> {
  const { number, startedAt, work, log } = attempt;
  const { outputs, record, edited, contained } = await perform(stage, examined, run, outputsOf, grant, attempt);
  const facts = { startedAt, attempts: number, cpus: grant.cpu, logFile: log, host: run.host };
  const result: StageResult = {
    format: 1,
    digest: examined.digest,
    fingerprint: examined.fingerprint,
    outputs,
    stored: stage.cache,
    record: await makeRecord(record, facts, run.world.cache),
  };
  const recorded = await keep(stage, result, { edited, work, contained }, run);
  return { outcome: 'ran', outputs, highlights: record.highlights, recorded, seconds: result.record.seconds };
}

/** What an attempt made, still in its private folder. */
interface Performed {
  readonly outputs: Outputs;
  readonly record: AttemptRecord;
  /** The user's files that changed meanwhile. */
  readonly edited: readonly string[];
  /** Whether no process of it can write to its outputs any more. */
  readonly contained: boolean;
}

async function perform(
  stage: Stage,
  examined: Examined,
  run: Execution,
  outputsOf: OutputsOf,
  grant: Grant,
  { number, work, log, checkpoint }: Attempt,
): Promise<Performed> {
  const { world, emit } = run;
  const view = await openView(stage, { examined, world, outputsOf, lender: run.lender, folder: viewFolder(work) });
  const attempts = Math.max(number, stage.retries + 1);
  emit({ type: 'stage-started', stage: stage.name, kind: stage.kind, attempt: number, attempts, time: Date.now() });
  const trace = run.checkReads ? new ReadTrace(join(work, 'reads')) : undefined;
  const { end, record } = await attempt({
    root: world.pipeline.root,
    stage,
    module: run.modules.get(stage.kind),
    inputs: view.inputs,
    translate: (text) => withOriginals(view, text),
    launcher: trace?.launcher,
    grant,
    backend: world.backend ?? 'auto',
    checkpoint,
    folder: work,
    logFile: log,
    start: run.start,
    signal: run.signal,
    kill: run.kill,
    onProgress: (progress) => emit({ type: 'stage-progress', stage: stage.name, progress, time: Date.now() }),
    onPoint: (point) => emit({ type: 'stage-point', stage: stage.name, point, time: Date.now() }),
    onNotice: (message) => emit({ type: 'info', stage: stage.name, message, time: Date.now() }),
    onOutput: (text) => emit({ type: 'stage-output', stage: stage.name, text, time: Date.now() }),
  });
  const { written, edited } = await closeView(view, run.lender, world.digests);
  if (trace !== undefined) tellReads(trace, view, stage, run);
  for (const message of record.warnings) emit({ type: 'warning', stage: stage.name, message, time: Date.now() });
  if (!end.ok) throw new StageFailure(end.message);
  if (written.length > 0) throw new StageFailure(describeMisuse(written[0]!, world.pipeline.root));
  return { outputs: await collectOutputs(stage, work, world.digests), record, edited, contained: end.contained };
}

/** Says how a second run of a stage compares with the first, whose result is kept; the answer: whether it gave the same. */
function tellRepetition(stage: Stage, first: Brought, again: Performed | StageFailure, run: Execution): boolean {
  const about = { stage: stage.name, time: Date.now() };
  const warn = (message: string) => run.emit({ type: 'warning', ...about, message });
  if (again instanceof StageFailure) {
    warn(`ran twice, and the second time it failed: ${again.message}. The first result is kept`);
    return false;
  }
  if (!first.recorded || again.edited.length > 0) {
    warn('ran twice, but an input changed meanwhile: the two runs cannot be compared');
    return false;
  }
  const differing = differingFiles(first.outputs, again.outputs);
  if (differing.length === 0) run.emit({ type: 'info', ...about, message: 'ran twice, and gave the same bytes' });
  else warn(`ran twice, and gave other bytes the second time: ${nameFew(differing)}. The first result is kept`);
  return differing.length === 0;
}

/** Says what the programs of a stage read without declaring it, or that there is nothing. */
function tellReads(trace: ReadTrace, view: InputView, stage: Stage, { world, emit }: Execution): void {
  const undeclared = trace.undeclared(world.pipeline.root, view.originals.values());
  if (undeclared === undefined) return;
  const about = { stage: stage.name, time: Date.now() };
  if (undeclared.length === 0) {
    emit({ type: 'info', ...about, message: 'read no file of the project but what it declares' });
  } else emit({ type: 'warning', ...about, message: describeUndeclared(undeclared) });
}

/** Why a stage fails that wrote to what it reads, or that read while another one did. */
function describeMisuse({ path, others }: Misused, root: string): string {
  const rule = 'inputs are only to be read';
  if (others.length === 0) return `wrote to its input ${relative(root, path)}: ${rule}, so let it work on a copy`;
  const who = ['it', ...others].join(' or ');
  return `its input ${relative(root, path)} was written to while it ran, by ${who}: ${rule}, so let the one that writes work on a copy`;
}

/** Stores, records and publishes what an attempt made; the result only if the user's files are still what they were. */
async function keep(
  stage: Stage,
  result: StageResult,
  {
    edited,
    work,
    contained,
  }: { readonly edited: readonly string[]; readonly work: string; readonly contained: boolean },
  run: Execution,
): Promise<boolean> {
  const { cache, pipeline } = run.world;
  if (edited.length > 0) {
    const shown = edited.map((path) => relative(pipeline.root, path) || path).join(', ');
    run.emit({
      type: 'warning',
      stage: stage.name,
      message: `${shown} changed while the stage ran, by an edit or by the stage itself: its outputs serve this run, and the next run does it again`,
      time: Date.now(),
    });
    await publishOutputs(stage, result, work, run);
    return false;
  }
  const previous = cache.readResult(result.digest);
  if (stage.cache) {
    for (const output of stage.outputs) {
      await cache.storeArtifact(privatePath(work, output), result.outputs[output.port]!, { contained });
    }
  }
  await cache.writeResult(result);
  cache.writeLatest(pipeline.name, stage.name, result.digest);
  await keepListings(stage, run.world);
  warnOfOtherBytes(stage, previous, result, run);
  if (!(await publishOutputs(stage, result, stage.cache ? undefined : work, run))) {
    throw new StageFailure(
      'its outputs were damaged on disk between being stored and being published; is the disk sound?',
    );
  }
  return true;
}

/** A forced rerun that gives other bytes tells its user that the stage is not reproducible. */
function warnOfOtherBytes(stage: Stage, previous: StageResult | undefined, result: StageResult, run: Execution): void {
  if (previous === undefined) return;
  const differing = Object.keys(result.outputs).filter(
    (port) => previous.outputs[port]?.digest !== result.outputs[port]?.digest,
  );
  if (differing.length === 0) return;
  const message = `ran again with the same inputs and settings and gave other bytes (${differing.join(', ')}): it is not reproducible`;
  run.emit({ type: 'warning', stage: stage.name, message, time: Date.now() });
}
