import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Digest } from '../../digest.ts';
import { forEachBounded } from '../files/for-each-bounded.ts';
import { hashFile } from '../files/hash-file.ts';
import type { ListedFile, Listing } from '../files/listing.ts';
import { writeAtomic } from '../files/write-atomic.ts';
import { WriteError, writeError } from '../files/write-error.ts';
import { forgetStages, readLatest, writeLatest } from './latest.ts';
import { Lease } from './lease.ts';
import { ownsFolder } from './owns-folder.ts';
import { parseResult } from './parse-result.ts';
import { pinResult, pins, unpinResult } from './pins.ts';
import { openRunIds, RunFolder, runIds } from './run-folder.ts';
import type { StageResult, StoredArtifact } from './stage-result.ts';
import type { Lookup, Store } from './store.ts';
import { isStored, storeObject, touchQuietly } from './store-object.ts';

/** Syncs go on side by side: a disk commits many of them at once. */
const storers = 16;
const day = 86_400_000;

/**
 * The store of a project, `<root>/cache`: objects by content, results by fingerprint, checkpoints, the runs.
 *
 * Whatever is under a final name is whole: files are written beside their place, synced, renamed, and a result comes
 * after all its objects. Writing is idempotent, so several runs may write the same things at once. What is damaged is a
 * miss. Failures of the disk throw a {@link WriteError}. Publishing is `Publisher`'s, clearing `collectGarbage`'s.
 */
export class FolderStore implements Store {
  /** Absolute path of the folder `cache`. */
  readonly folder: string;
  readonly #warn: (message: string) => void;

  private constructor(folder: string, warn: (message: string) => void) {
    this.folder = folder;
    this.#warn = warn;
  }

  /** Nothing is written before something is stored. `warn` is told of damage that was set aside. */
  static open(root: string, warn: (message: string) => void = () => {}): FolderStore {
    return new FolderStore(join(root, 'cache'), warn);
  }

  objectPath(digest: Digest): string {
    return join(this.folder, 'objects', digest.slice(0, 2), digest);
  }

  resultPath(digest: Digest): string {
    return join(this.folder, 'results', digest.slice(0, 2), `${digest}.json`);
  }

  checkpointPath(digest: Digest): string {
    return join(this.folder, 'checkpoints', digest.slice(0, 2), digest);
  }

  /** So that nothing goes on from it. */
  removeCheckpoint(digest: Digest): void {
    this.#writing(`to ${this.folder}`, () => rmSync(this.checkpointPath(digest), { force: true }));
  }

  /** Stores a copy of a file, such as a log. */
  async storeFile(path: string): Promise<Digest> {
    try {
      const digest = await hashFile(path);
      const object = this.objectPath(digest);
      if (!isStored(object, statSync(path).size)) await storeObject(object, path, 'copy');
      return digest;
    } catch (error) {
      throw writeError(`a copy of ${path} in ${this.folder}`, error);
    }
  }

  /**
   * Stores what was listed at `source`, a stage's private output. Its files are moved; where a process may still have them open
   * (not `contained`), they are copied.
   */
  async storeArtifact(
    source: string,
    listing: Listing,
    { contained = true }: { readonly contained?: boolean } = {},
  ): Promise<void> {
    this.#markFolder();
    const owns = contained ? ownsFolder(source) : () => false;
    const unique = new Map(listing.files.map((file) => [file.digest, file]));
    await forEachBounded(unique.values(), storers, async (file) => {
      const object = this.objectPath(file.digest);
      if (isStored(object, file.size)) return;
      const path = file.path === '' ? source : `${source}/${file.path}`;
      await storeObject(object, path, owns(file.path) ? 'move' : 'copy').catch((error) => {
        throw writeError(`${path} as an object in ${this.folder}`, error);
      });
    });
  }

  /** Files of an artifact whose objects are gone or cut short; a look at names and sizes, not at bytes. */
  async missingObjects(artifact: StoredArtifact): Promise<readonly ListedFile[]> {
    return artifact.files.filter(({ digest, size }) => {
      const stats = statSync(this.objectPath(digest), { throwIfNoEntry: false });
      return stats?.size !== size;
    });
  }

  /** The folder holds the bytes of every result that it knows: none is elsewhere. */
  async lookup(digest: Digest): Promise<Lookup> {
    const result = this.readResult(digest);
    return result === undefined ? { state: 'missing' } : { state: 'here', result };
  }

