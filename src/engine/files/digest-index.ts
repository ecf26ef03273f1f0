import { readFileSync, type Stats, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { day } from '../../day.ts';
import type { Digest } from '../../digest.ts';
import { isBackdated, isSameWriting } from './backdate.ts';
import { digestsPath } from './cache-paths.ts';
import { forEachBounded } from './for-each-bounded.ts';
import { hashFile } from './hash-file.ts';
import { fileListing, folderListing, type ListedFile, type Listing } from './listing.ts';
import { FileClock } from './settled-times.ts';
import {
  entriesSignature,
  ListingError,
  listingError,
  type StatSignature,
  type TreeEntry,
  walkTree,
} from './walk-tree.ts';
import { writeJson } from './write-atomic.ts';
import { writing } from './write-error.ts';

/** A listing with the {@link treeSignature} that the tree had before it was hashed. */
export interface ListingWithSignature extends Listing, StatSignature {
  /**
   * Milliseconds until all times are safely past, perhaps infinite. Equal signatures mean equal
   * content only if it is 0.
   */
  readonly settlesIn: number;
}

export interface ListingOptions {
  /**
   * Whether it counts that a file is executable: by default true, and false for the user's files.
   */
  readonly modes?: boolean;
}

/** `[size, mtimeMs, ctimeMs, ino, digest]` of a file when it was hashed. */
type KnownFile = readonly [number, number, number, number, Digest];

interface KnownFolder {
  /** Days since the epoch; a folder that nobody lists for a month is forgotten. */
  readonly used: number;
  readonly files: Map<string, KnownFile>;
}

const format = 1;
const today = (): number => Math.floor(Date.now() / day);

/**
 * Digests in `cache/digests.json`. One is reused if size, times and inode match, and any later
 * write was sure to change a time: both lay safely before the hashing, or the file is a backdated
 * copy.
 */
export class DigestIndex {
  readonly #path: string;
  readonly #folder: string;
  readonly #clock: FileClock;
  readonly #rehash: boolean;
  readonly #learned = new WeakSet<KnownFile>();
  readonly #forgotten = new Set<string>();
  #folders: Map<string, KnownFolder> | undefined;
  #changed = false;

  /**
   * Nothing is read before the first listing. With `rehash`, only digests that this index computed
   * are reused.
   */
  constructor(folder: string, { rehash = false }: { readonly rehash?: boolean } = {}) {
    this.#folder = folder;
    this.#rehash = rehash;
    this.#path = digestsPath(folder);
    this.#clock = new FileClock(folder);
  }

  /**
   * Lists a file or folder by content and executable bits. Throws a `ListingError` for a path that
   * cannot be read.
   */
  async list(path: string, { modes = true }: ListingOptions = {}): Promise<ListingWithSignature> {
    const { listing, entries, settlesIn } = await this.#list(path, modes);
    return { ...listing, ...entriesSignature(entries), settlesIn };
  }

  async #list(path: string, modes: boolean) {
    const entries = await walkInTurns(path);
    const { digests, settlesIn } = await this.#digests(path, entries);
    const files = entries
      .filter(({ stats }) => stats.isFile())
      .map((entry) => listed(entry, digests.get(entry.path), modes));
    const listing = entries[0]?.stats.isFile()
      ? fileListing(files[0] as ListedFile)
      : folderListing(files);
    return { listing, entries, settlesIn };
  }

  /**
   * Lists an output of a stage, with the stat data that each file had before it was hashed, by its
   * path in the listing.
   */
  async listOutput(
    path: string,
  ): Promise<{ readonly listing: Listing; readonly stats: ReadonlyMap<string, Stats> }> {
    const { listing, entries } = await this.#list(path, true);
    return { listing, stats: new Map(entries.map(({ path, stats }) => [path, stats])) };
  }

  /**
   * Lists what was just written once it has settled, milliseconds later. A file that is written all
   * the time never settles.
   */
  async listSettled(path: string, options?: ListingOptions): Promise<ListingWithSignature> {
    let listing = await this.list(path, options);
    for (let tries = 0; tries < 3 && isUnsettled(listing); tries += 1) {
      await delay(listing.settlesIn + 1);
      listing = await this.list(path, options);
    }
    return listing;
  }

  /** As `list`, without a signature; undefined where nothing is there. */
  async listIfThere(path: string): Promise<Listing | undefined> {
    try {
      return (await this.#list(path, true)).listing;
    } catch (error) {
      if (error instanceof ListingError && error.missing && error.path === path) return undefined;
      throw error;
    }
  }

  /**
   * Takes over the digests of copies that were just put at `path`, so that they need not be hashed
   * again. `copies` has the stat data of each before that, backdated, by its path in the listing.
   * With `rehash` nothing is taken over.
   */
  async learn(path: string, { files }: Listing, copies: ReadonlyMap<string, Stats>): Promise<void> {
    if (this.#rehash) return;
    this.#folders ??= load(this.#path);
    const digests = new Map(files.map((file) => [file.path, file.digest]));
    const entries: TreeEntry[] = [];
    let count = 0;
    for (const [name, before] of copies) {
      const stats = statOf(name === '' ? path : `${path}/${name}`);
      const isCopy = stats !== undefined && isSameWriting(before, stats) && isBackdated(stats);
      if (isCopy) entries.push({ path: name, stats, folder: false });
      count += 1;
      if (count % 1024 === 0) await nextTurn();
    }
    for (const [folder, members] of byFolder(path, entries)) {
      const learned = [...members].map(
        ([name, { path, stats }]) => [name, asKnown(stats, digests.get(path)!)] as const,
      );
      this.#remember(folder, learned, undefined);
    }
  }

  /**
   * Waits until the time `newest` lies safely in the past, so that later signatures can be trusted.
   */
  async settled(newest: number): Promise<void> {
    // In a loop, since the disk's clock moves in ticks and lags behind the timer.
    for (let wait = this.#clock.untilPast(newest); wait > 0; wait = this.#clock.untilPast(newest))
      await delay(wait + 1);
  }

  /**
   * Hashes again every file whose digest would be reused, and forgets wrong ones. Throws a
   * `ListingError`.
   */
  async recheck(): Promise<{ readonly files: number; readonly changed: readonly string[] }> {
    this.#folders ??= load(this.#path);
    const known = [...this.#folders].flatMap(([key, { files }]) =>
      [...files].map(([name, file]) => ({
        files,
        name,
        file,
        path: join(this.#folder, key, name),
      })),
    );
    const reusable = known.filter(({ file, path }) => isUntouched(file, path));
    const changed: string[] = [];
    await forEachBounded(reusable, 16, async ({ files, name, file, path }) => {
      const digest = await hashListed(path, file[0]);
      // A file that was edited meanwhile is noticed anyway.
      if (digest === file[4] || !isUntouched(file, path)) return;
      files.delete(name);
      this.#forgotten.add(path);
      this.#changed = true;
      changed.push(path);
    });
    return { files: reusable.length, changed: changed.sort() };
  }

  /** Writes new digests, if there are any, at the end of a command. Throws a `WriteError`. */
  save(): void {
    if (!this.#changed || this.#folders === undefined) return;
    const oldest = today() - 30;
    this.#addOthers(load(this.#path));
    const recent = [...this.#folders].filter(([, { used }]) => used >= oldest);
    const folders = recent.map(([key, { used, files }]) => [
      key,
      { used, files: Object.fromEntries(files) },
    ]);
    writing(this.#path, () =>
      writeJson(this.#path, { format, folders: Object.fromEntries(folders) }),
    );
    this.#changed = false;
  }

  /** Takes over what other processes have saved, except what this one has hashed or forgotten. */
  #addOthers(others: ReadonlyMap<string, KnownFolder>): void {
    for (const [key, { used, files }] of others) {
      const folder = this.#folders?.get(key) ?? { used: 0, files: new Map<string, KnownFile>() };
      for (const [name, file] of files) {
        const known = folder.files.get(name);
        if (known !== undefined && this.#learned.has(known)) continue;
        if (!this.#forgotten.has(join(this.#folder, key, name))) folder.files.set(name, file);
      }
      this.#folders?.set(key, { used: Math.max(used, folder.used), files: folder.files });
    }
  }

  async #digests(root: string, entries: readonly TreeEntry[]) {
    this.#folders ??= load(this.#path);
    const digests = new Map<string, Digest>();
    const groups = byFolder(root, entries);
    const unknown: TreeEntry[] = [];
    for (const [folder, members] of groups) {
      const known = this.#folders.get(this.#key(folder))?.files ?? new Map<string, KnownFile>();
      for (const [name, entry] of members) {
        const match = known.get(name);
        const isTrusted = match !== undefined && (!this.#rehash || this.#learned.has(match));
        if (isTrusted && isSame(match, entry.stats)) digests.set(entry.path, match[4]);
        else unknown.push(entry);
      }
    }
    const untilPast = unknown.length > 0 ? this.#clock.now() : undefined;
    const waits = new Map(unknown.map((entry) => [entry, untilPast?.(entry.stats) ?? 0]));
    await forEachBounded(unknown, 16, async ({ path, stats }) => {
      digests.set(path, await hashListed(path === '' ? root : `${root}/${path}`, stats.size));
    });
    const isWhole = entries[0]?.stats.isDirectory() ?? false;
    for (const [folder, members] of groups) {
      const settled = [...members].filter(([, entry]) => waits.get(entry) === 0);
      const learned = settled.map(
        ([name, { path, stats }]) => [name, asKnown(stats, digests.get(path)!)] as const,
      );
      this.#remember(folder, learned, isWhole ? members : undefined);
    }
    return {
      digests,
      settlesIn: [...waits.values()].reduce((most, wait) => Math.max(most, wait), 0),
    };
  }

  /**
   * Remembers files of a folder, and forgets those that are not among `all` its files, if these are
   * known.
   */
  #remember(
    folder: string,
    learned: readonly (readonly [string, KnownFile])[],
    all: ReadonlyMap<string, TreeEntry> | undefined,
  ): void {
    // The private folders of running stages lie in the store and are gone soon.
    if (folder === this.#folder || folder.startsWith(`${this.#folder}/`)) return;
    const key = this.#key(folder);
    const record = this.#folders?.get(key) ?? { used: 0, files: new Map<string, KnownFile>() };
    const gone = all === undefined ? [] : [...record.files.keys()].filter((name) => !all.has(name));
    if (gone.length === 0 && learned.length === 0 && record.used === today()) return;
    for (const name of gone) {
      record.files.delete(name);
      this.#forgotten.add(`${folder}/${name}`);
    }
    for (const [name, known] of learned) {
      record.files.set(name, known);
      this.#learned.add(known);
    }
    this.#folders?.set(key, { used: today(), files: record.files });
    this.#changed = true;
  }

  /** Relative, so that a project that is moved keeps its index. */
  #key(folder: string): string {
    return relative(this.#folder, folder);
  }
}

/**
 * Whether files of a listing may still be changing: then its signature does not stand for their
 * content.
 */
export function isUnsettled({ settlesIn }: ListingWithSignature): boolean {
  return settlesIn > 0 && settlesIn !== Number.POSITIVE_INFINITY;
}

/**
 * Walks a tree, and yields to timers and output now and then, since it may hold very many files.
 */
async function walkInTurns(path: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for (const entry of walkTree(path)) {
    entries.push(entry);
    if (entries.length % 4096 === 0) await nextTurn();
  }
  return entries;
}

function byFolder(
  root: string,
  entries: readonly TreeEntry[],
): ReadonlyMap<string, ReadonlyMap<string, TreeEntry>> {
  const groups = new Map<string, Map<string, TreeEntry>>();
  for (const entry of entries) {
    if (!entry.stats.isFile()) continue;
    const path = entry.path === '' ? root : `${root}/${entry.path}`;
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, slash);
    const group = groups.get(folder) ?? new Map<string, TreeEntry>();
    groups.set(folder, group.set(path.slice(slash + 1), entry));
  }
  return groups;
}

function asKnown({ size, mtimeMs, ctimeMs, ino }: Stats, digest: Digest): KnownFile {
  return [size, mtimeMs, ctimeMs, ino, digest];
}

const isSame = ([size, mtimeMs, ctimeMs, ino]: KnownFile, stats: Stats): boolean =>
  size === stats.size &&
  mtimeMs === stats.mtimeMs &&
  ctimeMs === stats.ctimeMs &&
  ino === stats.ino;

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a disk that fails here reports it when the file is read
  }
}

function isUntouched(known: KnownFile, path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && isSame(known, stats);
}

function listed(
  { path, stats }: TreeEntry,
  digest: Digest | undefined,
  modes: boolean,
): ListedFile {
  if (digest === undefined) throw new Error(`Internal error: ${path} was not hashed`);
  const executable = modes && (stats.mode & 0o111) !== 0;
  return { path, digest, size: stats.size, ...(executable ? { executable } : {}) };
}

async function hashListed(path: string, size: number): Promise<Digest> {
  try {
    return await hashFile(path, size);
  } catch (error) {
    throw listingError(path, error);
  }
}

function load(path: string): Map<string, KnownFolder> {
  try {
    const stored = JSON.parse(readFileSync(path, 'utf8'));
    if (stored.format !== format) return new Map();
    type Stored = { readonly used: number; readonly files: Record<string, KnownFile> };
    const folders = Object.entries<Stored>(stored.folders);
    return new Map(
      folders.map(([key, { used, files }]) => [
        key,
        { used, files: new Map(Object.entries(files)) },
      ]),
    );
  } catch {
    return new Map();
  }
}
