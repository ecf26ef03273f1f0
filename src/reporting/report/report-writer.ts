import { join } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import { reportPath } from '../../engine/config/files/pipeline-name.ts';
import type { Pipeline, Stage, StageName } from '../../engine/config/pipeline.ts';
import type { Reporter, RunEvent } from '../../engine/events.ts';
import { describeReasons } from '../../engine/plan/describe-decision.ts';
import type { Publisher } from '../../engine/publishing/publish.ts';
import { readReportRecord, writeReportRecord } from '../../engine/store/report-record.ts';
import type { RunFolder } from '../../engine/store/run-folder.ts';
import type { CurvePoint, Progress } from '../../stage.ts';
import { type Budgets, isExceeded, pageBudgets } from './budget.ts';
import { describeChanges, describeLog, describeOutputs, describePlanned, describeRecord } from './describe-stage.ts';
import { PageSchedule } from './page-schedule.ts';
import { renderReport } from './render-report.ts';
import type { ReportModel, ReportStage } from './report-model.ts';
import { runFacts } from './run-facts.ts';
import { drawStages } from './stage-graph.ts';

export interface ReportOptions {
  readonly pipeline: Pipeline;
  /** Those that the run was asked for. */
  readonly stages: readonly Stage[];
  readonly publisher: Publisher;
  readonly run: RunFolder;
  readonly host: { readonly restage: string; readonly gitCommit: string | undefined };
  /** Told once, why the page cannot be written: no reason for the run to fail. */
  readonly warn: (message: string) => void;
}

/** The least milliseconds between two pages, and of progress alone. */
const pause = 1_000;
const progressPause = 10_000;

/** What is known of a stage from the events so far. */
interface Seen {
  state: ReportStage['state'];
  reasons: readonly string[];
  seconds: number;
  message?: string;
  progress?: Progress;
  readonly points: CurvePoint[];
  readonly warnings: string[];
  /** Which result it stood on before this run. */
  before?: Digest | undefined;
  end?: Extract<RunEvent, { type: 'stage-finished' }>;
  /** What a finished stage is shown as; made once. */
  shown?: ReportStage;
}

/**
 * Keeps the page of a run, `artifacts/<pipeline>/report.html`, as it goes on: events go in, now and then a page comes out,
 * and the last one at `finish`. A run that found everything in place leaves the page alone, if it still shows just that.
 */
