import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../digest.ts';
import type { Environment } from '../../environment.ts';
import { UserError } from '../../user-error.ts';
import { appendLines } from '../files/append-lines.ts';
import { writing } from '../files/write-error.ts';
import { keyFile, readKey, type SigningKey } from '../store/remote/keys.ts';
import { signedLine } from '../store/remote/signed-line.ts';
import { loadStoreFile } from '../store/remote/store-file.ts';
import { type ImageEdit, type ImageLine, imageTags, parseImageLine } from './image-tags.ts';
import {
  clockTolerance,
  type Noted,
  type NotedSubject,
  type NoteEdit,
  type NoteLine,
  notedBy,
  parseLine,
  plainEdit,
  subjectKey,
  type WrittenLine,
} from './note-lines.ts';

/** The folder of notes in a project, which belongs into its repository. */
export const notesFolder = 'notes';

/** Bytes of a file that is read as notes: 50,000 lines. */
const largestFile = 16 * 1024 * 1024;
const mostFiles = 1000;
/** Edits of one run that travel with it. */
const mostTravelling = 500;

/** A subject, with the pipeline of its run. */
export interface EditedSubject extends NotedSubject {
  readonly pipeline: string;
}

/**
 * What people wrote about the runs of a project: `notes/*.jsonl`, one file a writer, to which lines
 * are only appended, so that Git merges the edits of several people. Anybody may have written any
 * of these files: a line that is none counts as absent, and a link is not followed.
 */
export class Notes {
  readonly #root: string;
  readonly #warn: (message: string) => void;
  #signature = '';
  #lines: readonly WrittenLine[] = [];
  #noted: ReadonlyMap<string, Noted> = new Map();
  /** The time of the last line about an image, in milliseconds since the epoch. */
  #lastTagging = 0;
  #imageTags: ReadonlyMap<string, readonly string[]> = new Map();
  #damaged: readonly string[] = [];

  constructor(root: string, warn: (message: string) => void = () => {}) {
    this.#root = root;
    this.#warn = warn;
  }

  /** Changes with the files. */
  get signature(): string {
    return this.#files()
      .map(({ name, signature }) => `${name} ${signature}`)
      .join('\n');
  }

  /** What is noted now, by run, or by run and member as `subjectKey` names them. */
  get noted(): ReadonlyMap<string, Noted> {
    this.#refresh();
    return this.#noted;
  }

  of(subject: NotedSubject): Noted | undefined {
    return this.noted.get(subjectKey(subject));
  }

  /** The tags of images, by their paths. */
  get imageTags(): ReadonlyMap<string, readonly string[]> {
    this.#refresh();
    return this.#imageTags;
  }

  /** The files with lines that are no notes, as `notes/anna.jsonl:3`. */
  get damaged(): readonly string[] {
    this.#refresh();
    return this.#damaged;
  }

  /** All lines about a run and its members as they were written, the last ones of very many. */
  linesOf(run: string): readonly string[] {
    this.#refresh();
    const lines = this.#lines.filter(({ line }) => line.run === run).map(({ text }) => text);
    return [...new Set(lines)].slice(-mostTravelling);
  }

  /**
   * Appends an edit to the file of the user, signed if they have a key. Throws a `WriteError`, and
   * a `UserError` for a key that others can read.
   */
  async edit(subject: EditedSubject, edit: NoteEdit, env: Environment): Promise<void> {
    const key = readKey(keyFile(env));
    const by = userName(env).slice(0, 100);
    const line: NoteLine = {
      time: this.#nextTime(subject, edit),
      run: subject.run,
      ...(subject.member !== undefined && { member: subject.member }),
      pipeline: subject.pipeline,
      ...plainEdit(edit),
      by,
      ...(key !== undefined && { key: key.text }),
    };
    const unsigned = JSON.stringify(line);
    const text = key === undefined ? unsigned : await signedLine('note', unsigned, key);
    if (parseLine(text) === undefined) throw new Error('Internal error: no line of notes');
    this.#append([text], fileOf(by, key));
  }

