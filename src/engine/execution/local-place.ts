import { existsSync, type Stats } from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import type { Stage } from '../config/pipeline.ts';
import type { StageEvent } from '../events.ts';
import { filesSignature } from '../files/backdate.ts';
import type { DigestIndex } from '../files/digest-index.ts';
import type { ListedFile } from '../files/listing.ts';
import type { Workspace } from '../plan/examine.ts';
import type { Lender, Misuse } from '../publishing/lender.ts';
import type {
  StageRecord,
  StageReports,
  StageResult,
  StoredArtifact,
} from '../store/stage-result.ts';
import { backdateOwn } from '../store/store-object.ts';
import type { Admission, Grant } from './admission.ts';
import type { Attempt, AttemptOutcome, HostFacts, Place } from './execution.ts';
import { closeView, openView, withOriginals } from './input-view.ts';
import { addLoaded, describeLoaded, nameResult } from './loaded-files.ts';
import { privatePath, scratchFolder, viewFolder } from './private-paths.ts';
import type { IdleWorkers } from './processes/idle-workers.ts';
import type { RunProcess } from './processes/process-runner.ts';
import type { JobSupervision, ProcessEnd } from './processes/run-and-stop.ts';
import type { RequestSurroundings } from './processes/stage-messages.ts';
import type { UsageSampler } from './processes/usage-sampler.ts';
import { ReportCollector } from './report-collector.ts';
import { StageFailure } from './stage-failures.ts';
import { describeUndeclared, ReadTrace } from './trace-reads.ts';

/** What stages on this machine share. */
export interface LocalResources {
  /** Records the result of an attempt, whose objects are stored. */
  readonly writeResult: (result: StageResult) => Promise<void>;
  readonly lender: Lender;
  readonly admission: Admission;
  readonly runProcess: RunProcess;
  readonly idle: IdleWorkers;
  /** Records what stages use while they run; absent on the nodes of a cluster. */
  readonly usage?: UsageSampler;
  readonly modules: ReadonlyMap<string, string>;
  /** Whether to report what the programs of stages read without declaring it. */
  readonly checkReads: boolean;
  readonly host: HostFacts;
  /** Aborted by an interrupt or a failure with `--fail-fast`: processes are asked to end. */
  readonly signal: AbortSignal;
  /** Aborted by a second interrupt: processes are killed. */
  readonly kill: AbortSignal;
}

/**
 * This machine as a place: a stage gets its cores, GPUs and memory, and each attempt a process that
 * serves it alone.
 */
export function localPlace(resources: LocalResources): Place {
  return {
    allocate: async (stage) => {
      const grant = await resources.admission.acquire(stage.resources, resources.signal);
      return {
        run: (attempt) => runAttempt(attempt, grant, resources),
        [Symbol.dispose]: () => grant.release(),
      };
    },
    close: () => resources.idle.end(),
  };
}

