import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describeError, isForUser } from '../../user-error.ts';
import type { Stage } from '../config/pipeline.ts';
import type { StageEvent } from '../events.ts';
import { partsDigest } from '../files/listing.ts';
import { checkpointOf } from '../fingerprint/checkpoint-digest.ts';
import { pieceBaseOf } from '../fingerprint/piece-base.ts';
import {
  type Examined,
  examine,
  LostInput,
  type Outputs,
  type OutputsOf,
} from '../plan/examine.ts';
import { readArtifact, readParts } from '../seals/sealed-parts.ts';
import { keepInputListing } from '../store/input-listings.ts';
import { forgetView, viewName } from '../store/input-view-name.ts';
import type { Lease } from '../store/lease.ts';
import type { PieceScope } from '../store/piece-files.ts';
import type { AttemptEnd, AttemptFiles } from '../store/runs/attempts.ts';
import { type StageResult, shownDigest } from '../store/stage-result.ts';
import { beginLook } from './begin-look.ts';
import { compareAttempts } from './compare-attempts.ts';
import type { Allocation, AttemptOptions, AttemptOutcome, Execution } from './execution.ts';
import { privatePath, viewFolder } from './private-paths.ts';
import { mostDecisions, OutdatedInput, StageFailure, UnfinishedStage } from './stage-failures.ts';
import type { DoneStage } from './stage-outcome.ts';

interface PublishOptions {
  /** The private folder of an attempt; absent: the outputs are in the store. */
  readonly from?: string;
  /** See {@link AttemptOutcome.signatures}. */
  readonly signatures?: AttemptOutcome['signatures'];
  /** Ports whose outputs stay elsewhere. */
  readonly away?: ReadonlySet<string>;
}

/**
 * Brings one stage up to date: restores its result, or makes attempts until one succeeds, and
 * publishes.
 */
export class StageRun {
  readonly #stage: Stage;
  readonly #run: Execution;
  readonly #outputsOf: OutputsOf;
  #examined: Examined;
  #resumesFrom: string | undefined;

  constructor(stage: Stage, examined: Examined, outputsOf: OutputsOf, run: Execution) {
    this.#stage = stage;
    this.#examined = examined;
    this.#outputsOf = outputsOf;
    this.#run = run;
  }

