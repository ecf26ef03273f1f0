import { type Digest, isDigest } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';
import type { Curve } from '../../reported-curves.ts';
import { sealFile } from '../../seal-file.ts';
import { type ArtifactType, artifactTypes, type Highlight, type Told } from '../../stage.ts';
import { holdsRepository } from '../files/git-folder.ts';
import { fileListing, folderListing, type ListedFile, type Listing } from '../files/listing.ts';
import { type Fingerprint, hashFingerprint } from '../fingerprint/fingerprint.ts';
import { isRecord, whyNoResult } from './result-form.ts';

/** What a result is named by: everything that decided it. */
export interface ResultName {
  readonly digest: Digest;
  readonly fingerprint: Fingerprint;
  /**
   * What the program loaded beside the code that its text shows, in the order in which it was
   * found; absent: nothing.
   */
  readonly loaded?: readonly LoadedFiles[];
}

/**
 * The result of a stage: the objects of every port, and the record. Stored as
 * `cache/results/ab/<fingerprint>.json`.
 */
export interface StageResult extends ResultName {
  readonly format: 1;
  readonly outputs: Readonly<Record<string, StoredArtifact>>;
  /** False for `cache: false`: the digests are known, the objects are not kept. */
  readonly stored: boolean;
  readonly record: StageRecord;
  /**
   * Makes this a signpost, which has no outputs: the program of this fingerprint loads these files
   * of the project as well, so its result is that of the code with them. Paths are relative to the
   * root.
   */
  readonly leadsTo?: readonly string[];
  /**
   * Makes this the signpost of a stage that proposes a trial: which trials it knew of. Its
   * fingerprint has none of them, and the proposal before.
   */
  readonly knew?: KnownTrials;
}