export class ReportWriter implements Reporter {
  readonly #options: ReportOptions;
  readonly #path: string;
  readonly #seen: ReadonlyMap<StageName, Seen>;
  #budgets: Budgets = pageBudgets();
  readonly #warnings: { stage?: string; message: string }[] = [];
  #finals: readonly string[] = [];
  #startedAt = 0;
  readonly #schedule = new PageSchedule(() => this.#renew());

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#path = reportPath(options.pipeline.name);
    this.#seen = new Map(
      options.stages.map(({ name }) => [
        name,
        { state: 'waiting', reasons: [], seconds: 0, points: [], warnings: [] } as Seen,
      ]),
    );
  }

  event(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        this.#startedAt = event.time;
        this.#finals = event.finals ?? [];
        return;
      case 'warning':
        this.#warnings.push({ ...(event.stage !== undefined && { stage: event.stage }), message: event.message });
        return;
      case 'stage-decided': {
        const seen = this.#of(event.stage);
        seen.reasons = describeReasons(event.decision);
        const { cache } = this.#options.publisher;
        seen.before = cache.readLatest(this.#options.pipeline.name, event.stage);
        return;
      }
      case 'stage-started':
        Object.assign(this.#of(event.stage), { state: 'running', points: [] });
        this.#schedule.ask(pause);
        return;
      case 'stage-progress':
        this.#of(event.stage).progress = event.progress;
        this.#schedule.ask(progressPause);
        return;
      case 'stage-point':
        this.#of(event.stage).points.push(event.point);
        this.#schedule.ask(pause);
        return;
      case 'stage-finished': {
        const seen = this.#of(event.stage);
        Object.assign(seen, { state: event.outcome, seconds: event.seconds, end: event });
        if (event.message !== undefined) seen.message = event.message;
        if (event.outcome !== 'up to date') this.#schedule.ask(pause);
      }
    }
  }

  close(): void {
    this.#schedule.stop();
  }

  /** Writes the last page, unless the one that is there shows the same. The answer is its absolute path, if it is there. */
  async finish(interrupted: boolean): Promise<string | undefined> {
    this.close();
    await this.#schedule.settled();
    try {
      if (!(await this.#isUpToDate())) await this.#write(this.#endState(interrupted));
      return join(this.#options.pipeline.root, this.#path);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #of(stage: StageName): Seen {
    const seen = this.#seen.get(stage);
    if (seen === undefined) throw new Error(`Internal error: an event of ${stage}, which the run was not asked for`);
    return seen;
  }

  #endState(interrupted: boolean): ReportModel['state'] {
    const ok = [...this.#seen.values()].every(
      ({ state }) => state === 'ran' || state === 'restored' || state === 'up to date',
    );
    return interrupted ? 'interrupted' : ok ? 'succeeded' : 'failed';
  }

  async #renew(): Promise<void> {
    try {
      await this.#write('running');
    } catch (error) {
      this.close();
      this.#fail(error);
    }
  }

  /** Whatever is amiss with a page, the work is worth more: it goes on. */
  #fail(error: unknown): void {
    this.#options.warn(`the report ${this.#path} could not be written: ${(error as Error).message}`);
  }

  async #isUpToDate(): Promise<boolean> {
    const { pipeline, publisher } = this.#options;
    if (![...this.#seen.values()].every(({ state }) => state === 'up to date')) return false;
    const record = readReportRecord(publisher.cache.folder, pipeline.name);
    if (record?.complete !== true || record.header !== this.#header()) return false;
    for (const stage of this.#options.stages) {
      const { name } = stage;
      if (record.results[name] !== publisher.cache.readLatest(pipeline.name, name)) return false;
      if (record.planned?.[name] !== this.#planned(stage)) return false;
    }
    return (await publisher.look(this.#path)) === 'ours';
  }

  #header(): Digest {
    const { description, file } = this.#options.pipeline;
    return sha256(JSON.stringify({ description, file }));
  }

  #planned(stage: Stage): Digest {
    return sha256(JSON.stringify(describePlanned(stage, this.#path)));
  }

  async #write(state: ReportModel['state']): Promise<void> {
    const { pipeline, publisher } = this.#options;
    const { cache } = publisher;
    if (state === 'running' && !this.#schedule.hasBegun) {
      writeReportRecord(cache.folder, pipeline.name, { complete: false, results: {} });
    }
    const page = renderReport(await this.#model(state));
    const { displaced } = await publisher.publishText(page, this.#path, {
      pipeline: pipeline.name,
      stage: 'report',
      port: 'page',
    });
    if (displaced !== undefined) {
      this.#options.warn(`${this.#path} held something that Restage did not put there: it was moved to ${displaced}`);
    }
    if (state === 'running') return;
    const results = [...this.#seen.keys()].flatMap((name) => {
      const digest = cache.readLatest(pipeline.name, name);
      return digest === undefined ? [] : [[name, digest] as const];
    });
    writeReportRecord(cache.folder, pipeline.name, {
      complete: state === 'succeeded',
      results: Object.fromEntries(results),
      header: this.#header(),
      planned: Object.fromEntries(this.#options.stages.map((stage) => [stage.name, this.#planned(stage)])),
    });
  }

  async #model(state: ReportModel['state']): Promise<ReportModel> {
    const { pipeline, stages, run } = this.#options;
    if (state !== 'running' && isExceeded(this.#budgets)) this.#shareAnew();
    const described = stages.map((stage) => this.#describe(stage));
    const graph = await drawStages(stages, (name) => this.#of(name as StageName).state);
    return {
      pipeline: pipeline.name,
      ...(pipeline.description !== undefined && { description: pipeline.description }),
      file: pipeline.file,
      run: run.id,
      state,
      startedAt: this.#startedAt,
      writtenAt: Date.now(),
      stages: described,
      notAsked: pipeline.stages.filter((stage) => !stage.onDemand && !stages.includes(stage)).length,
      ...(graph !== undefined && { graph }),
      finals: this.#finals,
      warnings: this.#warnings,
      facts: runFacts(this.#options, described),
    };
  }

  /** While the run went on, what was done first took its room first; in the end, what the run was for does. */
  #shareAnew(): void {
    this.#budgets = pageBudgets();
    for (const seen of this.#seen.values()) delete seen.shown;
    const stages = new Map(this.#options.stages.map((stage) => [stage.name as string, stage]));
    for (const name of this.#finals) {
      const stage = stages.get(name);
      if (stage !== undefined) this.#describe(stage);
    }
  }

  #describe(stage: Stage): ReportStage {
    const seen = this.#of(stage.name);
    if (seen.shown !== undefined) return seen.shown;
    const { state, reasons, seconds, message, progress, points, end } = seen;
    const planned = describePlanned(stage, this.#path);
    const described: ReportStage = {
      ...planned,
      state,
      reasons,
      seconds,
      ...(message !== undefined && { message }),
      highlights: end?.highlights ?? [],
      warnings: [],
      record: [],
      ...(progress !== undefined && { progress }),
      points,
    };
    if (end === undefined) return described;
    seen.shown = { ...described, ...this.#describeEnd(stage, seen, planned.outputs) };
    return seen.shown;
  }

  /** What is known of a stage that has ended, from its result where it has one. */
  #describeEnd(stage: Stage, { state, before }: Seen, outputs: ReportStage['outputs']): Partial<ReportStage> {
    const { pipeline, publisher, run } = this.#options;
    const { cache } = publisher;
    const isDone = state === 'ran' || state === 'restored' || state === 'up to date';
    const latest = isDone ? cache.readLatest(pipeline.name, stage.name) : undefined;
    const result = latest === undefined ? undefined : cache.readResult(latest);
    const last = before === undefined ? undefined : before === latest ? result : cache.readResult(before);
    const log = describeLog(stage, result, cache, run, this.#budgets);
    return {
      ...(log !== undefined && { log }),
      ...(isDone && { outputs: describeOutputs(outputs, pipeline.root, this.#budgets) }),
      ...(result !== undefined && {
        warnings: result.record.warnings,
        record: describeRecord(result.record),
        ...(last !== undefined && { changes: describeChanges(last, result, stage) }),
      }),
    };
  }
}
