import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readChoice } from '../../choice-file.ts';
import { type Digest, sha256 } from '../../digest.ts';
import { slug } from '../../engine/config/file-names.ts';
import type { PendingStage, Pipeline, Stage, StageName } from '../../engine/config/pipeline.ts';
import { reportPath } from '../../engine/config/published-paths.ts';
import type { RunEvent } from '../../engine/events.ts';
import { inCache } from '../../engine/files/cache-paths.ts';
import { readJson, writeJson } from '../../engine/files/write-atomic.ts';
import type { Publisher } from '../../engine/publishing/publish.ts';
import type { Ledger } from '../../engine/seals/ledger.ts';
import { lookHistory } from '../../engine/seals/ledger-lines.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import type { Store } from '../../engine/store/store.ts';
import type { Json } from '../../json.ts';
import { isOfTestSplit } from '../../learning/metrics/reported-split.ts';
import {
  emptyRun,
  endState,
  isDone,
  type RunListener,
  type RunModel,
  stageNamed,
} from '../run-model.ts';
import {
  describeChanges,
  describeLog,
  describePending,
  describePlanned,
  describeStage,
  type PlannedStage,
  type StageContent,
} from './describe-stage.ts';
import { isSelection, lateSelections } from './late-selections.ts';
import { PageRoom } from './page-room.ts';
import { leastPauses, PageSchedule } from './page-schedule.ts';
import { renderReport } from './render-report.ts';
import type {
  ReportModel,
  ReportOutput,
  ReportStage,
  RunSelections,
  SealedLook,
  Setting,
} from './report-model.ts';
import { publishedFiles, showArtifact } from './show-artifact.ts';
import { drawStages } from './stage-graph.ts';
import { sweepsOf } from './sweep-tables.ts';

/** The candidate that filled a slot: its settings, and its name. */
interface FilledSlot {
  readonly settings: readonly Setting[];
  readonly slot: string;
}

/** The stages that a page shows. */
interface ShownStages {
  readonly pipeline: Pipeline;
  readonly stages: readonly Stage[];
  /** Those that a list will make known. */
  readonly pending: readonly PendingStage[];
}

interface ReportOptions extends ShownStages {
  readonly publisher: Publisher;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly run: RunFolder;
  readonly host: { readonly restage: string; readonly gitCommit: string | undefined };
  /** Told why the page cannot be written, which does not fail the run. */
  readonly warn: (message: string) => void;
}

/**
 * What the page of a pipeline's last run shows, so that an idle run knows whether the page is still
 * right.
 */
interface ReportRecord {
  /** Whether the run has ended and everything in it succeeded. */
  readonly complete: boolean;
  readonly results: Readonly<Record<string, Digest>>;
  /** Digests of what no result holds, such as descriptions, of the pipeline and by stage. */
  readonly header?: Digest;
  readonly planned?: Readonly<Record<string, Digest>>;
}

/**
 * Writes a run's page, `artifacts/<pipeline>/report.html`, as its events come. An idle run leaves a
 * page that is right, and a run that failed before any stage began leaves the page of the last one.
 */