/** The numbers of the trials that had ended when another one was proposed. */
export interface KnownTrials {
  readonly ended: readonly string[];
  readonly failed: readonly string[];
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

/** The job of a stage on a cluster. */
export interface JobRecord {
  /** The scheduler's id of its job; absent for a stage that ran here. */
  readonly job?: string;
  /** Bytes that it needs, by the peak measured after a job had too little memory. */
  readonly memory?: number;
}

/** What a stage reported while it ran. */
export interface StageReports {
  readonly notes: Readonly<Record<string, string | number>>;
  readonly highlights: readonly Highlight[];
  readonly warnings: readonly string[];
  /** Absent where it reported no point, and in old records. */
  readonly curves?: readonly Curve[];
}

/**
 * How a result was made. It is not in the fingerprint, and the only place for times, hosts and
 * versions.
 */
export interface StageRecord extends JobRecord, StageReports {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly attempts: number;
  readonly host: string;
  readonly node: string;
  readonly restage: string;
  /**
   * The versions of what its program ran with, by name, such as `Python`, `CUDA` and `torch`.
   * Absent where it is no program or none is known, and in old records.
   */
  readonly software?: Readonly<Record<string, string>>;
  readonly gitCommit?: string;
  readonly cpus: number;
  /** How many graphics cards it had; absent: none. */
  readonly gpus?: number;
  /**
   * All settings, defaults included; the fingerprint has those that differ from the default. Absent
   * in old records.
   */
  readonly settings?: JsonObject;
  /** The log's object; absent where nothing was logged. */
  readonly log?: Digest;
}

/** The objects that a result needs, with its log; repeated if outputs share some. */
export function objectsOf({ stored, outputs, record: { log } }: StageResult): readonly Digest[] {
  const files = stored ? Object.values(outputs).flatMap((artifact) => artifact.files) : [];
  return [...files.map(({ digest }) => digest), ...(log === undefined ? [] : [log])];
}

/**
 * The signposts to a result. A plan that knows only the code in the program's text follows them to
 * the result, and one that knows only the proposals before finds which trials had ended.
 */
export function signpostsOf(result: StageResult): readonly StageResult[] {
  const { fingerprint, stored, record, loaded = [] } = result;
  const { log: _, curves: _c, ...facts } = record;
  const signpost = (without: Fingerprint, leadsTo: readonly string[]): StageResult => ({
    format: 1,
    digest: hashFingerprint(without),
    fingerprint: without,
    outputs: {},
    stored,
    record: { ...facts, notes: {}, highlights: [], warnings: [] },
    leadsTo,
  });
  const knew = knownTrials(fingerprint);
  return [
    ...loaded.map(({ version, files }) => signpost({ ...fingerprint, version }, files)),
    ...(knew ? [{ ...signpost(withoutHistory(fingerprint), []), knew }] : []),
  ];
}

/** The fingerprint of a stage that proposes a trial, without what it was told of those before. */
export function withoutHistory(fingerprint: Fingerprint): Fingerprint {
  const { told: _, ...settings } = fingerprint.settings;
  const { history = [] } = fingerprint;
  const inputs = Object.entries(fingerprint.inputs).map(
    ([port, items]) => [port, history.includes(port) ? [] : items] as const,
  );
  return { ...fingerprint, settings, inputs: Object.fromEntries(inputs) };
}

/** Which trials a proposal knew of; undefined for other stages. */
export function knownTrials({ history, inputs, settings }: Fingerprint): KnownTrials | undefined {
  const told = settings['told'] as Told | undefined;
  if (history === undefined || told === undefined) return undefined;
  const items = history.flatMap((port) => inputs[port] ?? []);
  const labels = items.map((item) => item.labels?.[told.axis] ?? '');
  return { ended: [...new Set(labels)], failed: told.failed };
}

export const isSignpost = ({ leadsTo }: StageResult): boolean => leadsTo !== undefined;

/**
 * The digest of a stage's work by the code that its program's text shows, whatever the program
 * loads beside it.
 */
export function shownDigest({ digest, fingerprint, loaded }: ResultName) {
  const [first] = loaded ?? [];
  return first === undefined ? digest : hashFingerprint({ ...fingerprint, version: first.version });
}

/** Whether an output is or has a Git repository. Such a result stays where it was made. */
export const hasRepository = ({ outputs }: StageResult): boolean =>
  Object.values(outputs).some(({ files }) => holdsRepository(files.map(({ path }) => path)));

/** Whether an output has a sealed part, also one whose seal was broken since. */
export const hasSeal = ({ outputs }: StageResult): boolean =>
  Object.values(outputs).some(({ files }) =>
    files.some(({ path }) => path.endsWith(`/${sealFile}`)),
  );

/**
 * Parses a result. Returns undefined if the format is another version's. Throws if the text is not
 * a result or was altered.
 */
export function parseResult(text: string, digest: Digest): StageResult | undefined {
  const value: unknown = JSON.parse(text);
  refuseUnless(isRecord(value) && Number.isInteger(value['format']), 'it has no format');
  if (value['format'] !== 1) return undefined;
  const why = whyNoResult(value);
  refuseUnless(why === undefined, why ?? '');
  const result = value as object as StageResult;
  refuseUnless(
    result.digest === digest && hashFingerprint(result.fingerprint) === digest,
    'its fingerprint does not match its name',
  );
  const { leadsTo = [], loaded = [] } = result;
  const paths = [...leadsTo, ...loaded.flatMap(({ files }) => files)];
  refuseUnless(paths.every(isInside), 'it names files outside of the project');
  const outputs = Object.entries(result.outputs);
  // fromEntries, since a port may be called `__proto__`.
  const checked = outputs.map(([port, artifact]) => [port, checkedArtifact(artifact)] as const);
  return { ...result, outputs: Object.fromEntries(checked) };
}

/** The artifact, listed again: its digest and those of its parts follow from its files. */
function checkedArtifact(artifact: StoredArtifact): StoredArtifact {
  refuseUnless(isRecord(artifact) && Array.isArray(artifact.files), 'an output has no files');
  const { type, folder, files, digest } = artifact;
  refuseUnless(artifactTypes.includes(type), 'an output has no type');
  refuseUnless(
    files.every((file) => isListedFile(file, folder)),
    'an output lists an invalid file',
  );
  const [only] = files;
  refuseUnless(folder || (only !== undefined && files.length === 1), 'an output is not one file');
  const again = folder ? folderListing(files) : fileListing(only as ListedFile);
  refuseUnless(again.digest === digest, 'an output is not what its digest says');
  refuseUnless(isTree(again.files), 'an output has two files at one path, or one inside another');
  return { type, ...again };
}

/**
 * Whether sorted files are those of a folder: each path is there once, and none lies inside
 * another.
 */
function isTree(files: readonly ListedFile[]): boolean {
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size < files.length) return false;
  const folders = new Set(
    files.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('/')))),
  );
  for (const folder of folders) {
    for (let end = folder.length; end > 0; end = folder.lastIndexOf('/', end - 1)) {
      if (paths.has(folder.slice(0, end))) return false;
    }
  }
  return true;
}

/**
 * Files are written at these paths when the result is restored: none may lead out of the artifact.
 */
function isListedFile(file: unknown, inFolder: boolean): boolean {
  if (!isRecord(file) || !isDigest(file['digest']) || typeof file['path'] !== 'string')
    return false;
  if (!Number.isSafeInteger(file['size']) || Number(file['size']) < 0) return false;
  if (file['executable'] !== undefined && file['executable'] !== true) return false;
  return inFolder ? isInside(file['path']) : file['path'] === '';
}

/** The longest path that Linux takes, in bytes. */
const longestPath = 4095;

/** Whether a relative path stays in its folder, and a file can have it. */
const isInside = (path: string): boolean =>
  path.length <= longestPath &&
  !path.includes('\0') &&
  path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');

function refuseUnless(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
