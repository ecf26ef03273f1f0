import { join } from 'node:path';
import type { ProgramCode } from '../engine/config/pipeline.ts';
import type { RunEvent } from '../engine/events.ts';
import type { Places } from '../engine/places/place-file.ts';
import { type FoundFile, forgetAll, memoryFile } from '../engine/store/runs/run-memory.ts';
import { EventFile } from '../reporting/event-file.ts';
import { type PipelineEvent, withReasons } from '../reporting/pipeline-event.ts';
import { ReportWriter } from '../reporting/report/report-writer.ts';
import { RunListeners } from '../reporting/run-model.ts';
import type { Run, RunOptions, RunResult, StageResult } from './api.ts';
import { Cancellation } from './cancellation.ts';
import { type Abandoned, checkClaims } from './check-claims.ts';
import { checkContents } from './check-contents.ts';
import { checkSeals } from './check-seals.ts';
import { makeExecution } from './make-execution.ts';
import type { RepeatedCommand } from './make-place.ts';
import { type RunStagesOptions, runStages } from './run-stages.ts';
import type { Selection } from './selection.ts';
import { openPlaces } from './workspace.ts';

/** Chosen stages of which is known that they can run. */
export interface PreparedRun {
  readonly selection: Selection;
  readonly places: Places;
  /** Published paths that it takes over from pipelines that no longer claim them. */
  readonly abandoned: readonly Abandoned[];
}

/** Checks that chosen stages can run here. Throws a `PipelineError`. */
export async function prepareRun(selection: Selection, { on }: RunOptions): Promise<PreparedRun> {
  checkSeals(selection);
  await checkContents(selection);
  const places = await openPlaces(selection, on);
  return { selection, places, abandoned: await checkClaims(selection) };
}

/** What the command has beside the options of a run. */
export interface CommandOptions {
  /** Shared by all runs of a watch. */
  readonly cancellation?: Cancellation;
  /** Milliseconds since the epoch, before anything was read. */
  readonly startedAt?: number;
  /** Whether the stages of clusters are only submitted, and further steps taken by jobs. */
  readonly detach?: boolean;
  /** The command that takes the steps of a detached run. */
  readonly command?: RepeatedCommand;
  /** The step of a detached run that this process takes. */
  readonly step?: string | undefined;
  /**
   * How the pipeline was found, where the command is remembered if the run left nothing to do;
   * absent: it is not.
   */
  readonly remembers?: FoundFile | undefined;
  /** Whether the command can begin anew in another process, with code that has changed. */
  readonly isRepeatable?: boolean;
}

/** How a run of the command ended. */
export interface EndedRun extends RunResult {
  /** Whether the code changed meanwhile, so that only a new process can go on. */
  readonly beginsAnew: boolean;
}

/** A run from its beginning to its end. It begins at once. */
export class PipelineRun implements Run {
  readonly result: Promise<EndedRun>;
  readonly #cancellation: Cancellation;
  /** What nobody has read so far. */
  readonly #events: PipelineEvent[] = [];
  #isOver = false;
  #wake: () => void = () => {};

  /** `onCode` is told which code programs loaded beside what their text shows. */
  constructor(
    prepared: Promise<PreparedRun>,
    options: RunOptions & CommandOptions,
    onCode: (codes: readonly ProgramCode[]) => void,
  ) {
    this.#cancellation = options.cancellation ?? new Cancellation();
    this.result = this.#run(prepared, options, onCode).finally(() => {
      this.#isOver = true;
      this.#wake();
    });
  }

  cancel(): void {
    this.#cancellation.interrupt('user');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PipelineEvent, void, void> {
    this.result.catch(() => {}); // the loop throws the same
    let isRead = false;
    try {
      for (;;) {
        const event = this.#events.shift();
        if (event !== undefined) yield event;
        else if (this.#isOver) break;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      isRead = true;
      await this.result;
    } finally {
      if (!isRead) {
        this.cancel();
        await this.result.catch(() => {});
      }
    }
  }

  async #run(
    prepared: Promise<PreparedRun>,
    options: RunOptions & CommandOptions,
    onCode: (codes: readonly ProgramCode[]) => void,
  ): Promise<EndedRun> {
    const startedAt = options.startedAt ?? Date.now();
    const { signal, detach = false } = options;
    const cancel = () => this.cancel();
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    const ends = new RunEnds();
    const listeners = new RunListeners({
      event: (event) => this.#receive(event, ends),
      close: () => {},
    });
    const cancellation = this.#cancellation;
    try {
      const { selection, places, abandoned } = await prepared;
      // The memory of runs compares times of files too.
      if (options.rehash === true) forgetAll(selection.root);
      const run = await makeExecution(selection, options, {
        reporter: listeners,
        cancellation,
        places,
        ...(options.command !== undefined && { command: options.command }),
        step: options.step,
        startedAt,
      });
      const warn = (message: string) => run.emit({ type: 'warning', message, time: Date.now() });
      listeners.add(new EventFile(run.folder.events, warn));
      const { stages, publisher, folder, host, workspace } = run;
      const { pipeline, pending } = selection;
      const { store } = workspace;
      const report = new ReportWriter({
        pipeline,
        stages,
        pending,
        publisher,
        store,
        ledger: workspace.ledger,
        run: folder,
        host,
        warn,
      });
      listeners.add(report);
      if (detach) cancellation.detaches = true;
      for (const { path, owner } of abandoned) await publisher.takeOver(path, owner);
      const { beginsAnew } = await runStages(run, selection, {
        cancellation,
        report,
        detach,
        isRepeatable: options.isRepeatable ?? false,
        prepare: async (grown) => {
          const further = await prepareRun(grown, options);
          for (const { path, owner } of further.abandoned) await publisher.takeOver(path, owner);
        },
        memory: memoryOf(selection.root, options),
      });
      onCode((await run.workspace.loadedCode?.all()) ?? []);
      return { ...ends.result(selection.root), beginsAnew };
    } finally {
      signal?.removeEventListener('abort', cancel);
      listeners.close();
    }
  }

  #receive(event: RunEvent, ends: RunEnds): void {
    ends.receive(event);
    this.#events.push(withReasons(event));
    this.#wake();
  }
}

/** Where a run that left nothing to do is remembered, and how its pipeline was found. */
function memoryOf(
  root: string,
  { remembers, command }: CommandOptions,
): RunStagesOptions['memory'] {
  if (remembers === undefined || command === undefined) return undefined;
  return { file: memoryFile(root, command.cwd, command.argv), found: remembers };
}

/** Gathers from the events of a run how it and its stages ended. */
class RunEnds {
  readonly #stages = new Map<string, StageResult>();
  #end: Extract<RunEvent, { readonly type: 'run-finished' }> | undefined;

  receive(event: RunEvent): void {
    if (event.type === 'run-finished') this.#end = event;
    if (event.type !== 'stage-finished') return;
    const { stage, outcome, seconds, message } = event;
    this.#stages.set(stage, { outcome, seconds, ...(message !== undefined && { message }) });
  }

  result(root: string): RunResult {
    if (this.#end === undefined) throw new Error('Internal error: the run has not ended');
    const { run, ok, interrupted, report, seconds } = this.#end;
    return {
      run,
      ok,
      interrupted,
      stages: Object.fromEntries(this.#stages),
      ...(report !== undefined && { report: join(root, report) }),
      seconds,
    };
  }
}
