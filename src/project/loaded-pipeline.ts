import { existsSync } from 'node:fs';
import {
  isPending,
  type PendingStage,
  type ProgramCode,
  type StageName,
} from '../engine/config/pipeline.ts';
import { formatWarning } from '../engine/diagnostics/format-diagnostic.ts';
import { whyNoTracing } from '../engine/execution/trace-reads.ts';
import { checkpointOf } from '../engine/fingerprint/checkpoint-digest.ts';
import { describeReasons } from '../engine/plan/describe-decision.ts';
import type { PlannedStage } from '../engine/plan/plan.ts';
import { readCheckpointState } from '../engine/store/checkpoint-file.ts';
import { LocalStore } from '../engine/store/local-store.ts';
import { UserError } from '../user-error.ts';
import type {
  Pipeline,
  Plan,
  PlanOptions,
  RunOptions,
  StageInfo,
  StageOutputs,
  StagePlan,
  StageRow,
} from './api.ts';
import { type ListOptions, withListsBefore } from './known-lists.ts';
import { version } from './package-info.ts';
import { mistake } from './pipeline-error.ts';
import { type CommandOptions, PipelineRun, type PreparedRun, prepareRun } from './pipeline-run.ts';
import {
  type CheckedPipeline,
  pendingDecision,
  type Selection,
  select,
  selectedNodes,
} from './selection.ts';
import { readOutputs } from './stage-outputs.ts';
import { planSelection } from './workspace.ts';

/** What a pipeline tells its project. */
export interface PipelineListener {
  readonly onRun: (run: PipelineRun) => void;
  readonly onCode: (codes: readonly ProgramCode[]) => void;
}

/** A pipeline of a project, without mistakes. */
export class LoadedPipeline implements Pipeline {
  readonly checked: CheckedPipeline;
  readonly #listener: PipelineListener;

  constructor(checked: CheckedPipeline, listener: PipelineListener) {
    this.checked = checked;
    this.#listener = listener;
  }

  get name(): string {
    return this.checked.pipeline.name;
  }

  get file(): string {
    return this.checked.pipeline.file;
  }

  get description(): string | undefined {
    return this.checked.pipeline.description;
  }

  get stages(): readonly StageInfo[] {
    return this.checked.pipeline.nodes.map((node) => {
      const { name, kind, axes } = node;
      if (isPending(node)) return { name, kind, axes, outputs: {}, pending: true };
      const paths = node.outputs.map(({ port, path }) => [port, path] as const);
      return { name, kind, axes, outputs: Object.fromEntries(paths) };
    });
  }

  get warnings(): readonly string[] {
    return this.checked.warnings.map(formatWarning);
  }

  async plan(options: PlanOptions = {}): Promise<Plan> {
    return await this.planSelected((await this.prepare(options)).selection, options);
  }

  /** What a run would do with stages that are selected. */
  async planSelected(selection: Selection, options: PlanOptions): Promise<Plan> {
    const planned = await planSelection(selection, options.backend, options);
    const store = new LocalStore(selection.root, selection.warn);
    const trialAxes = new Set(selection.stages.flatMap(({ proposing }) => proposing?.axis ?? []));
    const plans = new Map<StageName, StagePlan>();
    for (const each of planned) {
      const { axes, name } = each.stage;
      const axis = Object.keys(axes).find((key) => trialAxes.has(key));
      const trial = axis !== undefined && { trial: { axis, number: Number(axes[axis]) } };
      plans.set(name, { ...asStagePlan(each, selection, store), ...trial });
    }
    for (const node of selection.pending) plans.set(node.name, asPendingPlan(node, selection));
    return selectedNodes(selection).map(({ name }) => plans.get(name)!);
  }

  /** What is asked for, with the lists that are known now. */
  async select(options: ListOptions): Promise<Selection> {
    return select(await withListsBefore(this.checked, options), options);
  }

  run(options: RunOptions = {}): PipelineRun {
    return this.start(this.prepare(options), options);
  }

