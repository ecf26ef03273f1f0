import { basename, join } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import { UserError } from '../../user-error.ts';
import { extensionOf } from '../config/file-names.ts';
import type { Input, InputItem, RunnablePipeline, Stage, StageName } from '../config/pipeline.ts';
import { type DigestIndex, isUnsettled, type ListingWithSignature } from '../files/digest-index.ts';
import { type Listing, partsDigest } from '../files/listing.ts';
import { ListingError } from '../files/walk-tree.ts';
import { type Fingerprint, hashFingerprint, type KeyedItem } from '../fingerprint/fingerprint.ts';
import { fingerprintStage } from '../fingerprint/fingerprint-stage.ts';
import type { Graph } from '../graph/graph.ts';
import type { Ledger } from '../seals/ledger.ts';
import { readParts } from '../seals/sealed-parts.ts';
import type { LoadedCode } from '../store/remembered-code.ts';
import type {
  LoadedFiles,
  Lookup,
  ResultName,
  StageResult,
  StoredArtifact,
} from '../store/stage-result.ts';
import type { Store } from '../store/store.ts';
import type { ContentsChecks } from './contents-checks.ts';
import { type Decision, decide, type Facts, type PublishedState } from './decide.ts';
import { describeReasons } from './describe-decision.ts';
import { type FetchPolicy, isWanted } from './fetch-policy.ts';
import { earlierWork } from './last-result-or-attempt.ts';

/** A pipeline and the graph of its stages. */
export interface PipelineGraph {
  readonly pipeline: RunnablePipeline;
  readonly graph: Graph;
}

/** An open pipeline: its graph, its store, and what is known of its files. A run has one. */
export interface Workspace extends PipelineGraph {
  /** What stages on this machine get as their environment, and schedulers as theirs. */
  readonly env: Environment;
  readonly store: Store;
  readonly digests: DigestIndex;
  /** The path inputs that this run has listed, by absolute path. */
  readonly listings: Map<string, Promise<ListingWithSignature>>;
  /** The backend that the user named; undefined for `auto`. */
  readonly backend: string | undefined;
  /** All backends that can be named: `auto` accepts results of any of them. */
  readonly backends: readonly string[];
  readonly forced: ReadonlySet<StageName>;
  /** Which outputs to fetch from a shared store; absent: all. */
  readonly fetches?: FetchPolicy;
  /**
   * The code of programs with files that they loaded in earlier runs; absent where nothing is
   * decided.
   */
  readonly loadedCode?: LoadedCode;
  /** Which sealed images were looked at; it decides which parts programs see. */
  readonly ledger: Ledger;
  /** Checks what stages leave for others before these run; absent: these find mistakes alone. */
  readonly contents?: ContentsChecks;
}

export type Outputs = Readonly<Record<string, StoredArtifact>>;

export type OutputsOf = (stage: StageName) => Outputs;

/** The work of a stage with all the code that is known of it. */
interface StageWork extends ResultName {
  /** The stage with all the code that is known of it. */
  readonly stage: Stage;
  /** How the code beside what its program's text shows is known, as in a result. */
  readonly loaded: readonly LoadedFiles[];
}

/** What a stage's work is named by, and what was hashed to know it. */
export interface ExaminedWork extends ResultName {
  readonly loaded: readonly LoadedFiles[];
  /** The signature of each path input when it was hashed, by absolute path. */
  readonly looked: ReadonlyMap<string, string>;
}

/** A stage as examined: what it would do, and what it would read. */
export interface Examined extends StageWork, ExaminedWork {
  readonly loaded: readonly LoadedFiles[];
  readonly decision: Decision;
  readonly result: StageResult | undefined;
  readonly last: Fingerprint | undefined;
  /** Ports whose outputs stay elsewhere. */
  readonly away: ReadonlySet<string>;
}

/**
 * What keeps a stage from being decided about: a frozen stage without a result, an input that has
 * gone.
 */
export class ExamineError extends UserError {}

/**
 * An input was elsewhere and is lost: the stage that made it runs again, and its readers are
 * examined again.
 */
export class LostInput extends UserError {
  readonly stage: StageName;

  constructor(stage: StageName) {
    super(`the outputs of ${stage} are no longer in the shared store`);
    this.stage = stage;
  }
}

/**
 * Looks up facts about a stage and decides; writes nothing. Throws {@link ExamineError} or
 * {@link ListingError}.
 */
