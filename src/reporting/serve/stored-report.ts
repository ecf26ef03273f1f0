import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { StageName } from '../../engine/config/pipeline.ts';
import { readableAs } from '../../engine/files/readable-as.ts';
import { readJson } from '../../engine/files/write-atomic.ts';
import type { Fingerprint } from '../../engine/fingerprint/fingerprint.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { RunRecord } from '../../engine/store/runs/run-record.ts';
import type { StageResult, StoredArtifact } from '../../engine/store/stage-result.ts';
import { groupBy } from '../../group-by.ts';
import type { JsonObject } from '../../json.ts';
import { comparableResults, effectiveSettings, type FillDefaults } from '../effective-settings.ts';
import {
  describeChanges,
  describeLog,
  describeStage,
  flatten,
  type StageContent,
} from '../report/describe-stage.ts';
import { PageRoom } from '../report/page-room.ts';
import type {
  ReportModel,
  ReportOutput,
  ReportStage,
  RunSelections,
  Setting,
} from '../report/report-model.ts';
import { showArtifact } from '../report/show-artifact.ts';
import { drawStages } from '../report/stage-graph.ts';
import type { RunModel, StageModel } from '../run-model.ts';
import { runSecondsLeft } from '../run-time-left.ts';
import type { RunState } from '../states.ts';
import { usageCurves } from '../usage-curves.ts';
import { type Results, resultDigest } from './run-results.ts';
import { type Objects, whyGone } from './stored-objects.ts';

/** The sources of a stored run's page. */
export interface ReportSources {
  readonly store: LocalStore;
  readonly results: Results;
  readonly objects: Objects;
  readonly fill: FillDefaults;
}

/** How far a run is. `endedAt`: when a killed one ended, in milliseconds since the epoch. */
interface RunEnd {
  readonly state: RunState;
  readonly record: RunRecord | undefined;
  readonly endedAt: number | undefined;
}

const endless = Number.POSITIVE_INFINITY;

/**
 * The page of a run by its events, its record and what is left of its results. Each stage is
 * described once.
 */
export class StoredReport {
  readonly #sources: ReportSources;
  readonly #run: RunFolder;
  readonly #before: RunRecord | undefined;
  readonly #described = new Map<StageName, ReportStage>();
  readonly #room = new PageRoom({ charts: endless, images: endless, tables: endless });
  readonly #inputs = new Map<StageName, readonly Digest[]>();
  readonly #makers = new Map<
    Digest,
    { readonly from: 'stage'; readonly stage: string; readonly port: string }
  >();
  #drawn: { readonly states: string; readonly graph: ReportModel['graph'] } | undefined;

  /** `before` is the record of the pipeline's previous run, which shows what changed. */
  constructor(run: RunFolder, before: RunRecord | undefined, sources: ReportSources) {
    this.#run = run;
    this.#before = before;
    this.#sources = sources;
  }

