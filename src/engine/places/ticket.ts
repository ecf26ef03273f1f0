import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import type { JobClass } from '../../scheduler.ts';
import type { Input, Output, PipelineSources, Stage, StageName } from '../config/pipeline.ts';
import type { Span } from '../diagnostics/diagnostic.ts';
import type { Attempt } from '../execution/execution.ts';
import { DigestIndex } from '../files/digest-index.ts';
import { partsDigest } from '../files/listing.ts';
import { treeSignature } from '../files/walk-tree.ts';
import { Graph } from '../graph/graph.ts';
import type { Outputs, Workspace } from '../plan/examine.ts';
import { Ledger } from '../seals/ledger.ts';
import { readParts } from '../seals/sealed-parts.ts';
import { readKindSources } from '../store/kind-build.ts';
import type { LocalStore } from '../store/local-store.ts';
import type { LoadedCode } from '../store/remembered-code.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import type { Store } from '../store/store.ts';
import type { BatchFolder, Ticket, Tries } from './batch-folder.ts';
import { expectedSeconds } from './expected-duration.ts';
import type { PlaceSpec } from './place-spec.ts';

/** The version of Restage, and the project's. */
export interface Software {
  readonly restage: string;
  /** The digest of Restage's own code. */
  readonly build: Digest;
  readonly gitCommit: string | undefined;
}

/** What a ticket says besides the attempt. */
interface TicketFacts {
  readonly software: Software;
  /** The built code of a project's own kind: {@link Ticket.module}. */
  readonly module: string | undefined;
  readonly tries: Tries;
  readonly needs: JobClass;
}

/** The ticket of an attempt, with the artifacts that it reads, by digest. */
export function ticketOf(
  attempt: Attempt,
  { software, module, tries, needs }: TicketFacts,
): { readonly ticket: Ticket; readonly artifacts: ReadonlyMap<Digest, StoredArtifact> } {
  const { stage, examined, outputsOf, number, keep, workspace } = attempt;
  const artifacts = new Map<Digest, StoredArtifact>();
  const read: Record<string, Record<string, Digest>> = {};
  for (const { items } of stage.inputs) {
    for (const item of items) {
      if (item.from !== 'stage') continue;
      const artifact = outputsOf(item.stage)[item.port]!;
      artifacts.set(artifact.digest, artifact);
      read[item.stage] = { ...read[item.stage], [item.port]: artifact.digest };
    }
  }
  const ticket: Ticket = {
    stage: { ...plainStage(stage), resources: needs },
    sources: Object.keys(read).map((name) => asSource(workspace.graph.stage(name as StageName))),
    artifacts: read,
    fingerprint: examined.fingerprint,
    digest: examined.digest,
    loaded: examined.loaded,
    looked: Object.fromEntries(examined.looked),
    backend: workspace.backend,
    module,
    number,
    keep,
    replaces: examined.result !== undefined,
    fresh:
      workspace.forced.has(stage.name) &&
      number === 1 &&
      tries.lost + tries.idle + (tries.killed ?? 0) === 0,
    unstored: [...artifacts.values()]
      .filter((artifact) => !isWhole(artifact, workspace))
      .map(({ digest }) => digest),
    ...software,
    tries,
    expected: expectedSeconds(stage.name, workspace),
  };
  return { ticket, artifacts };
}

const isWhole = ({ files }: StoredArtifact, { store }: Workspace): boolean =>
  files.every(({ digest }) => existsSync(store.local.objectPath(digest)));

/** The span that declares a value may still be with it, and would bring its file's whole text. */
type MayBeLocated = { readonly at?: Span };

/** A stage without spans of files, and without those that end before it. */
const plainStage = ({
  at: _,
  defaultOf: _d,
  listedBy: _l,
  ...stage
}: Stage & MayBeLocated): Stage => ({
  ...stage,
  after: [],
  inputs: stage.inputs.map(({ at: _, ...input }: Input & MayBeLocated) => input),
  outputs: stage.outputs.map(({ at: _, ...output }: Output & MayBeLocated) => output),
});

const asSource = (stage: Stage): Stage => ({ ...plainStage(stage), inputs: [] });