export async function examine(
  stage: Stage,
  workspace: Workspace,
  outputsOf: OutputsOf,
): Promise<Examined> {
  const { pipeline, store } = workspace;
  const latest = store.local.readLatest(pipeline.name, stage.name);
  const last: Lookup = latest === undefined ? { state: 'missing' } : await store.lookup(latest);
  if (stage.frozen) return await examineFrozen(stage, workspace, last);

  const basis: Basis = { latest, last, inputs: new Map(), looked: new Map(), listed: new Map() };
  await keyInputs(stage, { ...basis, workspace, outputsOf });
  const preferred = await examineFor(workspace.backend, stage, workspace, basis);
  if (preferred.decision.state !== 'stale' || workspace.backend !== undefined || !stage.computes)
    return preferred;
  for (const backend of workspace.backends) {
    const alternative = await examineFor(backend, stage, workspace, basis);
    if (alternative.decision.state !== 'stale') return alternative;
  }
  return preferred;
}

/** The inputs of a stage as fingerprints have them, and what was hashed for that. */
interface KeyedInputs {
  readonly inputs: Map<string, readonly KeyedItem[]>;
  readonly looked: Map<string, string>;
  /** Path inputs by the digest of the parts that the stage reads. */
  readonly listed: Map<Digest, Listing>;
}

/** What is looked up once for a stage, whatever backend it is examined for. */
interface Basis extends KeyedInputs {
  readonly latest: Digest | undefined;
  readonly last: Lookup;
}

/** What keying the inputs of a stage needs, and leaves. */
interface KeyingWork extends KeyedInputs {
  readonly workspace: Workspace;
  readonly outputsOf: OutputsOf;
}

async function keyInputs(stage: Stage, work: KeyingWork): Promise<void> {
  for (const input of stage.inputs) {
    const items = await Promise.all(input.items.map((item) => keyItem(item, input, work)));
    work.inputs.set(input.port, items);
  }
}

/** The fingerprint of a stage by the code that its program's text shows. */
export async function shownFingerprint(
  stage: Stage,
  workspace: Workspace,
  outputsOf: OutputsOf,
): Promise<Fingerprint> {
  const inputs = new Map<string, readonly KeyedItem[]>();
  await keyInputs(stage, { inputs, looked: new Map(), listed: new Map(), workspace, outputsOf });
  const { backend, pipeline } = workspace;
  return fingerprintStage(stage, inputs, { backend, salt: pipeline.salt });
}

/** Decides about a stage as computed by one backend; undefined: the user named none. */
async function examineFor(
  backend: string | undefined,
  stage: Stage,
  workspace: Workspace,
  basis: Basis,
): Promise<Examined> {
  const { latest, last, looked, listed } = basis;
  const { store, pipeline } = workspace;
  const work = await findWork(backend, stage, workspace, basis);
  const { fingerprint, found: lookup, loaded } = work;
  const forced = workspace.forced.has(stage.name);
  const facts = await examineOutputs(stage, lookup, last, workspace);
  const lastWork = lastFingerprint(resultOf(last), loaded.length);
  const needsPast = lookup.state === 'missing' || Object.values(facts.published).includes('other');
  const past = {
    store: store.local,
    pipeline: pipeline.name,
    stage,
    last: lastWork,
    hadResult: latest !== undefined,
    listed,
  };
  const earlier = needsPast && !forced ? earlierWork(past, fingerprint) : undefined;
  const decision = decide({ forced, ...facts, earlier });
  return {
    ...work,
    decision,
    result: resultOf(lookup),
    last: lastWork,
    away: awayOf(facts.published),
    looked,
  };
}

/**
 * The work of a stage with all the code that is known of it, and the store's answer for it: it
 * follows signposts.
 */
async function findWork(
  backend: string | undefined,
  stage: Stage,
  { store, pipeline, loadedCode }: Workspace,
  { latest, last, inputs }: Basis,
): Promise<StageWork & { readonly found: Lookup }> {
  const loaded: LoadedFiles[] = [];
  for (let known = stage; ; ) {
    const fingerprint = fingerprintStage(known, inputs, { backend, salt: pipeline.salt });
    const digest = hashFingerprint(fingerprint);
    const lookup = digest === latest ? last : await store.lookup(digest);
    const files = resultOf(lookup)?.leadsTo;
    if (files === undefined) return { stage: known, fingerprint, digest, loaded, found: lookup };
    const next = await loadedCode?.extend(known, files);
    if (next === undefined)
      return { stage: known, fingerprint, digest, loaded, found: { state: 'missing' } };
    loaded.push({ version: fingerprint.version, files });
    known = next;
  }
}

/**
 * The fingerprint of an earlier result, with no more of its code than is known now: otherwise the
 * rest would seem gone.
 */
function lastFingerprint(last: StageResult | undefined, steps: number): Fingerprint | undefined {
  const version = last?.loaded?.[steps]?.version;
  return last && version !== undefined ? { ...last.fingerprint, version } : last?.fingerprint;
}