  async model(model: RunModel, end: RunEnd): Promise<ReportModel> {
    const { state, record } = end;
    const stages = model.stages.map((stage) => this.#describe(stage, model, end));
    const { pipeline, description, run, startedAt, finals, warnings } = model;
    const { file, restage, gitCommit } = record ?? {};
    const facts = Object.entries({
      run,
      pipeline: file,
      Restage: restage,
      'git commit': gitCommit,
    });
    const endedAt = record === undefined ? end.endedAt : startedAt + 1000 * record.seconds;
    const writtenAt = endedAt ?? Date.now();
    return {
      pipeline,
      description,
      run,
      state,
      stages,
      startedAt,
      finals,
      warnings,
      notAsked: 0,
      facts: facts.filter((fact): fact is [string, string] => fact[1] !== undefined),
      seconds: Math.max(0, writtenAt - startedAt) / 1000,
      secondsLeft: state === 'running' ? this.#secondsLeft(stages, startedAt) : undefined,
      writtenAt,
      usage: usageCurves(this.#run.usage, { startedAt, isRunning: state === 'running' }),
      graph: await this.#draw(stages, model),
      sweeps: [],
      lateSelections: [],
      ...readJson<RunSelections>(this.#run.selections),
    };
  }

  #secondsLeft(stages: readonly ReportStage[], startedAt: number): number | undefined {
    const before = Object.entries(this.#before?.stages ?? {}).flatMap(([name, end]) =>
      end.outcome === 'ran' && end.seconds !== undefined ? [[name, end.seconds] as const] : [],
    );
    const timed = stages.map(({ name, state, seconds, progress }) => {
      return { name, state, seconds, secondsLeft: progress?.secondsLeft };
    });
    return runSecondsLeft(timed, new Map(before), (Date.now() - startedAt) / 1000);
  }

  /** Laid out again only when a state has changed. */
  async #draw(stages: readonly ReportStage[], model: RunModel): Promise<ReportModel['graph']> {
    const states = JSON.stringify(stages.map(({ name, state }) => [name, state]));
    if (this.#drawn?.states === states) return this.#drawn.graph;
    const planned = new Map(
      model.stages.map((stage) => [String(stage.name), stage.planned?.reads]),
    );
    const drawn = stages.map(({ name, kind }) => {
      const reads = planned.get(name);
      if (reads !== undefined) {
        const items = reads.map(({ stage, output }) => ({
          from: 'stage' as const,
          stage,
          port: output,
        }));
        return { name, kind, inputs: [{ items }] };
      }
      // The events of an older Restage do not say it, but the digests of inputs and outputs do.
      const items = (this.#inputs.get(name as StageName) ?? []).flatMap(
        (digest) => this.#makers.get(digest) ?? [],
      );
      return { name, kind, inputs: [{ items }] };
    });
    const stateOf = new Map(stages.map(({ name, state }) => [name, state]));
    const graph = await drawStages(drawn, (name) => stateOf.get(name)!);
    this.#drawn = { states, graph };
    return graph;
  }

  #describe(stage: StageModel, model: RunModel, { state, record }: RunEnd): ReportStage {
    const known = this.#described.get(stage.name);
    if (known !== undefined) return known;
    const { store, results } = this.#sources;
    const isOver = state !== 'running';
    const digest = resultDigest(store, this.#run, stage, { pipeline: model.pipeline, record });
    const result = results.read(digest);
    const attempt = this.#run.attempts(stage.name).at(-1)?.state;
    const isLost = digest !== undefined && result === undefined;
    const wasKilled = isOver && stage.state === 'running';
    const described = describeStage(stage, this.#contentOf(stage, result, attempt?.content));
    const page: ReportStage = {
      ...described,
      state: isOver && stage.end === undefined ? 'cancelled' : described.state,
      seconds: stage.end?.seconds ?? attempt?.end?.seconds ?? 0,
      message:
        described.message ?? (wasKilled ? 'The run was killed while this stage ran.' : undefined),
      warnings: [...described.warnings, ...this.#lost(result, isLost)],
    };
    if (isOver || stage.end !== undefined) this.#described.set(stage.name, page);
    return page;
  }

  /** `started` is what the last attempt was to make; a result that was removed leaves only that. */
  #contentOf(
    stage: StageModel,
    result: StageResult | undefined,
    started: Fingerprint | undefined,
  ): StageContent {
    const { store, fill } = this.#sources;
    const content = result?.fingerprint ?? started;
    return {
      kind: content?.kind ?? stage.planned?.kind ?? stage.attempt?.kind ?? '',
      settings: settingsIn(content?.settings ?? {}, result && effectiveSettings(result, fill)),
      inputs:
        content === undefined ? plannedInputs(stage) : this.#inputsOf(stage.name, content.inputs),
      outputs: this.#outputsOf(stage, result),
      changes: this.#changesOf(stage.name, result),
      log: describeLog(stage.name, result, { store, run: this.#run, room: this.#room }),
      result,
    };
  }

  /** Sentences on the outputs of a stage that the store no longer has. */
  #lost(result: StageResult | undefined, isLost: boolean): readonly string[] {
    if (isLost)
      return [
        '`restage gc` removed its result: only the numbers in the record of this run are left.',
      ];
    const { store } = this.#sources;
    const gone = Object.entries(result?.outputs ?? {}).filter(
      ([, artifact]) => !isWhole(store, artifact),
    );
    if (gone.length === 0) return [];
    const ports = `${gone.map(([port]) => port).join(', ')} ${gone.length > 1 ? 'are' : 'is'}`;
    return [
      result!.stored ? `${ports} not here: ${whyGone}.` : `${ports} not kept (cache: false).`,
    ];
  }

  #changesOf(stage: string, result: StageResult | undefined): ReportStage['changes'] {
    const digest = this.#before?.stages[stage]?.result;
    const before = digest === result?.digest ? result : this.#sources.results.read(digest);
    if (before === undefined || result === undefined) return undefined;
    return describeChanges(...comparableResults(before, result, this.#sources.fill));
  }

  #inputsOf(stage: StageName, inputs: StageResult['fingerprint']['inputs']): ReportStage['inputs'] {
    const digests = Object.values(inputs).flatMap((items) => items.map(({ digest }) => digest));
    this.#inputs.set(stage, digests);
    return Object.entries(inputs).map(([port, items]) => ({
      port,
      from: items.map(({ digest, name }) => {
        const maker = this.#makers.get(digest);
        return maker === undefined
          ? (name ?? `content ${digest.slice(0, 10)}`)
          : `${maker.stage}.${maker.port}`;
      }),
    }));
  }

  #outputsOf({ name, end }: StageModel, result: StageResult | undefined): readonly ReportOutput[] {
    const read = new Set(this.#inputs.get(name));
    return Object.entries(result?.outputs ?? {}).map(([port, artifact]): ReportOutput => {
      for (const digest of readableAs(artifact)) {
        if (!read.has(digest) && !this.#makers.has(digest))
          this.#makers.set(digest, { from: 'stage', stage: name, port });
      }
      const path = end?.outputs[port] ?? port;
      const { type, folder } = artifact;
      const files = this.#sources.objects.list(
        artifact,
        folder ? basename(path) : fileName(path, port, artifact),
      );
      return { port, type, path, href: files.href, preview: showArtifact(type, files, this.#room) };
    });
  }
}

/** What a stage will read, before its inputs are there. */
const plannedInputs = ({ planned }: StageModel): ReportStage['inputs'] =>
  Array.from(
    groupBy(planned?.reads ?? [], ({ port }) => port),
    ([port, reads]) => ({ port, from: reads.map(({ stage, output }) => `${stage}.${output}`) }),
  );

/** All settings by their path, where they are known; those of `keyed` differ from their default. */
function settingsIn(keyed: JsonObject, all: JsonObject = keyed): readonly Setting[] {
  const written = new Set(flatten(keyed).map(([path]) => path));
  return flatten(all).map(([path, value]) => ({ path, value, written: written.has(path) }));
}

/**
 * The name of a single file, which a store does not keep: from its published path, or from its
 * type.
 */
export function fileName(path: string, port: string, { type }: StoredArtifact): string {
  if (/\.[^./]+$/.test(path)) return basename(path);
  const extension =
    { table: '.csv', scores: '.csv', metrics: '.json', history: '.json' }[type as string] ?? '';
  return `${port}${extension}`;
}

const isWhole = (store: LocalStore, { files }: StoredArtifact): boolean => {
  const [first] = files;
  return (
    first === undefined ||
    statSync(store.objectPath(first.digest), { throwIfNoEntry: false }) !== undefined
  );
};
