import { isJsonObject, type Json } from '../../json.ts';
import { diffValues, type FingerprintDifference } from '../fingerprint/diff-fingerprints.ts';
import { nameFew } from './name-few.ts';

/** What a change is told with beyond the two fingerprints. */
export interface ChangeWords {
  readonly kind: string;
  /** Files of a project's own kind that changed, and packages, where that is known. */
  readonly changedCode?: readonly string[] | undefined;
  /** Which files of an input port changed, where that is known. */
  readonly changedFiles?: ((port: string) => string | undefined) | undefined;
  /**
   * A setting that the file leaves out, by its path of keys, or of which there is only a `part`; undefined where it has no
   * default.
   */
  readonly defaultOf?: ((path: readonly string[], part?: Json) => Json | undefined) | undefined;
}

/** One difference between two fingerprints as clauses: `settings.epochs: 5 → 8`, `input dataset changed`. */
export function formatChange(difference: FingerprintDifference, words: ChangeWords): readonly string[] {
  const { path } = difference;
  const input = /^inputs\.([^.[]+)/.exec(path)?.[1];
  if (input !== undefined) {
    if (path === `inputs.${input}` && difference.before === undefined) return [`input ${input} is new`];
    if (path === `inputs.${input}` && difference.after === undefined) return [`input ${input} was dropped`];
    if (path.endsWith('.extension')) return [formatExtension(input, difference)];
    const files = words.changedFiles?.(input);
    return [`input ${input} changed${files === undefined ? '' : `: ${files}`}`];
  }
  if (path === 'version' && typeof difference.after === 'string') return [formatCodeChange(words)];
  return leavesWithDefaults(difference, words).map(formatLeaf);
}

function formatExtension(input: string, { before, after }: FingerprintDifference): string {
  const ends = (extension: Json | undefined) => (extension === undefined ? 'no extension' : JSON.stringify(extension));
  return `input ${input} ends in ${ends(after)}, before in ${ends(before)}`;
}

function formatLeaf({ path, before, after }: FingerprintDifference): string {
  if (before === undefined) return `${path}: set to ${show(after)}`;
  if (after === undefined) return `${path}: ${show(before)} → default`;
  return `${path}: ${show(before)} → ${show(after)}`;
}

/** A difference with defaults, leaf by leaf where one side leaves out a whole map of settings and the other a part of it. */
export function leavesWithDefaults(
  difference: FingerprintDifference,
  words: ChangeWords,
): readonly FingerprintDifference[] {
  const whole = withDefaults(difference, words);
  const { path, before, after } = whole;
  const keys = settingKeys(path);
  if (keys === undefined || !isJsonObject(before) || !isJsonObject(after)) return [whole];
  const completed = (written: Json | undefined, value: Json) =>
    written === undefined ? value : (words.defaultOf?.(keys, value) ?? value);
  const leaves = diffValues(path, completed(difference.before, before), completed(difference.after, after));
  return leaves.length > 0 ? leaves : [whole]; // none where another version of the kind had other defaults
}

const settingKeys = (path: string): readonly string[] | undefined =>
  /^settings((\.[\w$-]+)+)$/.exec(path)?.[1]?.slice(1).split('.');

/** A difference with the default in the place of a setting that one side leaves out. */
function withDefaults(difference: FingerprintDifference, { defaultOf }: ChangeWords): FingerprintDifference {
  const { path, before, after } = difference;
  const keys = settingKeys(path);
  if (keys === undefined || defaultOf === undefined || (before !== undefined && after !== undefined)) return difference;
  const preset = defaultOf(keys);
  return { path, before: before ?? preset, after: after ?? preset };
}

function formatCodeChange({ kind, changedCode = [] }: ChangeWords): string {
  const folder = `stages/${kind}`;
  const names = changedCode.map((path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path));
  return `code of ${folder} changed${names.length > 0 ? ` (${nameFew(names)})` : ''}`;
}

function show(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