async function examineFrozen(stage: Stage, workspace: Workspace, last: Lookup): Promise<Examined> {
  if (last.state === 'missing') {
    throw new ExamineError(
      'is frozen, but there is no earlier result to keep; run it once without `frozen: true`',
    );
  }
  const { fingerprint, digest } = last.result;
  const facts = await examineOutputs(stage, last, last, workspace);
  const decision = decide({ forced: false, ...facts });
  if (decision.state === 'stale') {
    const why = describeReasons(decision).join(', ');
    throw new ExamineError(
      `is frozen and would have to run: ${why}; remove \`frozen: true\` to run it`,
    );
  }
  const away = awayOf(facts.published);
  const { result } = last;
  const loaded = result.loaded ?? [];
  return {
    stage,
    fingerprint,
    digest,
    loaded,
    decision,
    result,
    last: fingerprint,
    away,
    looked: new Map(),
  };
}

const awayOf = (published: Facts['published']): ReadonlySet<string> =>
  new Set(Object.keys(published).filter((port) => published[port] === 'elsewhere'));

const resultOf = (lookup: Lookup): StageResult | undefined =>
  lookup.state === 'missing' ? undefined : lookup.result;

async function keyItem(
  item: InputItem,
  input: Input,
  { workspace, outputsOf, looked, listed }: KeyingWork,
): Promise<KeyedItem> {
  if (item.from === 'path') {
    const listing = await listOnce(item.path, workspace);
    looked.set(item.path, isUnsettled(listing) ? 'still being written' : listing.signature);
    const digest = partsDigest(listing, readParts(listing, input, workspace.ledger.unsealed));
    listed.set(digest, listing);
    if (item.labels['path'] !== undefined) return { digest }; // its path is keyed as a label
    return {
      digest,
      ...(input.list ? { name: basename(item.path) } : keyedExtension(listing, item.path)),
    };
  }
  const artifact = outputsOf(item.stage)[item.port];
  if (artifact === undefined)
    throw new Error(`Internal error: ${item.stage} left no output ${item.port}`);
  const { path } = workspace.graph
    .stage(item.stage)
    .outputs.find(({ port }) => port === item.port)!;
  const parts = readParts(artifact, input, workspace.ledger.unsealed);
  return { digest: partsDigest(artifact, parts), ...keyedExtension(artifact, path) };
}

function keyedExtension({ folder }: Listing, path: string): { readonly extension?: string } {
  const extension = folder ? '' : extensionOf(path);
  return extension === '' ? {} : { extension };
}

/**
 * A run sees one state of an input, however many stages read it, and no later change of it can go
 * unnoticed.
 */
function listOnce(path: string, workspace: Workspace): Promise<ListingWithSignature> {
  const listing =
    workspace.listings.get(path) ?? workspace.digests.listSettled(path, { modes: false });
  workspace.listings.set(path, listing);
  return listing;
}

/**
 * The state of each published output of a stage, and of the objects of the result that was found.
 */
async function examineOutputs(stage: Stage, lookup: Lookup, last: Lookup, workspace: Workspace) {
  const published: Record<string, PublishedState> = {};
  if (lookup.state === 'missing') return { result: undefined, published };
  const { result } = lookup;
  for (const { port, path } of stage.outputs) {
    const wanted = [result, resultOf(last)].map((stored) => stored?.outputs[port]?.digest);
    const state = await compare(join(workspace.pipeline.root, path), wanted, workspace.digests);
    const artifact = result.outputs[port];
    const isAway = lookup.state === 'elsewhere' && state === 'missing' && artifact !== undefined;
    published[port] =
      isAway && !isWanted(stage.name, artifact, workspace.fetches) ? 'elsewhere' : state;
  }
  const needsObjects =
    result.stored && Object.values(published).some((state) => state !== 'in place');
  const kept = needsObjects && lookup.state === 'here' ? Object.values(result.outputs) : [];
  const lost = await Promise.all(
    kept.map((artifact) => workspace.store.local.missingObjects(artifact)),
  );
  return {
    result: { stored: result.stored, bytes: lookup.state, lostObjects: lost.flat().length },
    published,
  };
}

async function compare(
  path: string,
  [digest, last]: readonly (Digest | undefined)[],
  digests: DigestIndex,
) {
  try {
    const now = await digests.listIfThere(path);
    if (now === undefined) return 'missing';
    if (now.digest === digest) return 'in place';
    return now.digest === last ? 'other' : 'changed';
  } catch (error) {
    // A broken link, a socket: nothing that Restage makes.
    if (error instanceof ListingError) return 'changed';
    throw error;
  }
}