  async outputs(name: string): Promise<StageOutputs> {
    const selection = await this.select({ stages: [name] });
    const [first, ...rest] = selection.named;
    if (first === undefined || rest.length > 0) {
      const names = selection.named.slice(0, 8).join(', ');
      throw mistake('one-stage', `"${name}" is ${selection.named.length} stages: ${names}`);
    }
    const planned = await planSelection(selection);
    const found = planned.find(({ stage }) => stage.name === first);
    if (found === undefined)
      throw mistake('never-ran', `${first} is not known yet`, 'Run it first.');
    const { stage, decision, examined } = found;
    if (decision.state !== 'up to date') {
      const why = describeReasons(decision).join('; ');
      throw mistake('never-ran', `${first} is not up to date: ${why}`, 'Run it first.');
    }
    return readOutputs(stage, this.checked.root, examined?.away ?? new Set());
  }

  async results(stages: readonly string[] = []): Promise<readonly StageRow[]> {
    const selection = await this.select({ stages });
    const planned = await planSelection(selection);
    const named = new Set(selection.named);
    return planned
      .filter(({ stage }) => named.has(stage.name))
      .map((stage) => asRow(stage, this.checked.root));
  }

  /** Picks the stages of a run, and checks that they can run here. */
  async prepare(options: RunOptions): Promise<PreparedRun> {
    const obstacle = options.checkReads === true ? whyNoTracing() : undefined;
    if (obstacle !== undefined) throw new UserError(`--check-reads: ${obstacle}`);
    return await prepareRun(await this.select(options), options);
  }

  /** Begins a run of prepared stages. */
  start(prepared: Promise<PreparedRun>, options: RunOptions & CommandOptions): PipelineRun {
    const run = new PipelineRun(prepared, options, this.#listener.onCode);
    this.#listener.onRun(run);
    return run;
  }
}

function asPendingPlan(node: PendingStage, selection: Selection): StagePlan {
  const { name, kind } = node;
  const decision = pendingDecision(node, selection);
  const reasons = describeReasons(decision);
  return { stage: name, kind, state: decision.state, decision, reasons, away: [] };
}

function asStagePlan(planned: PlannedStage, selection: Selection, store: LocalStore): StagePlan {
  const { stage, decision, examined } = planned;
  const checkpoint = checkpointOfPlanned(planned, selection, store);
  return {
    stage: stage.name,
    kind: stage.kind,
    ...(stage.drawn !== undefined && { drawn: stage.drawn }),
    state: decision.state,
    decision,
    reasons: describeReasons(decision),
    ...(examined !== undefined && { fingerprint: examined.digest }),
    ...(checkpoint !== undefined && { checkpoint }),
    away: decision.state === 'up to date' ? [...(examined?.away ?? [])] : [],
  };
}

function asRow({ stage, decision, examined }: PlannedStage, root: string): StageRow {
  const { name, kind, axes, settings } = stage;
  const row = { stage: name, kind, state: decision.state, axes, settings };
  if (decision.state !== 'up to date')
    return { ...row, numbers: {}, intervals: {}, curves: [], paths: {} };
  const { paths, numbers, intervals } = readOutputs(stage, root, examined?.away ?? new Set());
  const curves = (examined?.result?.record.curves ?? []).map(({ name, unit, points }) => ({
    name,
    unit,
    points,
  }));
  return { ...row, numbers, intervals, curves, paths };
}

/** The checkpoint of a stage that begins anew, and whether it will resume, as far as is known. */
function checkpointOfPlanned(
  { stage, decision, examined }: PlannedStage,
  { kinds, forced }: Selection,
  store: LocalStore,
): StagePlan['checkpoint'] {
  if (decision.state !== 'stale' || examined === undefined || forced.has(stage.name))
    return undefined;
  const versions = { restage: version, node: process.version };
  const digest = checkpointOf(stage, examined.fingerprint, versions);
  if (digest === undefined || !existsSync(store.checkpointPath(digest))) return undefined;
  const state = readCheckpointState(store.checkpointPath(digest));
  const obstacle =
    state === undefined
      ? undefined
      : kinds.get(stage.kind)?.spec.whyNoResume?.(stage.settings, state);
  return obstacle === undefined ? {} : { obstacle };
}
