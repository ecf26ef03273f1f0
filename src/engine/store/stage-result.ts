import type { Curve } from '../../curves.ts';
import { type Digest, isDigest } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';
import { type ArtifactType, artifactTypes, type Highlight } from '../../stage.ts';
import { holdsRepository } from '../files/git-folder.ts';
import { fileListing, folderListing, type ListedFile, type Listing } from '../files/listing.ts';
import { type Fingerprint, hashFingerprint } from '../fingerprint/fingerprint.ts';

/**
 * The result of a stage: the objects of every port, and the record. Stored as
 * `cache/results/ab/<fingerprint>.json`.
 */
export interface StageResult {
  readonly format: 1;
  readonly digest: Digest;
  readonly fingerprint: Fingerprint;
  readonly outputs: Readonly<Record<string, StoredArtifact>>;
  /** False for `cache: false`: the digests are known, the objects are not kept. */
  readonly stored: boolean;
  readonly record: StageRecord;
  /**
   * What the program loaded beside the code that its text shows, in the order in which it was
   * found; absent: nothing.
   */
  readonly loaded?: readonly LoadedFiles[];
  /**
   * Makes this a signpost, which has no outputs: the program of this fingerprint loads these files
   * of the project as well, so its result is that of the code with them. Paths are relative to the
   * root.
   */
  readonly leadsTo?: readonly string[];
}

/**
 * Files of the project that a program loaded although the code that was known did not show them.
 */
export interface LoadedFiles {
  /** The version of the code without them, as fingerprints have it. */
  readonly version: Fingerprint['version'];
  /** Paths relative to the root. */
  readonly files: readonly string[];
}

/**
 * The answer of a store for a fingerprint. The bytes of a result `elsewhere` must be fetched before
 * they can be read.
 */
export type Lookup =
  | { readonly state: 'here' | 'elsewhere'; readonly result: StageResult }
  | { readonly state: 'missing' };

export interface StoredArtifact extends Listing {
  readonly type: ArtifactType;
}

/**
 * How a result was made. It is not in the fingerprint, and the only place for times, hosts and
 * versions.
 */
export interface StageRecord {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly attempts: number;
  readonly host: string;
  readonly node: string;
  readonly restage: string;
  readonly gitCommit?: string;
  readonly cpus: number;
  /** How many graphics cards it had; absent: none. */
  readonly gpus?: number;
  /** The scheduler's id of its job; absent for a stage that ran here. */
  readonly job?: string;
  /** Bytes that it needs, by the peak measured after a job had too little memory. */
  readonly memory?: number;
  /**
   * All settings, defaults included; the fingerprint has those that differ from the default. Absent
   * in old records.
   */
  readonly settings?: JsonObject;
  readonly notes: Readonly<Record<string, string | number>>;
  readonly highlights: readonly Highlight[];
  readonly warnings: readonly string[];
  /**
   * What the stage reported while it ran; absent where it reported no point, and in old records.
   */
  readonly curves?: readonly Curve[];
  /** The log's object; absent where nothing was logged. */
  readonly log?: Digest;
}

/** The objects that a result needs, with its log; repeated if outputs share some. */
export function objectsOf({ stored, outputs, record: { log } }: StageResult): readonly Digest[] {
  const files = stored ? Object.values(outputs).flatMap((artifact) => artifact.files) : [];
  return [...files.map(({ digest }) => digest), ...(log === undefined ? [] : [log])];
}

/**
 * The signposts to a result: they lead a plan there that knows only the code that the program's
 * text shows.
 */
export function signpostsOf({
  fingerprint,
  stored,
  record,
  loaded = [],
}: StageResult): readonly StageResult[] {
  const { log: _, curves: _c, ...facts } = record;
  return loaded.map(({ version, files }) => {
    const without = { ...fingerprint, version };
    return {
      format: 1,
      digest: hashFingerprint(without),
      fingerprint: without,
      outputs: {},
      stored,
      record: { ...facts, notes: {}, highlights: [], warnings: [] },
      leadsTo: files,
    };
  });
}

export const isSignpost = ({ leadsTo }: StageResult): boolean => leadsTo !== undefined;

/**
 * The digest of a stage's work by the code that its program's text shows, whatever the program
 * loads beside it.
 */
export function shownDigest({
  digest,
  fingerprint,
  loaded,
}: Pick<StageResult, 'digest' | 'fingerprint' | 'loaded'>) {
  const [first] = loaded ?? [];
  return first === undefined ? digest : hashFingerprint({ ...fingerprint, version: first.version });
}

/** Whether an output is or has a Git repository. Such a result stays where it was made. */
export const hasRepository = ({ outputs }: StageResult): boolean =>
  Object.values(outputs).some(({ files }) => holdsRepository(files.map(({ path }) => path)));

/**
 * Parses a result, by hand since a schema library would slow down an idle run. Undefined for
 * another format; throws if altered.
 */
export function parseResult(text: string, digest: Digest): StageResult | undefined {
  const result: unknown = JSON.parse(text);
  expect(isRecord(result) && Number.isInteger(result['format']), 'it has no format');
  if (result['format'] !== 1) return undefined;
  expect(isRecord(result['fingerprint']), 'it has no fingerprint');
  expect(
    typeof result['stored'] === 'boolean' && isRecord(result['outputs']),
    'it lacks its outputs',
  );
  expect(
    isRecord(result['record']) && Array.isArray(result['record']['highlights']),
    'it lacks its record',
  );
  const parsed = result as unknown as StageResult;
  const { log, curves } = parsed.record;
  expect(curves === undefined || isCurves(curves), 'its curves have another form');
  expect(log === undefined || isDigest(log), 'its log is not named by a digest');
  expect(
    parsed.digest === digest && hashFingerprint(parsed.fingerprint) === digest,
    'its fingerprint does not match its name',
  );
  for (const artifact of Object.values(parsed.outputs)) checkArtifact(artifact);
  const { leadsTo = [], loaded = [] } = parsed;
  const isLoaded =
    Array.isArray(loaded) && loaded.every((step) => isRecord(step) && isPaths(step['files']));
  expect(isPaths(leadsTo) && isLoaded, 'it names files outside of the project');
  return parsed;
}

/** The digest of an artifact follows from its files, so an altered listing is noticed. */
function checkArtifact(artifact: StoredArtifact): void {
  expect(isRecord(artifact) && Array.isArray(artifact.files), 'an output has no files');
  expect(artifactTypes.includes(artifact.type), 'an output has no type');
  for (const file of artifact.files)
    expect(isListedFile(file, artifact.folder), 'an output lists an invalid file');
  const [only] = artifact.files;
  expect(
    artifact.folder || (only !== undefined && artifact.files.length === 1),
    'an output is not one file',
  );
  const again = artifact.folder ? folderListing(artifact.files) : fileListing(only as ListedFile);
  expect(again.digest === artifact.digest, 'an output is not what its digest says');
}

/**
 * Files are written at these paths when the result is restored: none may lead out of the artifact.
 */
function isListedFile(file: unknown, inFolder: boolean): boolean {
  if (!isRecord(file) || !isDigest(file['digest']) || typeof file['path'] !== 'string')
    return false;
  if (!Number.isSafeInteger(file['size'])) return false;
  return inFolder ? isInside(file['path']) : file['path'] === '';
}

/** Whether a relative path stays in its folder. */
const isInside = (path: string): boolean =>
  !path.includes('\0') &&
  path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');

const isPaths = (value: unknown): boolean =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && isInside(path));

const isCurves = (value: unknown): boolean =>
  Array.isArray(value) && value.every((curve) => isRecord(curve) && Array.isArray(curve['points']));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