  /** Undefined when there is none. One that is damaged is set aside, told of, and there is none. */
  readResult(digest: Digest): StageResult | undefined {
    const path = this.resultPath(digest);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new WriteError(`Cannot read ${path}: ${(error as Error).message}.`, { cause: error });
    }
    try {
      return parseResult(text, digest);
    } catch (error) {
      this.setAside(path, error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message);
      return undefined;
    }
  }

  /** Written last, when all its objects are in place. */
  async writeResult(result: StageResult): Promise<void> {
    this.#writing(`the result ${this.resultPath(result.digest)}`, () => {
      this.#markFolder();
      writeAtomic(this.resultPath(result.digest), JSON.stringify(result), { sync: true });
    });
  }

  /** Dates a result's last use, for gc; at most once a day, so that an idle run writes nothing. */
  async markUsed(digest: Digest): Promise<void> {
    const path = this.resultPath(digest);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || Date.now() - stats.mtimeMs < day) return;
    touchQuietly(path);
  }

  /** Moves a damaged object or result to `cache/quarantine`, where it is never found again. */
  setAside(path: string, reason: string): void {
    const quarantine = join(this.folder, 'quarantine');
    const name = `${Date.now()}-${randomBytes(3).toString('hex')}-${basename(path)}`;
    try {
      mkdirSync(quarantine, { recursive: true });
      renameSync(path, join(quarantine, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another run set it aside
      throw writeError(`${name} in ${quarantine}`, error);
    }
    this.#warn(`${path} is damaged (${reason}): it was moved to ${join(quarantine, name)} and will be made again`);
  }

  readLatest(pipeline: string, stage: string): Digest | undefined {
    return readLatest(this.folder, pipeline, stage);
  }

  writeLatest(pipeline: string, stage: string, result: Digest): void {
    this.#writing(`the last result of ${stage}`, () => writeLatest(this.folder, { pipeline, stage, result }));
  }

  /** Forgets the last results of stages that the pipeline no longer has, so that gc may take them. */
  forgetStages(pipeline: string, has: ReadonlySet<string>): void {
    this.#writing(`the last results of ${pipeline}`, () => forgetStages(this.folder, pipeline, has));
  }

  /** Waits until nobody else works on the fingerprint; `onWait` is told once who does. */
  acquireLease(digest: Digest, signal: AbortSignal, onWait: (holder: string) => void): Promise<Lease> {
    return Lease.acquire(join(this.folder, 'leases', digest), signal, onWait);
  }

  startRun(id: string, pipeline: string): RunFolder {
    return RunFolder.start(this.folder, id, pipeline);
  }

  /** A run where nothing may be written: it can look, and nothing of it is kept. */
  unrecordedRun(id: string): RunFolder {
    return RunFolder.open(this.folder, id);
  }

  /** Earlier runs, the last first. */
  runs(): readonly RunFolder[] {
    return runIds(this.folder).map((id) => RunFolder.open(this.folder, id));
  }

  /** Runs that were killed and left their private folders. */
  killedRuns(now = Date.now()): readonly RunFolder[] {
    return this.#openRuns().filter((run) => run.wasKilled(now));
  }

  /** Whether a run may be under way. */
  isBusy(): boolean {
    return this.#openRuns().some((run) => !run.wasKilled());
  }

  #openRuns(): readonly RunFolder[] {
    return openRunIds(this.folder).map((id) => RunFolder.open(this.folder, id));
  }

  /** Keeps a result from gc whatever its age. */
  pin(digest: Digest): void {
    this.#writing(`the pin of ${digest}`, () => pinResult(this.folder, digest));
  }

  unpin(digest: Digest): void {
    this.#writing(`the pin of ${digest}`, () => unpinResult(this.folder, digest));
  }

  pins(): readonly Digest[] {
    return pins(this.folder);
  }

  /** Backups and git leave a cache alone, also where the project forgot to say so. */
  #markFolder(): void {
    this.#writing(this.folder, () => {
      if (statSync(join(this.folder, 'CACHEDIR.TAG'), { throwIfNoEntry: false }) !== undefined) return;
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(join(this.folder, '.gitignore'), '*\n');
      writeFileSync(join(this.folder, 'CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55\n');
    });
  }

  #writing(what: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      throw writeError(what, error);
    }
  }
}
