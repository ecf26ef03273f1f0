import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { day } from '../../day.ts';
import { type Digest, isDigest } from '../../digest.ts';
import { slug } from '../config/file-names.ts';
import {
  cacheOf,
  checkpointPath,
  inCache,
  leasePath,
  objectPath,
  resultPath,
} from '../files/cache-paths.ts';
import { filesIn, namesIn } from '../files/entries-in.ts';
import { forEachBounded } from '../files/for-each-bounded.ts';
import { hashFile } from '../files/hash-file.ts';
import type { ListedFile, Listing } from '../files/listing.ts';
import { readJson, writeJson, writeNew, writeSynced } from '../files/write-atomic.ts';
import { WriteError, writeError, writing } from '../files/write-error.ts';
import { pointsEnding } from './checkpoint-points.ts';
import { Lease } from './lease.ts';
import { RunFolder } from './runs/run-folder.ts';
import { parseResult, type StageResult, type StoredArtifact, signpostsOf } from './stage-result.ts';
import { keepIfStored, ownsFolder, storeObject, touchQuietly } from './store-object.ts';

/** How many files are stored at once: a disk commits many syncs together. */
const storers = 16;

interface StoreOptions {
  /** Whether no process can have a file still open. By default none can. */
  readonly contained?: boolean;
  /**
   * The stat data of files from before they were hashed, by path in the listing: one that was
   * written to since is not stored.
   */
  readonly stats?: ReadonlyMap<string, Stats>;
}

/**
 * The store in `<root>/cache`: objects by content, results by fingerprint, and what runs keep. What
 * it gives is whole; damage counts as missing. A file under a final name was written beside it,
 * synced and renamed. Failures of the disk throw a {@link WriteError}.
 */
export class LocalStore {
  readonly folder: string;
  readonly #warn: (message: string) => void;
  /**
   * Last results that this process wrote, by file, which the report and the run's record read
   * again.
   */
  readonly #latest = new Map<string, Digest>();
  /**
   * The stat data of large objects whose bytes this process has verified as they came: while it
   * holds, a copy of one need not be hashed.
   */
  readonly verified = new Map<Digest, Stats>();
  #isMarked = false;

  /**
   * Nothing is written before something is stored. `warn` receives a message for damage that was
   * set aside.
   */
  constructor(root: string, warn: (message: string) => void = () => {}) {
    this.folder = cacheOf(root);
    this.#warn = warn;
  }

  objectPath(digest: Digest): string {
    return objectPath(this.folder, digest);
  }

  resultPath(digest: Digest): string {
    return resultPath(this.folder, digest);
  }

  checkpointPath(digest: Digest): string {
    return checkpointPath(this.folder, digest);
  }

  removeCheckpoint(digest: Digest): void {
    const path = this.checkpointPath(digest);
    writing(`to ${this.folder}`, () => {
      for (const file of [path, path + pointsEnding]) rmSync(file, { force: true });
    });
  }

  /** Stores a copy of a single file, such as a log, and gives its digest. */
  async storeFile(path: string): Promise<Digest> {
    try {
      const digest = await hashFile(path);
      const object = this.objectPath(digest);
      if (keepIfStored(object, statSync(path).size) === undefined)
        await storeObject(object, path, 'copy');
      return digest;
    } catch (error) {
      throw writeError(`a copy of ${path} in ${this.folder}`, error);
    }
  }

  /**
   * Stores what was listed at `source`, by moves, or by copies where something else may have the
   * file. An object that is there already is hashed, and replaced if it is damaged. Gives the stat
   * data of each object from before its bytes were hashed.
   */
  async storeArtifact(
    source: string,
    listing: Listing,
    { contained = true, stats }: StoreOptions = {},
  ): Promise<ReadonlyMap<Digest, Stats>> {
    this.#markFolder();
    const owns = contained ? ownsFolder(source) : () => false;
    const unique = new Map(listing.files.map((file) => [file.digest, file]));
    const stored = new Map<Digest, Stats>();
    await forEachBounded(unique.values(), storers, async ({ digest, path, size }) => {
      const object = this.objectPath(digest);
      const file = path === '' ? source : `${source}/${path}`;
      try {
        const present = keepIfStored(object, size);
        const isSound = present !== undefined && (await this.checkObject(digest));
        const mode = owns(path) ? 'move' : 'copy';
        stored.set(
          digest,
          isSound ? present : await storeObject(object, file, mode, stats?.get(path)),
        );
      } catch (error) {
        throw writeError(`${file} as an object in ${this.folder}`, error);
      }
    });
    return stored;
  }