async function runAttempt(
  attempt: Attempt,
  { cpu: cpus, cards }: Grant,
  resources: LocalResources,
) {
  const { stage, examined, work, number, emit, workspace } = attempt;
  const { lender, usage } = resources;
  const { root } = workspace.pipeline;
  const view = await openView(stage, { ...attempt, lender, folder: viewFolder(work) });
  emit({
    type: 'stage-started',
    kind: stage.kind,
    attempt: number,
    attempts: Math.max(number, stage.retries + 1),
  });
  const trace = resources.checkReads ? new ReadTrace(join(work, '.reads')) : undefined;
  const { end, reports } = await runStageProcess(stage, {
    ...resources,
    ...attempt,
    root,
    env: workspace.env,
    backend: workspace.backend ?? 'auto',
    module: resources.modules.get(stage.kind),
    inputs: view.inputs,
    translate: (text) =>
      withOriginals(view, text).replaceAll(join(scratchFolder(work), 'run:'), 'run:'),
    launcher: trace?.launcher,
    cpus,
    cards,
    ...(usage !== undefined && { watchUsage: (pid) => usage.watch(stage.name, pid, cards) }),
  });
  const { misuses, edited } = await closeView(view, lender, workspace.digests);
  const declared = [...view.originals.values()];
  const beside = await addLoaded(attempt, end.ok ? (end.loaded ?? []) : [], declared, workspace);
  if (trace !== undefined)
    reportReads(trace, [...declared, ...ownFiles(beside.stage)], workspace, emit);
  if (!end.ok) throw new StageFailure(end.message, end);
  if (misuses[0] !== undefined) throw new StageFailure(describeMisuse(misuses[0], root));
  const listed = await listOutputs(stage, work, workspace.digests);
  const news = beside.files.length > 0 && attempt.keep ? [describeLoaded(beside.files)] : [];
  for (const message of news) emit({ type: 'warning', message });
  const allReports = { ...reports, warnings: [...reports.warnings, ...news] };
  const result: StageResult = {
    format: 1,
    ...nameResult(examined, beside),
    outputs: Object.fromEntries(listed.map(({ port, artifact }) => [port, artifact])),
    stored: stage.cache,
    record: {
      ...(await makeRecord(attempt, allReports, { cpus, cards }, resources)),
      ...(end.software !== undefined && { software: end.software }),
    },
  };
  const all = [...edited, ...beside.changed];
  const signatures =
    attempt.keep && all.length === 0
      ? await keep(attempt, result, { listed, contained: end.contained }, resources)
      : {};
  return { result, edited: all, signatures, contained: end.contained };
}

export interface StageProcessOptions extends JobSupervision, RequestSurroundings {
  readonly emit: (event: StageEvent) => void;
  readonly runProcess: RunProcess;
  /** What the stage inherits. */
  readonly env: Environment;
  /**
   * The graphics cards that the stage may use; none for a stage that asks for none, which sees all
   * there are.
   */
  readonly cards?: readonly string[];
  /** The folder for the outputs, with the view of the inputs, on the disk of the store. */
  readonly work: string;
  readonly watchUsage?: (pid: number) => () => void;
}

/** Runs the process of a stage to its end. */
export async function runStageProcess(
  stage: Stage,
  options: StageProcessOptions,
): Promise<{ readonly end: ProcessEnd; readonly reports: StageReports }> {
  const { work, emit, cpus, cards = [] } = options;
  const collector = new ReportCollector(emit, options.checkpoint);
  const end = await options.runProcess({
    ...options,
    request: {
      kind: stage.kind,
      settings: stage.settings,
      module: options.module,
      inputs: options.inputs,
      cpus,
      backend: options.backend,
      checkpoint: options.checkpoint,
      pieces: options.pieces,
      root: options.root,
      launcher: options.launcher,
      lists: stage.inputs.flatMap(({ port, list }) => (list ? [port] : [])),
      outputs: Object.fromEntries(
        stage.outputs.map((output) => [output.port, privatePath(work, output)]),
      ),
      scratch: scratchFolder(work),
      code: stage.code?.start,
    },
    env: environment(stage, cpus, cards, options.env),
    declared: Object.keys(stage.env).filter((name) => stage.env[name] !== null),
    resources: stage.resources,
    timeout: stage.timeout,
    onOutput: (text) => emit({ type: 'stage-output', text }),
    onMessage: (message) => collector.receive(message),
  });
  return { end, reports: collector.reports };
}

/** The whole environment, with the number of cores where most libraries read it. */
function environment(
  stage: Stage,
  cpus: number,
  cards: readonly string[],
  inherited: Environment,
): NodeJS.ProcessEnv {
  const declared = Object.entries(stage.env);
  // A node may set a variable that is unset here.
  const unset = new Set(declared.flatMap(([name, value]) => (value === null ? [name] : [])));
  return {
    ...Object.fromEntries(Object.entries(inherited).filter(([name]) => !unset.has(name))),
    OMP_NUM_THREADS: String(cpus),
    ...Object.fromEntries(declared.filter((entry): entry is [string, string] => entry[1] !== null)),
    // Last: a declared value would give the same cards to several stages.
    ...(cards.length > 0 && { CUDA_VISIBLE_DEVICES: cards.join(',') }),
  };
}

/**
 * An output of an attempt, with the stat data of the files that it alone owns from before they were
 * hashed, by path.
 */
