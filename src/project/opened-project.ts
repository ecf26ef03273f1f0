import { resolve } from 'node:path';
import type { Digest } from '../digest.ts';
import { globExpander } from '../engine/config/expand-glob.ts';
import { findPipelineFile } from '../engine/config/loading/find-pipeline.ts';
import {
  type LoadOptions as EngineLoadOptions,
  loadPipeline,
} from '../engine/config/loading/load-pipeline.ts';
import { axisOption, paramsOption } from '../engine/config/params/command-line.ts';
import type { KnownLists, PipelineSources, ProgramCode } from '../engine/config/pipeline.ts';
import { Graph } from '../engine/graph/graph.ts';
import { findCode } from '../engine/store/remembered-code.ts';
import type { Store } from '../engine/store/store.ts';
import type { Json } from '../json.ts';
import { UsageError, UserError } from '../user-error.ts';
import type { LoadOptions, Project, ProjectOptions } from './api.ts';
import { kindWarnings, loadKinds } from './kinds/load-kinds.ts';
import { LoadedPipeline } from './loaded-pipeline.ts';
import { digestOfFiles } from './make-place.ts';
import { orThrow } from './pipeline-error.ts';
import type { PipelineRun } from './pipeline-run.ts';
import { projectRoot } from './project-root.ts';
import { ProjectWatch } from './project-watch.ts';
import type { CheckedPipeline } from './selection.ts';
import { openStore } from './workspace.ts';

/** A project that is open, with its runs and watches. */
export class OpenedProject implements Project {
  readonly root: string;
  /** Absolute path of the folder in which it was opened, from which words are looked up. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly warn: (message: string) => void;
  readonly #runs = new Set<PipelineRun>();
  readonly #watches = new Set<ProjectWatch>();
  #isClosed = false;

  /** Throws a {@link PipelineError} where there is no project around the folder. */
  constructor(folder: string, { env = process.env, onWarning = () => {} }: ProjectOptions = {}) {
    this.folder = resolve(folder);
    this.root = projectRoot(this.folder);
    this.env = { ...env };
    this.warn = onWarning;
  }

  async load(file: string, options: LoadOptions = {}): Promise<LoadedPipeline> {
    const { set = {}, params = [], axes = {} } = options;
    const path = orThrow(findPipelineFile(file, this.folder, this.root));
    return await this.loadFile(path, [
      ...params.map((text) => paramsOption + resolve(this.folder, text)),
      ...Object.entries(axes).map((axis) => axisOption + asSetting(axis)),
      ...Object.entries(set).map(asSetting),
    ]);
  }

  /** Reads the pipeline of an absolute path. Settings are those of `readCommandLine`. */
  async loadFile(file: string, set: readonly string[] = []): Promise<LoadedPipeline> {
    if (this.#isClosed) throw new UsageError(`The project ${this.root} is closed`);
    const { root, env, warn } = this;
    const loaded = await loadKinds(root, warn);
    const { kinds, unloaded } = loaded;
    const onSources = (sources: PipelineSources) => {
      for (const watch of this.#watches) watch.follow(sources);
    };
    const codes: EngineLoadOptions['codes'] = new Map();
    const load = { root, file, kinds, unloaded, set, env, findCode, codes, onSources };
    const checkedWith = async (
      lists: KnownLists,
      resolve: CheckedPipeline['resolve'],
    ): Promise<CheckedPipeline> => {
      const pipeline = orThrow(await loadPipeline({ ...load, lists }));
      const used = pipeline.nodes.map(({ kind }) => kind);
      const graph = new Graph(pipeline);
      const hasPending = pipeline.pending.length > 0;
      return {
        root,
        env,
        warn,
        kinds,
        pipeline,
        graph,
        nodes: hasPending ? new Graph({ stages: pipeline.nodes }) : graph,
        lists,
        wrongLists: new Map(),
        resolve,
        isSet: set.length > 0,
        warnings: [...kindWarnings(loaded, used), ...pipeline.warnings],
      };
    };
    const resolve = async (lists: KnownLists): Promise<CheckedPipeline> => {
      refuseChanged(first.pipeline.sources.files, digest);
      return await checkedWith(lists, resolve);
    };
    const first = await checkedWith(new Map(), resolve);
    const digest = digestOfFiles(first.pipeline.sources.files);
    return new LoadedPipeline(first, {
      onRun: (run) => this.#follow(run),
      onCode: (codes) => this.#followCode(codes),
    });
  }

  async watch(): Promise<ProjectWatch> {
    const watch = new ProjectWatch(this.root, await globExpander(this.root));
    this.#watches.add(watch);
    return watch;
  }

  /** The store of the project, together with the shared one. The caller closes it. */
  openStore(): Promise<Store> {
    return openStore({ root: this.root, env: this.env, warn: this.warn });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const run of this.#runs) run.cancel();
    await Promise.allSettled([...this.#runs].map(({ result }) => result));
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #follow(run: PipelineRun): void {
    if (this.#isClosed) run.cancel();
    this.#runs.add(run);
    const forget = () => void this.#runs.delete(run);
    run.result.then(forget, forget);
  }

  #followCode(codes: readonly ProgramCode[]): void {
    for (const watch of this.#watches) watch.followCode(codes);
  }
}

/** Throws where the files of a pipeline have changed since it was read first. */
function refuseChanged(files: readonly string[], digest: Digest): void {
  if (isSameFiles(files, digest)) return;
  throw new UserError("the pipeline's file has changed since it was read: run it again");
}

function isSameFiles(files: readonly string[], digest: Digest): boolean {
  try {
    return digestOfFiles(files) === digest;
  } catch {
    return false; // one was removed
  }
}

/** JSON is YAML, too. */
const asSetting = ([name, value]: readonly [string, Json | readonly Json[]]): string =>
  `${name}=${JSON.stringify(value)}`;
