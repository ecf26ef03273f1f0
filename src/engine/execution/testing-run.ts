import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage, StageName } from '../config/pipeline.ts';
import { TestProject, value } from '../config/testing-kinds.ts';
import type { RunEvent, StageEvent } from '../events.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { Graph } from '../graph/graph.ts';
import type { Workspace } from '../plan/examine.ts';
import { Lender } from '../publishing/lender.ts';
import { Publisher } from '../publishing/publish.ts';
import { Ledger } from '../seals/ledger.ts';
import { LocalStore } from '../store/local-store.ts';
import { UnsharedStore } from '../store/unshared-store.ts';
import { Admission } from './admission.ts';
import { execute } from './execute.ts';
import type { Execution } from './execution.ts';
import { localPlace } from './local-place.ts';
import { IdleWorkers } from './processes/idle-workers.ts';
import type { ProcessEnd, ProcessJob } from './processes/run-and-stop.ts';
import type { StageOutcome } from './stage-outcome.ts';

/** What a stage does instead of a process. Undefined stands for success. */
export type FakeProcess = (
  job: ProcessJob,
) => ProcessEnd | undefined | Promise<ProcessEnd | undefined>;

export interface TestRunOptions {
  readonly force?: readonly string[];
  readonly twice?: readonly string[];
  readonly failFast?: boolean;
  /** How many stages may run at once; by default one. */
  readonly slots?: number;
  /** Changes stages before they run. */
  readonly change?: (stage: Stage) => Stage;
  readonly signal?: AbortSignal;
  readonly kill?: AbortSignal;
}

/**
 * A project whose stages of the kind `command` are fakes, each found by its `run` setting. Removed
 * with `using`.
 */
export class FakedProject extends TestProject {
  readonly store: LocalStore;
  #runs = 0;

  constructor(yaml: string, files: Readonly<Record<string, string>> = {}) {
    super({ 'pipelines/p.yaml': yaml, ...files });
    this.store = new LocalStore(this.root);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** A run with these processes. */
  async run(
    processes: Readonly<Record<string, FakeProcess>>,
    options: TestRunOptions = {},
  ): Promise<EndedRun> {
    const pipeline = value(await this.load());
    const { change = (stage) => stage, signal = never, kill = never, slots = 1 } = options;
    const graph = new Graph({ ...pipeline, stages: pipeline.stages.map(change) });
    const digests = new DigestIndex(this.store.folder);
    const named = (names: readonly string[] = []) => new Set(names as readonly StageName[]);
    const forced = named([...(options.force ?? []), ...(options.twice ?? [])]);
    const twice = named(options.twice);
    const { store } = this;
    const workspace: Workspace = {
      pipeline,
      graph,
      env: process.env,
      store: new UnsharedStore(store),
      digests,
      ledger: new Ledger(this.root),
      forced,
      listings: new Map(),
      backend: undefined,
      backends: [],
    };
    const stop = new AbortController();
    const host = { restage: '1.0.0', gitCommit: undefined };
    const events: RunEvent[] = [];
    this.#runs += 1;
    const signals = { signal: AbortSignal.any([signal, stop.signal]), kill };
    const run: Execution = {
      workspace,
      twice,
      host,
      working: new Map(),
      startedAt: Date.now(),
      checkReads: false,
      numbersOf: () => ({}),
      signal: signals.signal,
      publisher: new Publisher(this.root, store, digests),
      stages: graph.order.map((name) => graph.stage(name)),
      folder: store.startRun(`run-${this.#runs}`, pipeline.name),
      place: localPlace({
        host,
        ...signals,
        writeResult: (result) => store.writeResult(result),
        lender: new Lender(store),
        checkReads: false,
        modules: new Map(),
        idle: new IdleWorkers({ workers: 0, memory: 0 }),
        admission: new Admission({ cpu: slots, gpu: 0, memory: 0 }, slots),
        runProcess: async (job) =>
          (await processes[String(job.request.settings['run'])]!(job)) ?? {
            ok: true,
            contained: true,
          },
      }),
      onFailure: () => {
        if (options.failFast === true) stop.abort(new Error('stopped'));
      },
      emit: (event) => events.push(event),
    };
    try {
      return new EndedRun(await execute(run), events, run);
    } finally {
      await run.place.close();
    }
  }
}

const never = new AbortController().signal;

/** A run that ended, with what it emitted. */
export class EndedRun {
  readonly outcomes: ReadonlyMap<StageName, StageOutcome>;
  readonly events: readonly RunEvent[];
  readonly run: Execution;

  constructor(
    outcomes: ReadonlyMap<StageName, StageOutcome>,
    events: readonly RunEvent[],
    run: Execution,
  ) {
    this.outcomes = outcomes;
    this.events = events;
    this.run = run;
  }

  /** How each stage ended, in a word. */
  get words(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.outcomes].map(([name, { outcome }]) => [name, outcome]));
  }

  outcome(stage: string): StageOutcome {
    return this.outcomes.get(stage as StageName)!;
  }

  /** The message of a stage that is not done. */
  message(stage: string): string {
    const outcome = this.outcome(stage);
    return 'message' in outcome ? outcome.message : 'done';
  }

  /** The events of a stage, by type and text where there is one. */
  of(stage: string): readonly string[] {
    return this.events.flatMap((event) => {
      if (!('stage' in event) || event.stage !== stage) return [];
      return [`${event.type}${describe(event)}`];
    });
  }
}

function describe(event: StageEvent): string {
  if ('message' in event && event.message !== undefined) return `: ${event.message}`;
  if ('text' in event) return `: ${event.text}`;
  if ('for' in event) return `: ${event.for}`;
  if ('progress' in event) return `: ${event.progress.done}/${event.progress.total}`;
  if ('attempt' in event) return `: ${event.attempt} of ${event.attempts}`;
  if ('decision' in event) return `: ${event.decision.state}`;
  if ('outcome' in event) return `: ${event.outcome}`;
  return '';
}

/** A process that writes a text to each of its outputs. */
export const writes =
  (text: string): FakeProcess =>
  ({ request }) => {
    for (const path of Object.values(request.outputs)) writeFileSync(path, text);
    return undefined;
  };