/** Bytes that the last result of a stage needed; 0 if no job had too little. */
export function rememberedMemory(store: LocalStore, pipeline: string, stage: StageName): number {
  const latest = store.readLatest(pipeline, stage);
  return (latest && store.readResult(latest)?.record.memory) ?? 0;
}

/**
 * What a job of the stage asks for: what it declares or its results needed, within what the place
 * allows.
 */
export function needsOf(stage: Stage, place: PlaceSpec, memory: number): JobClass {
  const { cpu, gpu, nodes, tasks } = stage.resources;
  const wanted = Math.max(stage.resources.memory, memory) || place.memory.default;
  return {
    cpu: Math.min(cpu, place.cpu),
    gpu: Math.min(gpu, place.gpu),
    memory: Math.min(wanted, place.memory.most),
    ...(nodes !== undefined && { nodes }),
    ...(tasks !== undefined && { tasks }),
  };
}

/** On a node nothing is decided again. */
const noSources: PipelineSources = { files: [], code: [], looked: [], inputs: [], globs: {} };

/** What a node has for all of its tickets. */
interface NodeFacts {
  readonly root: string;
  readonly env: Environment;
  readonly store: Store;
  readonly loadedCode?: LoadedCode;
}

/** The workspace of a ticket on a node, with only its stage and sources. */
export function workspaceOf(
  { stage, sources, backend }: Ticket,
  { root, env, store, loadedCode }: NodeFacts,
): Workspace {
  const stages = [...sources, stage];
  const digests = new DigestIndex(store.local.folder);
  const graph = new Graph({ stages });
  const shared = { store, digests, ...(loadedCode !== undefined && { loadedCode }) };
  return {
    ...shared,
    pipeline: { name: '', root, file: '', stages, sources: noSources },
    ledger: new Ledger(root),
    graph,
    env,
    listings: new Map(),
    backend,
    backends: [],
    forced: new Set(),
  };
}

/** The artifacts that a ticket reads, by stage; undefined if a listing is not here yet. */
export function sourcesOf(
  { artifacts }: Ticket,
  folder: BatchFolder,
): ReadonlyMap<string, Outputs> | undefined {
  const outputs = new Map<string, Outputs>();
  for (const [name, ports] of Object.entries(artifacts)) {
    const listings = Object.entries(ports).map(
      ([port, digest]) => [port, folder.artifact(digest)] as const,
    );
    if (listings.some(([, artifact]) => artifact === undefined)) return undefined;
    outputs.set(name, Object.fromEntries(listings) as Outputs);
  }
  return outputs;
}

/**
 * The signatures of a ticket's path inputs here, if their content is that of the fingerprint;
 * otherwise a path that changed.
 */
export async function lookAgain(
  { stage, looked, fingerprint }: Ticket,
  { digests, ledger }: Workspace,
): Promise<{ readonly looked: ReadonlyMap<string, string> } | { readonly changed: string }> {
  const now = new Map<string, string>();
  for (const input of stage.inputs) {
    const { port } = input;
    for (const [index, item] of input.items.entries()) {
      if (item.from !== 'path') continue;
      try {
        const { signature } = treeSignature(item.path);
        if (signature !== looked[item.path]) {
          const listing = await digests.listSettled(item.path, { modes: false });
          const parts = readParts(listing, input, ledger.unsealed);
          if (partsDigest(listing, parts) !== fingerprint.inputs[port]?.[index]?.digest)
            return { changed: item.path };
          now.set(item.path, listing.signature);
        } else now.set(item.path, signature);
      } catch {
        return { changed: item.path }; // it is gone, or not here yet
      }
    }
  }
  return { looked: now };
}

/**
 * A source file of a module that has changed since the build, relative to the root; undefined if
 * none has.
 */
export function changedSource(module: string | undefined, root: string): string | undefined {
  if (module === undefined) return undefined;
  const sources = Object.entries(readKindSources(dirname(module)) ?? {}).filter(
    ([, digest]) => digest !== '',
  );
  return sources.find(([path, digest]) => digestOf(join(root, path)) !== digest)?.[0];
}

function digestOf(path: string): Digest | undefined {
  try {
    return sha256(readFileSync(path));
  } catch {
    return undefined;
  }
}
