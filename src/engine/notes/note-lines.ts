import { z } from 'zod';
import { jsonOf } from '../../json.ts';
import { isKeyText } from '../store/remote/keys.ts';
import { isSignedLine } from '../store/remote/signed-line.ts';
import { harmless, longest, longestLine, mostTags, oneLine } from './note-text.ts';

/** The most tags that a run or member has. Lines that add more count for the rest of their edit. */
const mostTagsOfSubject = 100;
/** Milliseconds by which the clock of a writer may be ahead. Lines of a later time wait for it. */
export const clockTolerance = 86_400_000;

/** A run, or with `member` the instance of its matrix: its axes as `rate=0.001,seed=7`. */
export interface NotedSubject {
  readonly run: string;
  readonly member?: string;
}

/** What somebody changes about a run or member. What is absent stays; an empty text removes one. */
export interface NoteEdit {
  readonly name?: string;
  readonly note?: string;
  readonly tag?: readonly string[];
  readonly untag?: readonly string[];
  readonly pin?: boolean;
  /** At most one subject of each pipeline is its baseline: the one that was made it last. */
  readonly baseline?: boolean;
}

/** A line of a file of notes: one edit, by one person, at one time. */
export interface NoteLine extends NotedSubject, NoteEdit {
  readonly pipeline: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The writer's name on their machine, which nobody vouches for. */
  readonly by: string;
  /** The public key of the writer, 32 bytes in base64; absent without one. */
  readonly key?: string;
  readonly signature?: string;
}

const text = (most: number) => z.string().max(most);
const tags = z.array(text(longest.tag).min(1)).max(mostTags);

const editForm = {
  name: text(longest.name).optional(),
  note: text(longest.note).optional(),
  tag: tags.optional(),
  untag: tags.optional(),
  pin: z.boolean().optional(),
  baseline: z.boolean().optional(),
};

const subjectForm = { run: text(100).min(1), member: text(1000).min(1).optional() };

const lineForm = z.looseObject({
  ...subjectForm,
  ...editForm,
  pipeline: text(500),
  time: z.iso.datetime({ precision: 3 }),
  by: text(100),
  key: z.string().refine(isKeyText).optional(),
  signature: z.string().optional(),
});

const requestForm = z.strictObject({ ...subjectForm, ...editForm });

/** The subject and the edit in a request; undefined for anything else. */
export function parseRequest(value: unknown): (NotedSubject & NoteEdit) | undefined {
  const parsed = requestForm.safeParse(value);
  return parsed.success ? (parsed.data as NotedSubject & NoteEdit) : undefined;
}

/** A line as its writer wrote it; undefined for what is none, whoever wrote it. */
export function parseLine(text: string): NoteLine | undefined {
  if (text.length > longestLine) return undefined;
  const parsed = lineForm.safeParse(jsonOf(text));
  return parsed.success ? (parsed.data as NoteLine) : undefined;
}

/** Who made an edit, and when. */
export interface NoteAuthor {
  /** The name of their key in `store.yaml`; else their name on their machine. */
  readonly author: string;
  /** Whether a key of `store.yaml` signed the edit. */
  readonly isVouched: boolean;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** What is known of a run or member: the last edit of each part counts. */
export interface Noted extends NotedSubject {
  readonly pipeline: string;
  /** Empty without one. One line. */
  readonly name: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly isPinned: boolean;
  readonly isBaseline: boolean;
  /** The last edit. */
  readonly last: NoteAuthor;
}

/** The name of a subject in maps. */
export const subjectKey = ({ run, member }: NotedSubject): string =>
  member === undefined ? run : `${run}[${member}]`;

/** A line with its text as it stands in the file. */
export interface WrittenLine {
  readonly text: string;
  readonly line: NoteLine;
}

/**
 * What all lines mean together, by {@link subjectKey}. Their order in files means nothing, since
 * merges change it: they count by their time. `keys` are the names of trusted keys, by their text.
 */
export function notedBy(
  lines: readonly WrittenLine[],
  keys: ReadonlyMap<string, string>,
  now: number,
): ReadonlyMap<string, Noted> {
  const noted = new Map<string, Noted>();
  const lastLines = new Map<string, WrittenLine>();
  const baselines = new Map<string, string>();
  for (const written of inOrder(lines)) {
    const { line } = written;
    if (Date.parse(line.time) > now + clockTolerance) continue;
    const key = subjectKey(line);
    noted.set(key, edited(noted.get(key), line));
    lastLines.set(key, written);
    if (line.baseline === true) baselines.set(line.pipeline, key);
    if (line.baseline === false && baselines.get(line.pipeline) === key)
      baselines.delete(line.pipeline);
  }
  // Signatures take a tenth of a millisecond each, so that only the last one of each is checked.
  for (const [key, value] of noted) {
    const isBaseline = baselines.get(value.pipeline) === key;
    noted.set(key, { ...value, isBaseline, last: authorOf(lastLines.get(key)!, keys) });
  }
  return noted;
}

function authorOf({ text, line }: WrittenLine, keys: ReadonlyMap<string, string>): NoteAuthor {
  const name = line.key === undefined ? undefined : keys.get(line.key);
  const isVouched = name !== undefined && isSignedLine('note', text, line.key!);
  return { author: isVouched ? name : oneLine(line.by), isVouched, time: line.time };
}

/** Lines by time, each once: a merge or a pull may have brought one twice. */
function inOrder(lines: readonly WrittenLine[]): readonly WrittenLine[] {
  const once = new Map(lines.map((written) => [written.text, written]));
  const orderOf = ({ text, line }: WrittenLine) => `${line.time} ${text}`;
  return [...once.values()].toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function edited(before: Noted | undefined, line: NoteLine): Noted {
  const tags = new Set(before?.tags);
  for (const tag of line.untag ?? []) tags.delete(oneLine(tag));
  for (const tag of line.tag ?? []) if (tags.size < mostTagsOfSubject) tags.add(oneLine(tag));
  tags.delete('');
  return {
    run: line.run,
    ...(line.member !== undefined && { member: line.member }),
    pipeline: line.pipeline,
    name: line.name === undefined ? (before?.name ?? '') : oneLine(line.name),
    note: line.note === undefined ? (before?.note ?? '') : harmless(line.note).trim(),
    tags: [...tags].sort(),
    isPinned: line.pin ?? before?.isPinned ?? false,
    isBaseline: false,
    last: { author: '', isVouched: false, time: line.time },
  };
}

/** An edit whose texts are as they will be shown. */
export const plainEdit = (edit: NoteEdit): NoteEdit => ({
  ...edit,
  ...(edit.name !== undefined && { name: oneLine(edit.name) }),
  ...(edit.note !== undefined && { note: harmless(edit.note).trim() }),
  ...(edit.tag !== undefined && { tag: edit.tag.map(oneLine).filter(Boolean) }),
  ...(edit.untag !== undefined && { untag: edit.untag.map(oneLine).filter(Boolean) }),
});
