import { basename, join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { UserError } from '../../user-error.ts';
import { extensionOf } from '../config/paths/extension-of.ts';
import type { Input, InputItem, Pipeline, Stage, StageName } from '../config/pipeline.ts';
import { type DigestIndex, isUnsettled, type SignedListing } from '../files/digest-index.ts';
import { type Listing, partsDigest } from '../files/listing.ts';
import { ListingError } from '../files/walk-tree.ts';
import { hashFingerprint } from '../fingerprint/canonical-json.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { fingerprintStage, type KeyedItem } from '../fingerprint/fingerprint-stage.ts';
import type { Graph } from '../graph/graph.ts';
import type { FolderStore } from '../store/folder-store.ts';
import { readInputListing } from '../store/input-listings.ts';
import type { StageResult, StoredArtifact } from '../store/stage-result.ts';
import type { Store } from '../store/store.ts';
import { changedCode } from './changed-code.ts';
import { type Decision, decide, type Facts, type PublishedState } from './decide.ts';
import { lastEnd } from './last-end.ts';

/** The places that decisions and actions share. */
export interface World {
  readonly pipeline: Pipeline;
  readonly graph: Graph;
  readonly cache: FolderStore;
  readonly digests: DigestIndex;
  /** Path inputs listed in this run, by absolute path. */
  readonly listings: Map<string, Promise<SignedListing>>;
  /** Named by the user; undefined for `auto`. */
  readonly backend: string | undefined;
  /** Every backend that can be named: for `auto`, what any of them made will do. */
  readonly backends: readonly string[];
  /** Stages that run whatever is known. */
  readonly forced: ReadonlySet<StageName>;
}

/** What a stage left: its outputs by port. */
export type Outputs = Readonly<Record<string, StoredArtifact>>;

/** The outputs of a stage that is done. */
export type OutputsOf = (stage: StageName) => Outputs;

/** A stage whose inputs are all known, looked at. */
export interface Examined {
  readonly fingerprint: Fingerprint;
  readonly digest: Digest;
  readonly decision: Decision;
  readonly result: StageResult | undefined;
  readonly last: Fingerprint | undefined;
  /** How each path input looked when it was hashed, by absolute path. */
  readonly looked: ReadonlyMap<string, string>;
}

/** A mistake or a fault outside us that stops one stage: a frozen stage without a result, an input that went away. */
export class ExamineError extends UserError {
  override readonly name = 'ExamineError';
}

/**
 * Looks up what the decision about one stage rests on, and decides. Reads, never writes.
 *
 * `outputsOf` gives the outputs of a stage that it reads.
 */
export async function examine(stage: Stage, world: World, outputsOf: OutputsOf): Promise<Examined> {
  const { pipeline, cache } = world;
  const latest = cache.readLatest(pipeline.name, stage.name);
  const last = latest === undefined ? undefined : cache.readResult(latest);
  if (stage.frozen) return examineFrozen(stage, world, last);

  const inputs = new Map<string, readonly KeyedItem[]>();
  const looked = new Map<string, string>();
  const listed = new Map<Digest, Listing>();
  for (const input of stage.inputs) {
    inputs.set(
      input.port,
      await Promise.all(input.items.map((item) => keyItem(item, input, world, outputsOf, { looked, listed }))),
    );
  }
  const known = { inputs, latest, last, looked, listed };
  const own = await examineFor(world.backend, stage, world, known);
  if (own.decision.state !== 'stale' || world.backend !== undefined || !stage.computes) return own;
  for (const backend of world.backends) {
    const other = await examineFor(backend, stage, world, known);
    if (other.decision.state !== 'stale') return other;
  }
  return own;
}

/** What is known of a stage before a backend is chosen. */
interface Known {
  readonly inputs: ReadonlyMap<string, readonly KeyedItem[]>;
  readonly latest: Digest | undefined;
  readonly last: StageResult | undefined;
  readonly looked: ReadonlyMap<string, string>;
  /** Path inputs by their digest. */
  readonly listed: ReadonlyMap<Digest, Listing>;
}

/** Decides about a stage as computed by one backend; undefined: by none that was named. */
async function examineFor(backend: string | undefined, stage: Stage, world: World, known: Known): Promise<Examined> {
  const { inputs, latest, last, looked } = known;
  const { cache, pipeline } = world;
  const fingerprint = fingerprintStage(stage, { inputs, backend, salt: pipeline.salt });
  const digest = hashFingerprint(fingerprint);
  const result = digest === latest ? last : cache.readResult(digest);
  const attempted = result === undefined && last === undefined ? lastEnd(cache, pipeline.name, stage.name) : undefined;
  const decision = decide({
    fingerprint,
    result,
    attempted,
    last: last?.fingerprint,
    forced: world.forced.has(stage.name),
    words: wordsOf(stage, last?.fingerprint ?? attempted?.content, fingerprint, known, world),
    ...(await standing(stage, result, last, world)),
  });
  return { fingerprint, digest, decision, result, last: last?.fingerprint, looked };
}

/** What the reasons of a decision are told with; files are looked up only where something of theirs changed. */
function wordsOf(
  stage: Stage,
  last: Fingerprint | undefined,
  now: Fingerprint,
  { listed }: Known,
  { cache }: World,
): Facts['words'] & object {
  const { defaultOf } = stage;
  if (last === undefined) return { defaultOf };
  const filesOf = (input: Digest) => {
    const listing = listed.get(input);
    if (listing?.folder !== true) return readInputListing(cache.folder, input);
    return new Map(listing.files.map(({ path, digest }) => [path, digest]));
  };
  const changed = last.version === now.version ? undefined : changedCode(cache.folder, last, now);
  return { defaultOf, filesOf, changedCode: changed };
}

async function examineFrozen(stage: Stage, world: World, last: StageResult | undefined): Promise<Examined> {
  if (last === undefined) {
    throw new ExamineError('is frozen, but there is no earlier result to keep; run it once without `frozen: true`');
  }
  const { fingerprint, digest } = last;
  const facts = {
    fingerprint,
    result: last,
    last: fingerprint,
    forced: false,
    ...(await standing(stage, last, last, world)),
  };
  const decision = decide(facts);
  if (decision.state === 'stale') {
    throw new ExamineError(
      `is frozen and would have to run: ${decision.reasons.join(', ')}; remove \`frozen: true\` to run it`,
    );
  }
  return { fingerprint, digest, decision, result: last, last: fingerprint, looked: new Map() };
}

async function keyItem(
  item: InputItem,
  input: Input,
  world: World,
  outputsOf: OutputsOf,
  { looked, listed }: { readonly looked: Map<string, string>; readonly listed: Map<Digest, Listing> },
): Promise<KeyedItem> {
  if (item.from === 'path') {
    const listing = await listOnce(item.path, world);
    looked.set(item.path, isUnsettled(listing) ? 'still being written' : listing.signature);
    const digest = partsDigest(listing, input.parts);
    listed.set(digest, listing);
    if (item.labels['path'] !== undefined) return { digest }; // its path is keyed as a label
    return { digest, ...(input.list ? { name: basename(item.path) } : keyedExtension(listing, item.path)) };
  }
  const artifact = outputsOf(item.stage)[item.port];
  if (artifact === undefined) throw new Error(`Internal error: ${item.stage} left no output ${item.port}`);
  const { path } = world.graph.stage(item.stage).outputs.find(({ port }) => port === item.port)!;
  return { digest: partsDigest(artifact, input.parts), ...keyedExtension(artifact, path) };
}

function keyedExtension({ folder }: Listing, path: string): { readonly extension?: string } {
  const extension = folder ? '' : extensionOf(path);
  return extension === '' ? {} : { extension };
}

/** One run sees one state of an input, which nothing can have followed unseen, however many stages read it. */
function listOnce(path: string, world: World): Promise<SignedListing> {
  const known = world.listings.get(path);
  if (known !== undefined) return known;
  const listing = world.digests.listSettled(path, { modes: false });
  world.listings.set(path, listing);
  return listing;
}

/** How the published outputs stand against the result, and what the cache has lost of it. */
async function standing(stage: Stage, result: StageResult | undefined, last: StageResult | undefined, world: World) {
  const published: Record<string, PublishedState> = {};
  if (result === undefined) return { published, missingObjects: 0 };
  for (const { port, path } of stage.outputs) {
    const wanted = [result, last].map((one) => one?.outputs[port]?.digest);
    published[port] = await compare(join(world.pipeline.root, path), wanted, world.digests);
  }
  const inPlace = Object.values(published).every((state) => state === 'in place');
  const missingObjects = inPlace || !result.stored ? 0 : await countMissing(result, world.cache);
  return { published, missingObjects };
}

async function compare(
  path: string,
  [digest, last]: readonly (Digest | undefined)[],
  digests: DigestIndex,
): Promise<PublishedState> {
  try {
    const now = await digests.listIfThere(path);
    if (now === undefined) return 'missing';
    if (now.digest === digest) return 'in place';
    return now.digest === last ? 'other' : 'changed';
  } catch (error) {
    if (error instanceof ListingError) return 'changed'; // a broken link, a socket: nothing that we make
    throw error;
  }
}

async function countMissing(result: StageResult, store: Store): Promise<number> {
  const missing = await Promise.all(Object.values(result.outputs).map((artifact) => store.missingObjects(artifact)));
  return missing.flat().length;
}