export class ReportWriter implements RunListener {
  #options: ReportOptions;
  readonly #path: string;
  readonly #recordFile: string;
  #run = emptyRun;
  #room = new PageRoom();
  /** The latest result of each stage before this run. */
  readonly #before = new Map<StageName, Digest | undefined>();
  /** Descriptions of finished stages, each made once. */
  readonly #described = new Map<StageName, ReportStage>();
  readonly #schedule = new PageSchedule(() => this.#renew());

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#path = reportPath(options.pipeline.name);
    this.#recordFile = inCache(
      options.store.local.folder,
      'reports',
      `${slug(options.pipeline.name)}.json`,
    );
  }

  event(event: RunEvent, run: RunModel): void {
    this.#run = run;
    const { pipeline, store } = this.#options;
    const { type } = event;
    const isFinished = type === 'stage-finished' && event.outcome !== 'up to date';
    if (type === 'stage-progress') this.#schedule.ask(leastPauses.progress);
    else if (isFinished || type === 'stage-started' || type === 'stage-point')
      this.#schedule.ask(leastPauses.change);
    else if (type === 'stage-decided')
      this.#before.set(event.stage, store.local.readLatest(pipeline.name, event.stage));
  }

  /** How many stages of the pipeline nobody asked for. */
  get notAsked(): number {
    const { pipeline, stages } = this.#options;
    return pipeline.stages.filter((stage) => !stage.onDemand && !stages.includes(stage)).length;
  }

  /** Shows the stages of a run that continues with further ones. */
  follow({ pipeline, stages, pending }: ShownStages): void {
    this.#options = { ...this.#options, pipeline, stages, pending };
    this.#schedule.ask(leastPauses.change);
  }

  close(): void {
    this.#schedule.stop();
  }

  /**
   * Writes the last page, unless the one that is there shows the same. Returns its absolute path;
   * undefined where it failed, or where the run has nothing to show instead of the last page.
   */
  async finish(): Promise<string | undefined> {
    this.close();
    await this.#schedule.settled();
    const state = endState(this.#run.stages.flatMap(({ end }) => end ?? []));
    try {
      if (!this.#hasBegun && (state === 'failed' || state === 'interrupted')) {
        const { publisher } = this.#options;
        if ((await publisher.look(this.#path)) === 'ours') return undefined;
      }
      if (!(await this.#isUpToDate())) await this.#write(state);
      return join(this.#options.pipeline.root, this.#path);
    } catch (error) {
      this.#options.warn(
        `The report ${this.#path} could not be written: ${(error as Error).message}`,
      );
      return undefined; // a page that cannot be written must not fail the run
    }
  }

  /** Whether a stage began or was restored, so that there is something new to show. */
  get #hasBegun(): boolean {
    return this.#run.stages.some(
      ({ attempt, state }) => attempt !== undefined || state === 'restored',
    );
  }

  async #renew(): Promise<void> {
    if (!this.#hasBegun) return;
    try {
      await this.#write('running');
    } catch {
      this.close(); // the last page is tried all the same, and its failure is told
    }
  }

  async #isUpToDate(): Promise<boolean> {
    const { pipeline, publisher, store } = this.#options;
    if (!this.#run.stages.every(({ state }) => state === 'up to date')) return false;
    const record = readJson<ReportRecord>(this.#recordFile);
    if (record?.complete !== true || record.header !== this.#header()) return false;
    for (const stage of this.#options.stages) {
      const { name } = stage;
      if (record.results[name] !== store.local.readLatest(pipeline.name, name)) return false;
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
    const { pipeline, publisher, run, store } = this.#options;
    const record = (made: ReportRecord) => writeJson(this.#recordFile, made);
    if (state === 'running' && !this.#schedule.hasBegun) record({ complete: false, results: {} });
    const model = await this.#model(state);
    const page = renderReport(model);
    const owner = { pipeline: pipeline.name, stage: 'report', port: 'page' };
    const { displaced } = await publisher.publishText(page, this.#path, owner);
    if (displaced !== undefined) {
      this.#options.warn(
        `${this.#path} held something that Restage did not put there: it was moved to ${displaced}`,
      );
    }
    if (state === 'running') return;
    const { sweeps, lateSelections, looks = [] } = model;
    // They follow from the pipeline's file, which may have changed when the run is looked at again.
    if (sweeps.length + lateSelections.length + looks.length > 0 && existsSync(run.path))
      writeJson(run.selections, { sweeps, lateSelections, looks });
    const results = this.#run.stages.flatMap(({ name }) => {
      const digest = store.local.readLatest(pipeline.name, name);
      return digest === undefined ? [] : [[name, digest] as const];
    });
    record({
      complete: state === 'succeeded',
      results: Object.fromEntries(results),
      header: this.#header(),
      planned: Object.fromEntries(
        this.#options.stages.map((stage) => [stage.name, this.#planned(stage)]),
      ),
    });
  }

  async #model(state: ReportModel['state']): Promise<ReportModel> {
    const { pipeline, stages, pending, run } = this.#options;
    if (state !== 'running' && this.#room.isExceeded) this.#shareAgain();
    const known = stages.map((stage) => this.#describe(stage));
    const described = [...known, ...pending.map((node) => this.#describePending(node))];
    const states = new Map(described.map(({ name, state }) => [name, state]));
    return {
      pipeline: pipeline.name,
      description: pipeline.description,
      run: run.id,
      state,
      startedAt: this.#run.startedAt,
      seconds: run.readRecord()?.seconds ?? (Date.now() - this.#run.startedAt) / 1000,
      writtenAt: Date.now(),
      stages: described,
      notAsked: this.notAsked,
      graph: await drawStages([...stages, ...pending], (name) => states.get(name)!),
      finals: this.#run.finals,
      ...(state === 'running' ? { sweeps: [], lateSelections: [] } : this.#selections(described)),
      ...(state !== 'running' && { looks: this.#looks() }),
      warnings: this.#run.warnings,
      facts: runFacts(this.#options, described),
    };
  }

  #selections(described: readonly ReportStage[]): RunSelections {
    const { pipeline, stages, store } = this.#options;
    if (!stages.some((stage) => isSelection(stage) || stage.slot !== undefined))
      return { sweeps: [], lateSelections: [] };
    const recordOf = (stage: string) => {
      const digest = store.local.readLatest(pipeline.name, stage as StageName);
      return digest === undefined ? undefined : store.readResult(digest)?.record;
    };
    const choiceOf = (stage: string) => {
      const path = stages
        .find(({ name }) => name === stage)
        ?.outputs.find(({ type }) => type === 'choice')?.path;
      return path === undefined ? undefined : readChoice(readJson<Json>(join(pipeline.root, path)));
    };
    const madeAt = (stage: string) => {
      const record = recordOf(stage);
      const began = record && Date.parse(record.startedAt);
      return began === undefined ? undefined : { began, ended: began + 1000 * record!.seconds };
    };
    const now = described.flatMap(({ name, outputs }) => {
      const isTested = outputs.some(
        ({ preview }) =>
          preview?.as === 'metrics' && preview.metrics.some(({ name }) => isOfTestSplit(name)),
      );
      return isTested ? [{ stage: name, at: madeAt(name)?.ended ?? Number.POSITIVE_INFINITY }] : [];
    });
    const before = store.local.runsOf(pipeline.name).flatMap((run) => {
      const record = run.readRecord();
      const at = record && Date.parse(record.startedAt) + 1000 * record.seconds;
      return Object.entries(record?.stages ?? {}).flatMap(([stage, { metrics = {} }]) =>
        Object.keys(metrics).some(isOfTestSplit) ? [{ stage, at: at! }] : [],
      );
    });
    return {
      sweeps: sweepsOf({ stages, choiceOf, secondsOf: (stage) => recordOf(stage)?.seconds }),
      lateSelections: lateSelections(stages, madeAt, [...now, ...before]),
    };
  }

  /** The looks behind the results that the page shows. */
  #looks(): readonly SealedLook[] {
    const { pipeline, stages, store, ledger } = this.#options;
    const { lines } = ledger;
    if (lines.length === 0) return [];
    return stages.flatMap(({ name }): SealedLook[] => {
      const result = store.local.readLatest(pipeline.name, name);
      const look = result === undefined ? undefined : lookHistory(lines, result);
      if (look === undefined) return [];
      const of = look.seals.map(({ event }) => `${event.part} of ${event.of}`);
      return [{ stage: name, line: look.line, before: look.before, of }];
    });
  }

  /**
   * During a run, stages take room in the order they end; on the last page, requested stages first.
   */
  #shareAgain(): void {
    this.#room = new PageRoom();
    this.#described.clear();
    const stages = new Map(this.#options.stages.map((stage) => [stage.name, stage]));
    for (const stage of this.#run.finals.flatMap((name) => stages.get(name) ?? []))
      this.#describe(stage);
  }

  #describePending(node: PendingStage): ReportStage {
    const model = stageNamed(this.#run, node.name)!;
    return describeStage(model, { ...describePending(node), result: undefined });
  }

  #describe(stage: Stage): ReportStage {
    const known = this.#described.get(stage.name);
    if (known !== undefined) return known;
    const model = stageNamed(this.#run, stage.name)!;
    const planned = describePlanned(stage, this.#path);
    if (model.end === undefined) return describeStage(model, { ...planned, result: undefined });
    const described = describeStage(model, this.#contentAfter(stage, isDone(model), planned));
    this.#described.set(stage.name, described);
    return described;
  }

  /** What the page shows of a stage that has ended; a failed one has no outputs of this run. */
  #contentAfter(stage: Stage, done: boolean, planned: PlannedStage): StageContent {
    const { pipeline, run, store } = this.#options;
    const before = this.#before.get(stage.name);
    const latest = done ? store.local.readLatest(pipeline.name, stage.name) : undefined;
    const result = latest && store.readResult(latest);
    const last = before && (before === latest ? result : store.readResult(before));
    const log = describeLog(stage.name, result, { store: store.local, run, room: this.#room });
    return {
      ...planned,
      ...this.#filledSlot(stage, result),
      outputs: done ? planned.outputs.map((output) => this.#showOutput(output)) : planned.outputs,
      log,
      result,
      changes:
        result && last && describeChanges(last.fingerprint, result.fingerprint, stage.defaultOf),
    };
  }

  #showOutput(output: ReportOutput): ReportOutput {
    const files = publishedFiles(join(this.#options.pipeline.root, output.path));
    return { ...output, preview: showArtifact(output.type, files, this.#room) };
  }

  /** The settings of the candidate that filled a stage's slot, and its name. */
  #filledSlot({ slot, ...stage }: Stage, result: StageResult | undefined): FilledSlot | undefined {
    if (slot === undefined) return undefined;
    const settings = JSON.stringify(result?.fingerprint.settings);
    for (const [name, candidate] of slot.candidates) {
      if (JSON.stringify(candidate.keyedSettings) !== settings) continue;
      return {
        settings: describePlanned({ ...stage, ...candidate }, this.#path).settings,
        slot: `slot ${slot.index + 1}: ${slot.axes.at(-1)} ${name}`,
      };
    }
    return undefined;
  }
}

function runFacts(
  { host, pipeline, run }: ReportOptions,
  stages: readonly ReportStage[],
): ReportModel['facts'] {
  const noted = (name: string) => {
    const values = stages.flatMap(({ record }) =>
      record.filter(([key]) => key === name).map(([, value]) => value),
    );
    return values.length > 0 ? [[name, [...new Set(values)].join(', ')] as const] : [];
  };
  return [
    ['pipeline', pipeline.file],
    ['run', run.id],
    ['git commit', host.gitCommit ?? 'not a git checkout'],
    ['Restage', host.restage],
    ['Node', process.version],
    ['host', `${hostname()}, ${process.platform} ${process.arch}`],
    ...['backend', 'onnxruntime-node', '@tensorflow/tfjs'].flatMap(noted),
  ];
}
