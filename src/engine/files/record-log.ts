import {
  appendFileSync,
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../digest.ts';
import { namesIn } from './entries-in.ts';
import { temporaryBeside } from './temporary-files.ts';
import { creatingFolder, isWithoutLinks } from './write-atomic.ts';

/** A text under a key, and when it was written. An empty text stands for a removed one. */
interface LoggedText {
  readonly text: string;
  /** Milliseconds since the epoch, by the clock of the host. */
  readonly time: number;
}

/** What is known of the file of one host. */
interface HostLog {
  readonly texts: Map<string, LoggedText>;
  readonly inode: number;
  /** How many of its bytes were read. */
  end: number;
}

/** The end of a line. One without it was cut off by a kill, or by a full disk. */
const lineEnd = '\t\n';

/**
 * Texts by key, in files to which processes append a line for each change: a new file for each text
 * costs far more. The last line of a key counts. Every host has its own file, since on a network
 * disk only the processes of one host append safely to one file; of several hosts the latest line
 * counts. Keys have no white space, and texts have no line breaks and no tabs. Not synced.
 */
export class RecordLog {
  readonly #folder: string;
  readonly #ownName = `${hostMark()}.log`;
  /** A second name of the own file while it is compacted. A killed process leaves it. */
  readonly #formerName = `${hostMark()}-former.log`;
  readonly #hosts = new Map<string, HostLog>();
  /** The modification time of the folder when its names were read; undefined: it was absent. */
  #namesAt: number | undefined = Number.NaN;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Gives the text of a key, also one that another process has written, or undefined. */
  get(key: string): string | undefined {
    this.#read();
    return this.#last(key);
  }

  /** Gives the text of a key as the files said when they were read last. */
  #last(key: string): string | undefined {
    let last: LoggedText | undefined;
    for (const { texts } of this.#hosts.values()) {
      const logged = texts.get(key);
      if (logged !== undefined && logged.time >= (last?.time ?? 0)) last = logged;
    }
    return last?.text || undefined;
  }

  keys(): readonly string[] {
    this.#read();
    const keys = new Set([...this.#hosts.values()].flatMap(({ texts }) => [...texts.keys()]));
    return [...keys].filter((key) => this.#last(key) !== undefined);
  }

  /** Writes texts by key, and removes those that are undefined. Throws the system's error. */
  set(changes: Iterable<readonly [key: string, text: string | undefined]>): void {
    const time = Date.now();
    const texts = Array.from(changes, ([key, text = '']) => [key, { text, time }] as const);
    if (texts.length === 0) return;
    const bytes = linesOf(texts);
    const path = join(this.#folder, this.#ownName);
    const file = creatingFolder(path, () => openSync(path, 'a'));
    try {
      writeFileSync(file, bytes);
      const { ino, size } = fstatSync(file);
      // Another process has compacted the file meanwhile, and may not have seen these lines.
      if (statSync(path, { throwIfNoEntry: false })?.ino !== ino)
        return void this.set(texts.map(([key, { text }]) => [key, text || undefined]));
      const own = this.#hosts.get(this.#ownName);
      // Where nobody else has written meanwhile, the lines need not be read.
      if (own?.inode !== ino || own.end !== size - bytes.length) return;
      for (const [key, logged] of texts) own.texts.set(key, logged);
      own.end = size;
    } finally {
      closeSync(file);
    }
  }

  /**
   * Writes the own file again without the lines that no longer count, if these are most of it. Only
   * one process of a host may do so at a time; others may read and append meanwhile. Throws the
   * system's error.
   *
   * Until the new file has all lines, the former one keeps a name by which everybody reads it. So a
   * kill at any moment loses nothing, and the next compaction takes its lines over. A disk without
   * hard links cannot do so, and its file stays as it is.
   */
  compact(): void {
    const path = join(this.#folder, this.#ownName);
    const former = join(this.#folder, this.#formerName);
    this.#read();
    this.#takeOver(former);
    const log = this.#hosts.get(this.#ownName);
    if (log === undefined) return;
    const kept = [...log.texts].filter(([key, { text }]) => text !== '' || this.#isElsewhere(key));
    const lines = linesOf(kept);
    if (2 * lines.length > log.end) return;
    const temporary = temporaryBeside(path);
    try {
      writeFileSync(temporary, lines);
      linkSync(path, former);
      renameSync(temporary, path);
    } catch (error) {
      if (!isWithoutLinks(error)) throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    this.#takeOver(former);
  }

  /** Appends the lines of the former file that the own one lacks, and removes it. */
  #takeOver(former: string): void {
    const stats = statSync(former, { throwIfNoEntry: false });
    if (stats === undefined) return;
    this.#read();
    const own = this.#hosts.get(this.#ownName)!;
    if (stats.ino !== own.inode) {
      const texts = new Map<string, LoggedText>();
      readLines(former, 0, texts);
      const missing = [...texts].filter(([key, { text, time }]) => {
        const isKnown = own.texts.has(key) || this.#isElsewhere(key);
        return (text !== '' || isKnown) && time > (own.texts.get(key)?.time ?? 0);
      });
      appendFileSync(join(this.#folder, this.#ownName), linesOf(missing));
    }
    rmSync(former);
    this.#hosts.delete(this.#formerName);
  }

  /** Whether the file of another host has a text of a key, which a removal must outlast. */
  #isElsewhere(key: string): boolean {
    const ownNames = [this.#ownName, this.#formerName];
    return [...this.#hosts].some(([name, { texts }]) => !ownNames.includes(name) && texts.has(key));
  }

  #read(): void {
    const changed = statSync(this.#folder, { throwIfNoEntry: false })?.mtimeMs;
    if (changed !== this.#namesAt) {
      this.#namesAt = changed;
      const names = namesIn(this.#folder).filter((name) => name.endsWith('.log'));
      // The own file counts at once, also within a tick of the disk's clock.
      for (const name of [this.#ownName, ...names])
        if (!this.#hosts.has(name)) this.#hosts.set(name, emptyLog(0));
    }
    for (const [name, log] of this.#hosts) this.#readFile(name, log);
  }

  #readFile(name: string, log: HostLog): void {
    const path = join(this.#folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    const { ino = 0, size = 0 } = stats ?? {};
    if (ino === log.inode && size === log.end) return;
    // Somebody may have deleted the cache meanwhile.
    const known = ino === log.inode && size > log.end ? log : emptyLog(ino);
    this.#hosts.set(name, known);
    if (stats !== undefined) known.end += readLines(path, known.end, known.texts);
  }
}

const hostMark = (): string => sha256(hostname()).slice(0, 12);

/** Texts as a file has them. A line that a kill cut off ends where the next one begins. */
const linesOf = (texts: readonly (readonly [key: string, logged: LoggedText])[]): Buffer =>
  Buffer.from(texts.map(([key, { text, time }]) => `\n${time} ${key} ${text}${lineEnd}`).join(''));

const emptyLog = (inode: number): HostLog => ({ texts: new Map(), inode, end: 0 });

/** Reads the whole lines from a byte on, and returns how many bytes they have. */
function readLines(path: string, start: number, texts: Map<string, LoggedText>): number {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(fstatSync(file).size - start);
    const length = readSync(file, bytes, 0, bytes.length, start);
    // Another process may be writing the last line.
    const last = bytes.subarray(0, length).lastIndexOf(lineEnd);
    const end = last === -1 ? 0 : last + lineEnd.length;
    // One by one: a string of all of them has a limit, which a log of years passes.
    for (let from = 0; from < end; ) {
      const to = bytes.indexOf('\n', from);
      const [, time, key, text] =
        /^(\d+) (\S+) (.*)\t$/s.exec(bytes.toString('utf8', from, to)) ?? [];
      from = to + 1;
      if (key !== undefined) texts.set(key, { text: text!, time: Number(time) });
    }
    return end;
  } finally {
    closeSync(file);
  }
}