  /**
   * Leaves, restores or runs the stage. Of two with one fingerprint the second waits. Throws the
   * signal's reason when aborted.
   */
  async bringUpToDate(): Promise<DoneStage> {
    for (let remaining = mostDecisions; ; remaining -= 1) {
      const look = await beginLook(this.#stage, this.#examined, this.#outputsOf, this.#run);
      try {
        const done = (await this.#takeResult()) ?? (await this.#makeAlone());
        await look.end(done);
        return done;
      } catch (error) {
        if (!(error instanceof OutdatedInput) || remaining <= 1) throw error;
        this.#emit({ type: 'stage-retrying', message: error.message });
        await this.#decideAnew();
      }
    }
  }

  /**
   * This is a method of its own because esbuild's `await using` in a loop throws the error of an
   * earlier round again.
   */
  async #makeAlone(): Promise<DoneStage> {
    await using _lease = await this.#acquireLease();
    return (await this.#takeNewResult()) ?? (await this.#make());
  }

  async #decideAnew(): Promise<void> {
    const { workspace } = this.#run;
    for (const { items } of this.#stage.inputs) {
      for (const item of items) if (item.from === 'path') workspace.listings.delete(item.path);
    }
    this.#examined = await examine(this.#stage, workspace, this.#outputsOf);
  }

  /** The result that another run or stage made while this one waited, if any. */
  async #takeNewResult(): Promise<DoneStage | undefined> {
    const { workspace } = this.#run;
    if ((await workspace.store.lookup(this.#examined.digest)).state === 'missing') return undefined;
    this.#examined = await examine(this.#stage, workspace, this.#outputsOf);
    return await this.#takeResult();
  }

  /** If two stages of this run do the same work, the second one says for which stage it waits. */
  #acquireLease(): Promise<Lease> {
    const { workspace, signal, working } = this.#run;
    const { digest } = this.#examined;
    const twin = working.get(digest);
    working.set(digest, this.#stage.name);
    return workspace.store.local.acquireLease(digest, signal, (holder) =>
      this.#emit({
        type: 'stage-waiting',
        for: twin === undefined ? holder : `${twin}, which does the same work`,
      }),
    );
  }

  /**
   * The present result, restored where necessary; undefined if the stage must run. A frozen stage
   * is never forced.
   */
  async #takeResult(): Promise<DoneStage | undefined> {
    const { workspace } = this.#run;
    if (workspace.forced.has(this.#stage.name) && !this.#stage.frozen) return undefined;
    const startedAt = performance.now();
    const { decision, result, away } = this.#examined;
    const isPresent = decision.state === 'up to date';
    if (result === undefined || !(isPresent || decision.state === 'restorable')) return undefined;
    if (isPresent && workspace.fetches?.mode !== 'none')
      await workspace.store.fetch([], result.record.log);
    if (!isPresent && !(await this.#restore(result, away))) return undefined;
    workspace.store.local.writeLatest(workspace.pipeline.name, this.#stage.name, result.digest);
    await workspace.store.markUsed(result.digest);
    const { outputs, record } = result;
    return {
      outcome: isPresent ? 'up to date' : 'restored',
      outputs,
      away,
      summaryTables: record.highlights,
      recorded: true,
      seconds: isPresent ? 0 : (performance.now() - startedAt) / 1000,
    };
  }

  /**
   * Publishes the outputs of a result, except those that stay elsewhere. False if some are lost.
   */
  async #restore({ outputs, record }: StageResult, away: ReadonlySet<string>): Promise<boolean> {
    const wanted = Object.entries(outputs).flatMap(([port, artifact]) =>
      away.has(port) ? [] : [artifact],
    );
    const isHere = await this.#run.workspace.store.fetch(wanted, record.log);
    return isHere && (await this.#publish(outputs, { away }));
  }

  async #make(): Promise<DoneStage> {
    const { signal, twice, place } = this.#run;
    await this.#fetchInputs();
    using allocation = await place.allocate(this.#examined.stage);
    const checkpoint = this.#checkpoint();
    const pieces = this.#pieces();
    this.#resumesFrom = checkpoint;
    for (let number = 1; ; number += 1) {
      try {
        const done = await this.#attempt(
          allocation,
          { number, checkpoint, pieces, keep: true },
          (made, work) => this.#keep(made, work),
        );
        return twice.has(this.#stage.name)
          ? { ...done, repeats: await this.#repeat(allocation, done, number + 1) }
          : done;
      } catch (error) {
        if (error instanceof UnfinishedStage) throw error;
        signal.throwIfAborted();
        if (!(error instanceof StageFailure) || number > this.#stage.retries) throw error;
        this.#emit({ type: 'stage-retrying', message: error.message });
      }
    }
  }

  /**
   * Fetches what the stage reads of others, unless a published copy serves. Throws a
   * {@link LostInput}.
   */
  async #fetchInputs(): Promise<void> {
    const { store, pipeline, graph, digests, ledger } = this.#run.workspace;
    const all = this.#stage.inputs.flatMap((input) => input.items.map((item) => ({ input, item })));
    for (const { input, item } of all) {
      const whole = item.from === 'stage' ? this.#outputsOf(item.stage)[item.port] : undefined;
      if (item.from !== 'stage' || whole === undefined) continue;
      const read = readArtifact(whole, input, ledger.unsealed);
      if ((await store.local.missingObjects(read)).length === 0) continue;
      const { path } = graph.stage(item.stage).outputs.find(({ port }) => port === item.port)!;
      const published = await digests.listIfThere(join(pipeline.root, path)).catch(() => undefined);
      if (published?.digest === whole.digest || (await store.fetch([read]))) continue;
      throw new LostInput(item.stage);
    }
  }

  /**
   * The path of the stage's checkpoint, if it keeps one. A forced stage starts over: its last one
   * is removed.
   */
  #checkpoint(): string | undefined {
    const { workspace, host } = this.#run;
    const versions = { restage: host.restage, node: process.version };
    const digest = checkpointOf(this.#stage, this.#examined.fingerprint, versions);
    if (digest === undefined) return undefined;
    if (workspace.forced.has(this.#stage.name)) workspace.store.local.removeCheckpoint(digest);
    return workspace.store.local.checkpointPath(digest);
  }

  /** The pieces that the stage may share. A forced stage makes all of them again. */
  #pieces(): PieceScope | undefined {
    const base = pieceBaseOf(this.#stage, this.#examined.fingerprint);
    return base && { base, isFresh: this.#run.workspace.forced.has(this.#stage.name) };
  }

  /** Whether an attempt began, and left a checkpoint for the next one. */
  get resumes(): boolean {
    return this.#resumesFrom !== undefined && existsSync(this.#resumesFrom);
  }

  /**
   * Makes an attempt at the place, uses what it made while its private folder exists, and records
   * how it ended.
   */
  async #attempt<T>(
    allocation: Allocation,
    options: AttemptOptions,
    use: (made: AttemptOutcome, work: string) => Promise<T>,
  ): Promise<T> {
    const { folder, signal, workspace } = this.#run;
    const examined = this.#examined;
    const files = folder.attempt(this.#stage.name, options.number);
    const startedAt = Date.now();
    let contained = false;
    files.record({ fingerprint: examined.digest, content: examined.fingerprint, startedAt });
    try {
      const emit = (event: StageEvent) => this.#emit(event);
      const made = await allocation.run({
        workspace,
        stage: examined.stage,
        examined,
        outputsOf: this.#outputsOf,
        startedAt,
        emit,
        ...files,
        ...options,
      });
      contained = made.contained;
      const used = await use(made, files.work);
      recordEnd(files, startedAt, 'succeeded');
      return used;
    } catch (error) {
      const isOpen =
        signal.aborted || error instanceof UnfinishedStage || error instanceof OutdatedInput;
      recordEnd(
        files,
        startedAt,
        isOpen ? 'interrupted' : 'failed',
        isOpen ? {} : { message: describeError(error) },
      );
      throw error;
    } finally {
      forgetView(
        viewName(workspace.store.local.folder, shownDigest(examined)),
        viewFolder(files.work),
      );
      await files.removeWork({ contained });
    }
  }

  async #keep({ result, edited, signatures }: AttemptOutcome, work: string): Promise<DoneStage> {
    const { workspace } = this.#run;
    const { outputs, record } = result;
    const done = {
      outcome: 'ran',
      outputs,
      summaryTables: record.highlights,
      seconds: record.seconds,
    } as const;
    if (edited.length > 0) {
      const paths = edited
        .map((path) => relative(workspace.pipeline.root, path) || path)
        .join(', ');
      const message = `${paths} changed while the stage ran, by an edit or by the stage itself: its outputs are used in this run only; the next run repeats the stage`;
      this.#warn(message);
      await this.#publish(outputs, { from: work });
      return { ...done, recorded: false };
    }
    workspace.store.local.writeLatest(workspace.pipeline.name, this.#stage.name, result.digest);
    workspace.store.outbox?.share(result);
    await this.#keepListings();
    this.#warnOfOtherBytes(outputs);
    if (
      !(await this.#publish(outputs, { signatures, ...(!this.#stage.cache && { from: work }) }))
    ) {
      const why =
        'its outputs were damaged on disk between being stored and being published; is the disk sound?';
      throw new StageFailure(why);
    }
    return { ...done, recorded: true };
  }

  /**
   * Keeps the listings of folders that the stage read by path, so that later reasons can name
   * changed files.
   */
  async #keepListings(): Promise<void> {
    const { store, listings, ledger } = this.#run.workspace;
    for (const input of this.#stage.inputs) {
      for (const item of input.items) {
        const listing = item.from === 'path' ? await listings.get(item.path) : undefined;
        if (listing?.folder !== true) continue;
        const parts = readParts(listing, input, ledger.unsealed);
        keepInputListing(store.local.folder, partsDigest(listing, parts), listing.files);
      }
    }
  }

  #warnOfOtherBytes(outputs: Outputs): void {
    const before = this.#examined.result?.outputs;
    if (before === undefined) return;
    const ports = Object.keys(outputs).filter(
      (port) => before[port]?.digest !== outputs[port]?.digest,
    );
    if (ports.length === 0) return;
    const what = `ran again with the same inputs and settings and produced different bytes (${ports.join(', ')})`;
    this.#warn(`${what}: it is not reproducible`);
  }

  /** Publishes outputs, from the store or an attempt's folder. False if the source lacks some. */
  async #publish(
    outputs: Outputs,
    { from: work, signatures, away }: PublishOptions,
  ): Promise<boolean> {
    const { workspace, publisher } = this.#run;
    for (const output of this.#stage.outputs) {
      if (away?.has(output.port)) continue;
      const artifact = outputs[output.port];
      if (artifact === undefined)
        throw new Error(
          `Internal error: the result of ${this.#stage.name} has no output ${output.port}`,
        );
      const owner = {
        pipeline: workspace.pipeline.name,
        stage: this.#stage.name,
        port: output.port,
      };
      const from = work === undefined ? undefined : privatePath(work, output);
      const publication = await publisher.publish(artifact, output.path, owner, {
        from,
        signature: signatures?.[artifact.digest],
      });
      if (!publication.ok) return false;
      if (publication.displaced !== undefined) {
        const what = `${output.path} held something that Restage did not put there`;
        this.#warn(`${what}: it was moved to ${publication.displaced}`);
      }
    }
    return true;
  }

  /**
   * Runs the stage again without its checkpoint, and reports whether both runs gave the same bytes.
   */
  async #repeat(allocation: Allocation, first: DoneStage, number: number): Promise<boolean> {
    const options = { number, checkpoint: undefined, pieces: undefined, keep: false };
    const again = await this.#attempt(allocation, options, async (made) => made).catch((error) => {
      if (this.#run.signal.aborted || !(error instanceof StageFailure)) throw error;
      return error;
    });
    const { repeats, message } = compareAttempts(first, again);
    this.#emit({ type: repeats ? 'info' : 'warning', message });
    return repeats;
  }

  #warn(message: string): void {
    this.#emit({ type: 'warning', message });
  }

  #emit(event: StageEvent): void {
    this.#run.emit({ ...event, stage: this.#stage.name, time: Date.now() });
  }
}

/** Records how an attempt ended. A full disk, which was reported before, must not hide that. */
function recordEnd(
  files: AttemptFiles,
  startedAt: number,
  outcome: AttemptEnd['outcome'],
  why: { message?: string } = {},
) {
  try {
    files.record({ end: { outcome, seconds: (Date.now() - startedAt) / 1000, ...why } });
  } catch (error) {
    if (!isForUser(error)) throw error;
  }
}