  /** Hashes an object. False if it is gone, cannot be read or is damaged: then it is set aside. */
  async checkObject(digest: Digest): Promise<boolean> {
    const object = this.objectPath(digest);
    const actual = await hashFile(object).catch(() => undefined);
    if (actual !== undefined && actual !== digest)
      this.setAside(object, 'its content does not match its digest');
    return actual === digest;
  }

  /** Files of an artifact whose objects are lost. It looks at names and sizes, not at bytes. */
  async missingObjects(artifact: StoredArtifact): Promise<readonly ListedFile[]> {
    return artifact.files.filter(({ digest, size }) => {
      return statSync(this.objectPath(digest), { throwIfNoEntry: false })?.size !== size;
    });
  }

  /**
   * A stored result. A damaged one is set aside and counts as missing. One of another format also
   * does, but stays.
   */
  readResult(digest: Digest): StageResult | undefined {
    const text = this.readResultText(digest);
    if (text === undefined) return undefined;
    try {
      return parseResult(text, digest);
    } catch (error) {
      this.setAside(
        this.resultPath(digest),
        error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message,
      );
      return undefined;
    }
  }

  /** The text of a stored result, as it is: whoever reads it checks its form. */
  readResultText(digest: Digest): string | undefined {
    const path = this.resultPath(digest);
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new WriteError(`Cannot read ${path}: ${(error as Error).message}.`, { cause: error });
    }
  }

  /** Records a result whose objects are all stored, and then the signposts to it. */
  async writeResult(result: StageResult, { sync = true } = {}): Promise<void> {
    this.#markFolder();
    await this.#write(result, sync);
    await this.#writeSignposts(result, sync);
  }

  /** Records a result unless there is one already: the first one stays. */
  async writeFirstResult(result: StageResult): Promise<void> {
    const path = this.resultPath(result.digest);
    const isFirst = writing(`the result ${path}`, () =>
      writeNew(path, JSON.stringify(result), { sync: true }),
    );
    // One in the format of another version does not count.
    if (!isFirst && this.readResult(result.digest) === undefined) await this.#write(result, true);
    await this.#writeSignposts(result, true);
  }

  /**
   * A signpost from this run replaces an older one. A signpost from a shared store (`sync: false`)
   * does not.
   */
  async #writeSignposts(result: StageResult, sync: boolean): Promise<void> {
    for (const signpost of signpostsOf(result)) {
      if (sync || !existsSync(this.resultPath(signpost.digest))) await this.#write(signpost, sync);
    }
  }

  async #write(result: StageResult, sync: boolean): Promise<void> {
    const path = this.resultPath(result.digest);
    await writeSynced(path, JSON.stringify(result), { sync }).catch((error) => {
      throw writeError(`the result ${path}`, error);
    });
  }

  /**
   * Dates the last use of a result, for gc. At most once a day, so that an idle run writes nothing.
   */
  async markUsed(digest: Digest): Promise<void> {
    const path = this.resultPath(digest);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs >= day) touchQuietly(path);
  }

  /**
   * Moves a damaged object, result or checkpoint to `cache/quarantine`, where nothing finds it
   * again.
   */
  setAside(path: string, reason: string): void {
    const quarantine = inCache(this.folder, 'quarantine');
    const name = `${Date.now()}-${randomBytes(3).toString('hex')}-${basename(path)}`;
    try {
      mkdirSync(quarantine, { recursive: true });
      renameSync(path, join(quarantine, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another run set it aside
      throw writeError(`${name} in ${quarantine}`, error);
    }
    this.#warn(
      `${path} is damaged (${reason}): it was moved to ${join(quarantine, name)} and will be computed again`,
    );
  }

  /**
   * The last result of a stage: `explain` compares with it, `frozen` keeps it, and gc never removes
   * it.
   */
  readLatest(pipeline: string, stage: string): Digest | undefined {
    const file = this.#latestFile(pipeline, stage);
    return this.#latest.get(file) ?? parseLatest(file)?.result;
  }

  /** Writes nothing if it is the last result already. */
  writeLatest(pipeline: string, stage: string, result: Digest): void {
    if (this.readLatest(pipeline, stage) === result) return;
    const latest: Latest = { pipeline, stage, result };
    const file = this.#latestFile(pipeline, stage);
    writing(`the last result of ${stage}`, () => writeJson(file, latest));
    this.#latest.set(file, result);
  }

  /**
   * Forgets the last results of stages that the pipeline no longer has, so that gc may remove them.
   */
  forgetStages(pipeline: string, has: ReadonlySet<string>): void {
    const folder = inCache(this.folder, 'latest', slug(pipeline));
    writing(`the last results of ${pipeline}`, () => {
      for (const path of namesIn(folder).map((name) => join(folder, name))) {
        const latest = parseLatest(path);
        if (latest !== undefined && has.has(latest.stage)) continue;
        rmSync(path, { force: true });
        this.#latest.delete(path);
      }
    });
  }

  /** Counts the stages of a pipeline whose last result is known. */
  countLatest(pipeline: string): number {
    return namesIn(inCache(this.folder, 'latest', slug(pipeline))).length;
  }

  allLatest(): readonly Latest[] {
    return filesIn(inCache(this.folder, 'latest')).flatMap(({ path }) => parseLatest(path) ?? []);
  }

  #latestFile(pipeline: string, stage: string): string {
    return inCache(this.folder, 'latest', slug(pipeline), `${slug(stage)}.json`);
  }

  /** Waits until nobody else works on the fingerprint. `onWait` is called once, with the holder. */
  acquireLease(
    digest: Digest,
    signal: AbortSignal,
    onWait: (holder: string) => void,
  ): Promise<Lease> {
    return Lease.acquire(leasePath(this.folder, digest), signal, onWait);
  }

  startRun(id: string, pipeline: string): RunFolder {
    return RunFolder.start(this.folder, id, pipeline);
  }

  /** All runs, the last first. */
  runs(): readonly RunFolder[] {
    return namesIn(inCache(this.folder, 'runs'))
      .toReversed()
      .map((id) => new RunFolder(this.folder, id));
  }

  /** The runs of a pipeline, the last first, at most `count`. */
  runsOf(pipeline: string, count = Number.POSITIVE_INFINITY): readonly RunFolder[] {
    const matches: RunFolder[] = [];
    for (const run of this.runs()) {
      if (matches.length >= count) break;
      if (run.pipeline() === pipeline) matches.push(run);
    }
    return matches;
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
    return namesIn(inCache(this.folder, 'work')).map((id) => new RunFolder(this.folder, id));
  }

  /** Tells backups and git to ignore the folder, even if the project does not. */
  #markFolder(): void {
    if (this.#isMarked) return;
    this.#isMarked = true;
    writing(this.folder, () => {
      if (statSync(join(this.folder, 'CACHEDIR.TAG'), { throwIfNoEntry: false }) !== undefined)
        return;
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(join(this.folder, '.gitignore'), '*\n');
      writeFileSync(
        join(this.folder, 'CACHEDIR.TAG'),
        'Signature: 8a477f597d28d172789f06886806bc55\n',
      );
    });
  }
}

/** The last result of a stage. */
export interface Latest {
  readonly pipeline: string;
  readonly stage: string;
  readonly result: Digest;
}

function parseLatest(file: string): Latest | undefined {
  const latest = readJson<Latest>(file);
  return isDigest(latest?.result) ? latest : undefined;
}
