import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findRoot } from '../../engine/config/loading/find-pipeline.ts';
import type { JsonObject } from '../../json.ts';
import { usableCores } from '../../machine-limits.ts';
import type {
  Highlight,
  InputArtifact,
  KindSpec,
  Progress,
  RunStage,
  StageContext,
} from '../../stage.ts';

/** A built-in kind whose work runs in this process, with the type of its settings. */
export interface RunnableKind<S> {
  readonly spec: KindSpec<S>;
  run(): Promise<{ readonly default: RunStage<S> }>;
}

/** A stage that stands in no pipeline. */
export interface LoneStage<S> {
  readonly settings: S;
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  /** The ports of its outputs, which become files and folders of these names in `folder`. */
  readonly ports: readonly string[];
  /** Absolute path. */
  readonly folder: string;
  /** Absolute path of a folder for its temporary files. */
  readonly scratch: string;
  /** {@link StageContext.isForPrediction} */
  readonly isForPrediction?: boolean;
}

/** Where a lone stage runs, and who hears of it. */
export interface LoneHost {
  /** Absolute path of the folder that the user is in. */
  readonly folder: string;
  readonly backend: string;
  readonly onWarning: (message: string) => void;
  readonly onInfo: (message: string) => void;
  /** Hears how far the stage of a kind is. */
  readonly onProgress: (kind: string, progress: Progress) => void;
}

/** Runs a kind without a pipeline and without a store. Returns the tables that sum it up. */
export async function runKind<S>(
  kind: RunnableKind<S>,
  stage: LoneStage<S>,
  host: LoneHost,
): Promise<readonly Highlight[]> {
  const { spec } = kind;
  const { settings, inputs, ports, folder, scratch, isForPrediction = false } = stage;
  const root = findRoot(host.folder) ?? host.folder;
  const code = await findCode(spec, settings, root);
  for (const path of [folder, scratch]) mkdirSync(path, { recursive: true });
  const tables: Highlight[] = [];
  const inputsOf = (port: string) => inputs[port] ?? [];
  const context: StageContext<S> = {
    settings,
    ...(code !== undefined && { code }),
    isForPrediction,
    input: (port) => inputsOf(port)[0]!,
    inputs: inputsOf,
    inputPorts: Object.keys(inputs),
    output: (port) => join(folder, port + (spec.outputs[port]!.extension ?? '')),
    outputPorts: ports,
    cpus: usableCores(),
    backend: host.backend,
    scratch,
    root,
    download: () => Promise.reject(new Error(`Internal error: ${spec.name} downloads nothing`)),
    progress: (progress) => host.onProgress(spec.name, progress),
    point: () => {},
    log: () => {},
    info: host.onInfo,
    note: () => {},
    warn: host.onWarning,
    highlight: (table) => void tables.push(table),
  };
  const { default: run } = await kind.run();
  await run(context);
  return tables;
}

/** The programs of the machine that a kind runs. Throws a `StageError` where they are missing. */
async function findCode<S>(
  { code }: KindSpec<S>,
  settings: S,
  root: string,
): Promise<JsonObject | undefined> {
  if (code === undefined) return undefined;
  const given = settings as JsonObject;
  const named = code.settings.flatMap((name) =>
    given[name] === undefined ? [] : [[name, given[name]] as const],
  );
  const question = {
    program: '',
    root,
    settings: Object.fromEntries(named),
    env: process.env,
    loaded: [],
  };
  return (await code.find(question)).start;
}