  /** Appends a line for each of some images, like {@link edit}, with the same errors. */
  async tagImages({ images, tag, untag }: ImageEdit, env: Environment): Promise<void> {
    this.#refresh();
    const key = readKey(keyFile(env));
    const by = userName(env).slice(0, 100);
    // Just after the last edit of any image: edits of one millisecond would have no order.
    this.#lastTagging = Math.max(Date.now(), this.#lastTagging + 1);
    const time = new Date(this.#lastTagging).toISOString();
    const lines: string[] = [];
    for (const image of images) {
      const line: ImageLine = {
        time,
        image,
        ...(tag !== undefined && tag.length > 0 && { tag }),
        ...(untag !== undefined && untag.length > 0 && { untag }),
        by,
        ...(key !== undefined && { key: key.text }),
      };
      const unsigned = JSON.stringify(line);
      lines.push(key === undefined ? unsigned : await signedLine('note', unsigned, key));
    }
    this.#append(lines, fileOf(by, key));
  }

  /**
   * Adds lines about a run that came with it from elsewhere, and about no other pipeline than its
   * own, whose baseline they could take. Returns how many were new.
   */
  merge({ run, pipeline }: EditedSubject, lines: readonly string[], env: Environment): number {
    this.#refresh();
    const known = new Set(this.#lines.map(({ text }) => text));
    const fresh = lines.slice(-mostTravelling).filter((text) => {
      const line = parseLine(text);
      const isOfRun = line?.run === run && line.pipeline === pipeline;
      return isOfRun && !known.has(text) && !text.includes('\n');
    });
    if (fresh.length === 0) return 0;
    const by = userName(env);
    this.#append(fresh, fileOf(by, readKey(keyFile(env))));
    return fresh.length;
  }

  /**
   * Now, or just after the last edit of the subject, if that came from a clock ahead of ours. A new
   * baseline comes after the one before, too.
   */
  #nextTime(subject: EditedSubject, { baseline }: NoteEdit): string {
    const own = this.of(subject);
    const replaced = baseline === true ? this.#baselineOf(subject.pipeline) : undefined;
    const times = [own, replaced].flatMap((noted) => noted?.last.time ?? []);
    const after = times.map((time) => Date.parse(time) + 1);
    return new Date(Math.max(Date.now(), ...after)).toISOString();
  }

  #baselineOf(pipeline: string): Noted | undefined {
    const all = [...this.noted.values()];
    return all.find((noted) => noted.isBaseline && noted.pipeline === pipeline);
  }

  #append(lines: readonly string[], name: string): void {
    const folder = join(this.#root, notesFolder);
    const path = join(folder, name);
    writing(`${notesFolder}/${name}`, () => {
      const isNew = mkdirSync(folder, { recursive: true }) !== undefined;
      if (!lstatSync(folder).isDirectory())
        throw new UserError(`${notesFolder} is no folder of this project: move it away`);
      // So that Git keeps the lines of both sides.
      if (isNew) writeFileSync(join(folder, '.gitattributes'), '*.jsonl merge=union\n');
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false)
        throw new UserError(`${notesFolder}/${name} is no plain file: move it away`);
      appendLines(path, lines);
    });
  }

  #files() {
    const folder = join(this.#root, notesFolder);
    if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
    const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
    return names
      .sort()
      .slice(0, mostFiles)
      .flatMap((name) => {
        const path = join(folder, name);
        const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true });
        if (stats?.isFile() !== true) return [];
        const signature = `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
        return [{ name, path, size: Number(stats.size), signature }];
      });
  }

  #refresh(): void {
    const files = this.#files();
    const signature = files.map(({ name, signature }) => `${name} ${signature}`).join('\n');
    if (signature === this.#signature) return;
    const damaged: string[] = [];
    const images: ImageLine[] = [];
    this.#lines = files.flatMap(({ name, path, size }) => {
      if (size <= largestFile) return this.#read(name, path, { damaged, images });
      this.#warn(`${notesFolder}/${name} is larger than 16 MB: its notes are ignored`);
      return [];
    });
    this.#damaged = damaged;
    const latest = Date.now() + clockTolerance;
    this.#imageTags = imageTags(images, latest);
    const times = images.map(({ time }) => Date.parse(time)).filter((time) => time <= latest);
    this.#lastTagging = times.reduce((a, b) => Math.max(a, b), this.#lastTagging);
    this.#noted = notedBy(this.#lines, this.#keys(), Date.now());
    this.#signature = signature;
  }

  /** The names of the keys that the project trusts, by their text. */
  #keys(): ReadonlyMap<string, string> {
    const spec = loadStoreFile(this.#root);
    const keys = spec.ok ? (spec.value?.keys ?? {}) : {};
    return new Map(Object.entries(keys).map(([name, text]) => [text, name]));
  }

  /** The lines about runs; those about images, and the places of others, are added to lists. */
  #read(
    name: string,
    path: string,
    { damaged, images }: { readonly damaged: string[]; readonly images: ImageLine[] },
  ): readonly WrittenLine[] {
    let content: string;
    try {
      content = readFileSync(path, 'utf8');
    } catch (error) {
      this.#warn(`${notesFolder}/${name} cannot be read: ${(error as Error).message}`);
      return [];
    }
    return content.split('\n').flatMap((text, index) => {
      if (text === '') return [];
      const line = parseLine(text);
      if (line !== undefined) return [{ text, line }];
      const ofImage = parseImageLine(text);
      if (ofImage === undefined) damaged.push(`${notesFolder}/${name}:${index + 1}`);
      else images.push(ofImage);
      return [];
    });
  }
}

/** The user's name on this machine. A container may run as a user of no name. */
function userName(env: Environment): string {
  if (env['USER']) return env['USER'];
  try {
    return userInfo().username;
  } catch {
    return 'user';
  }
}

/** The file of a writer: of their key, or of their name on this machine. */
function fileOf(by: string, key: SigningKey | undefined): string {
  if (key !== undefined) return `${key.id}.jsonl`;
  const name =
    by
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 30) || 'user';
  return `${name}-${sha256(`${by}@${hostname()}`).slice(0, 8)}.jsonl`;
}