interface ListedOutput {
  readonly port: string;
  readonly artifact: StoredArtifact;
  readonly path: string;
  readonly stats: ReadonlyMap<string, Stats>;
}

/**
 * Hashes the outputs of an attempt. Throws a {@link StageFailure} that names those that it did not
 * write.
 */
async function listOutputs(
  stage: Stage,
  work: string,
  digests: DigestIndex,
): Promise<readonly ListedOutput[]> {
  const missing = stage.outputs.filter((output) => !existsSync(privatePath(work, output)));
  if (missing.length > 0) {
    const names = missing.map(({ port }) => port).join(', ');
    const paths = missing.map(({ port, path }) => `\${outputs.${port}} (for ${path})`).join(', ');
    const what = `ended without writing its output${missing.length > 1 ? 's' : ''} ${names}`;
    throw new StageFailure(`${what}: there is nothing at ${paths}`);
  }
  const outputs: ListedOutput[] = [];
  for (const output of stage.outputs) {
    const path = privatePath(work, output);
    const backdated = await backdateOwn(path);
    const { listing, stats } = await digests.listOutput(path);
    const { folder, files, digest, parts } = listing;
    const artifact = { type: output.type, folder, files, digest, parts };
    outputs.push({
      port: output.port,
      artifact,
      path,
      stats: new Map([...stats].filter(([path]) => backdated.has(path))),
    });
  }
  return outputs;
}

async function makeRecord(
  { stage, startedAt, number, log, keep, workspace }: Attempt,
  reports: StageReports,
  { cpus, cards }: { readonly cpus: number; readonly cards: readonly string[] },
  { host }: LocalResources,
): Promise<StageRecord> {
  const stored = keep && existsSync(log) ? await workspace.store.local.storeFile(log) : undefined;
  return {
    startedAt: new Date(startedAt).toISOString(),
    seconds: (Date.now() - startedAt) / 1000,
    attempts: number,
    host: hostname(),
    node: process.version,
    restage: host.restage,
    ...(host.gitCommit !== undefined && { gitCommit: host.gitCommit }),
    cpus,
    ...(cards.length > 0 && { gpus: cards.length }),
    ...host.job?.(),
    settings: stage.settings,
    ...reports,
    ...(stored !== undefined && { log: stored }),
  };
}

/** Stores objects first, then the result. Gives the signatures of the kept files. */
async function keep(
  { stage, workspace }: Attempt,
  result: StageResult,
  { listed, contained }: { readonly listed: readonly ListedOutput[]; readonly contained: boolean },
  { writeResult }: LocalResources,
): Promise<AttemptOutcome['signatures']> {
  const signatures: Record<Digest, string> = {};
  for (const { artifact, path, stats } of listed) {
    const objects = stage.cache
      ? await workspace.store.local.storeArtifact(path, artifact, { contained, stats })
      : undefined;
    const statsOf = ({ path, digest }: ListedFile) =>
      objects === undefined ? stats.get(path) : objects.get(digest);
    const signature = filesSignature(artifact, statsOf);
    if (signature !== undefined) signatures[artifact.digest] = signature;
  }
  await writeResult(result);
  return signatures;
}

const ownFiles = ({ code }: Stage): readonly string[] => Object.keys(code?.signatures ?? {});

function reportReads(
  trace: ReadTrace,
  declared: readonly string[],
  { pipeline }: Workspace,
  emit: Attempt['emit'],
): void {
  const published = pipeline.stages.flatMap(({ outputs }) => outputs.map(({ path }) => path));
  const undeclared = trace.undeclared(pipeline.root, declared, published);
  if (undeclared === undefined) return;
  if (undeclared.length > 0) emit({ type: 'warning', message: describeUndeclared(undeclared) });
  else emit({ type: 'info', message: 'read no file of the project but what it declares' });
}

function describeMisuse({ path, others }: Misuse, root: string): string {
  const rule = 'inputs are only to be read';
  if (others.length === 0)
    return `wrote to its input ${relative(root, path)}: ${rule}, so copy it first`;
  const who = ['it', ...others].join(' or ');
  return `its input ${relative(root, path)} was written to while it ran, by ${who}: ${rule}, so let the one that writes copy it first`;
}
