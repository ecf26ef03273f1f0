import type { Digest } from '../../digest.ts';
import { isJsonObject, type Json } from '../../json.ts';
import type { Stage } from '../config/pipeline.ts';
import {
  diffFingerprints,
  diffValues,
  type FingerprintDifference,
} from '../fingerprint/diff-fingerprints.ts';
import type { Fingerprint, FingerprintInput } from '../fingerprint/fingerprint.ts';

/** One way in which a stage's fingerprint differs from an earlier one, as plain data. */
export type Change =
  /**
   * A setting or another value of the fingerprint. A side is absent where the value is left out and
   * has no default.
   */
  | {
      readonly of: 'value';
      readonly path: string;
      readonly before?: Json | undefined;
      readonly after?: Json | undefined;
    }
  /**
   * The code of an own kind or a program: files by their path, packages with their version; empty:
   * unknown.
   */
  | { readonly of: 'code'; readonly kind?: string; readonly files: readonly string[] }
  | InputChange;

export interface InputChange {
  readonly of: 'input';
  readonly port: string;
  readonly change: 'added' | 'removed' | 'content' | 'extension';
  /**
   * With `content`. Absent where they are unknown, as those of a stage's output, or where the input
   * is a single file.
   */
  readonly files?: FileChanges;
  /** With `extension`: that of the input's only file, such as `.csv`. Absent: none. */
  readonly before?: Json | undefined;
  readonly after?: Json | undefined;
}

/**
 * The first files of an input that changed, and how many more did: an input may have a million
 * files.
 */
export interface FileChanges {
  readonly first: readonly {
    readonly path: string;
    readonly change: 'changed' | 'added' | 'removed';
  }[];
  readonly more: number;
}

const mostFiles = 20;

/** Lookups for details of changes. Only the words of a reason depend on them. */
export interface ChangeDetails {
  readonly defaultOf?: Stage['defaultOf'];
  /**
   * The files of a folder by the digest that the fingerprint holds of it; undefined where they are
   * unknown.
   */
  readonly filesOf: (input: Digest) => ReadonlyMap<string, Digest> | undefined;
  readonly changedCode: () => readonly string[];
}

/**
 * How a fingerprint differs from an earlier one, in the order of the earlier one. A changed input
 * is one change.
 */
export function changesBetween(
  before: Fingerprint,
  after: Fingerprint,
  details: ChangeDetails,
): readonly Change[] {
  const inputs = new Set<string>();
  return diffFingerprints(before, after).flatMap((difference): readonly Change[] => {
    const { path } = difference;
    if (path === 'version' && typeof difference.after === 'string') {
      const isProgram = difference.after.includes('-');
      return [
        { of: 'code', ...(!isProgram && { kind: after.kind }), files: details.changedCode() },
      ];
    }
    const port = /^inputs\.([^.[]+)/.exec(path)?.[1];
    if (port === undefined) {
      return withDefaults(difference, details.defaultOf).map((leaf) => ({ of: 'value', ...leaf }));
    }
    if (path === `inputs.${port}` && difference.before === undefined)
      return [{ of: 'input', port, change: 'added' }];
    if (path === `inputs.${port}` && difference.after === undefined)
      return [{ of: 'input', port, change: 'removed' }];
    if (path.endsWith('.extension')) {
      return [
        {
          of: 'input',
          port,
          change: 'extension',
          before: difference.before,
          after: difference.after,
        },
      ];
    }
    if (inputs.has(port)) return []; // a list of ten thousand files differs at as many paths
    inputs.add(port);
    const files = fileChanges(before.inputs[port] ?? [], after.inputs[port] ?? [], details.filesOf);
    return [{ of: 'input', port, change: 'content', ...(files !== undefined && { files }) }];
  });
}

/**
 * A difference with defaults filled in. If one side leaves out a whole map, each leaf that differs
 * is a difference.
 */
export function withDefaults(
  difference: FingerprintDifference,
  defaultOf: Stage['defaultOf'],
): readonly FingerprintDifference[] {
  const { path } = difference;
  const keys = /^settings((\.[\w$-]+)+)$/.exec(path)?.[1]?.slice(1).split('.');
  if (keys === undefined) return [difference];
  const isWritten = difference.before !== undefined && difference.after !== undefined;
  const preset = isWritten ? undefined : defaultOf?.(keys);
  const before = difference.before ?? preset;
  const after = difference.after ?? preset;
  if (!isJsonObject(before) || !isJsonObject(after)) return [{ path, before, after }];
  const completed = (written: Json | undefined, value: Json) =>
    written === undefined ? value : (defaultOf?.(keys, value) ?? value);
  const leaves = diffValues(
    path,
    completed(difference.before, before),
    completed(difference.after, after),
  );
  // None where another version of the kind had other defaults.
  return leaves.length > 0 ? leaves : [{ path, before, after }];
}

function fileChanges(
  before: readonly FingerprintInput[],
  after: readonly FingerprintInput[],
  filesOf: ChangeDetails['filesOf'],
): FileChanges | undefined {
  const old = filesOfPort(before, filesOf);
  const now = filesOfPort(after, filesOf);
  if (old === undefined || now === undefined) return undefined;
  const changes: FileChanges['first'][number][] = [
    ...[...now].flatMap(([path, digest]) =>
      old.has(path) && old.get(path) !== digest ? [{ path, change: 'changed' as const }] : [],
    ),
    ...[...now.keys()]
      .filter((path) => !old.has(path))
      .map((path) => ({ path, change: 'added' as const })),
    ...[...old.keys()]
      .filter((path) => !now.has(path))
      .map((path) => ({ path, change: 'removed' as const })),
  ];
  if (changes.length === 0) return undefined;
  return { first: changes.slice(0, mostFiles), more: Math.max(0, changes.length - mostFiles) };
}

function filesOfPort(items: readonly FingerprintInput[], filesOf: ChangeDetails['filesOf']) {
  const all = new Map<string, Digest>();
  for (const { digest, labels } of items) {
    const itemPath = labels?.['path'];
    const files = filesOf(digest);
    if (files === undefined && itemPath === undefined) return undefined;
    if (files === undefined) all.set(itemPath!, digest);
    else
      for (const [path, fileDigest] of files)
        all.set(itemPath === undefined ? path : `${itemPath}/${path}`, fileDigest);
  }
  return all;
}
