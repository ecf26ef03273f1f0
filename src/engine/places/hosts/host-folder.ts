import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { day } from '../../../day.ts';
import type { Digest } from '../../../digest.ts';
import { UserError } from '../../../user-error.ts';
import { cacheOf, inCache } from '../../files/cache-paths.ts';
import { entriesIn, filesIn, namesIn } from '../../files/entries-in.ts';
import type { ListedFile } from '../../files/listing.ts';
import {
  isDeadMark,
  lifeOf,
  readIdentity,
  thisProcess,
  uniqueMark,
} from '../../files/process-identity.ts';
import { writeJson } from '../../files/write-atomic.ts';

/** What nobody used for so long is removed, in milliseconds. */
const longestUnused = 30 * day;

/**
 * What the workers of a user have on a host: a cache for all runs, with objects, checkpoints and
 * pieces, and a folder for each ticket that is served.
 */
export class HostFolder {
  readonly path: string;
  #sharedProject: string | undefined;

  /**
   * Makes the folder. Throws a `UserError` where others may write to it: what lies there is run.
   */
  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(path);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
      throw new UserError(
        `${path} belongs to someone else, or others may write to it: it is refused`,
      );
    mkdirSync(cacheOf(path), { recursive: true });
  }

  /** Free bytes on its disk. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /**
   * Takes the place of an earlier worker of the same run: it has lost its connection, and ends at
   * the latest when it notices. One that hangs cannot notice, so it is killed, and its stages with
   * it.
   */
  succeed(run: string): void {
    const file = join(this.path, 'workers', `${run.replaceAll(/[^\w.-]/g, '_')}.json`);
    const earlier = readIdentity(file);
    if (earlier !== undefined && earlier.pid !== process.pid && lifeOf(earlier) === 'alive')
      process.kill(earlier.pid, 'SIGKILL');
    writeJson(file, thisProcess());
  }

  /** Removes what killed workers left, and what nobody used for a month. */
  clear(): void {
    const tickets = join(this.path, 'tickets');
    for (const name of namesIn(tickets)) {
      const [, space = '', pid] = /^([0-9a-f]{6})-(\d+)-/.exec(name) ?? [];
      if (isDeadMark(space, Number(pid)))
        rmSync(join(tickets, name), { recursive: true, force: true, maxRetries: 3 });
    }
    const oldest = Date.now() - longestUnused;
    const cache = cacheOf(this.path);
    const kept = [
      ...(['objects', 'checkpoints', 'pieces', 'kinds'] as const).flatMap((name) =>
        filesIn(inCache(cache, name)),
      ),
      ...(['downloads', 'memory'] as const).flatMap((name) => entriesIn(inCache(cache, name))),
      ...entriesIn(join(this.path, 'workers')),
    ];
    // A link to an object changes its time of change, so that time is that of its last use.
    for (const { path, touched } of kept) if (touched < oldest) rmSync(path, { force: true });
  }

  /**
   * A new folder for a ticket. With `shared`, its project is that of all such tickets of this
   * process and holds no files: processes that serve one stage after the other keep it as their own
   * folder.
   */
  ticket({ shared }: { readonly shared: boolean }): TicketFolder {
    const tickets = join(this.path, 'tickets');
    const cache = cacheOf(this.path);
    const folder = join(tickets, uniqueMark());
    if (!shared) return new TicketFolder(folder, makeProject(join(folder, 'project'), cache));
    this.#sharedProject ??= makeProject(join(tickets, uniqueMark(), 'project'), cache);
    return new TicketFolder(folder, this.#sharedProject);
  }

  /** Removes what this process shared among tickets. */
  close(): void {
    const project = this.#sharedProject;
    if (project !== undefined)
      rmSync(dirname(project), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Makes the root of a project, in which stages find pieces, downloads and environments. */
function makeProject(root: string, cache: string): string {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  symlinkSync(cache, cacheOf(root));
  return root;
}

/**
 * The folder of one ticket under way: the project as far as the stage's code needs it, and the
 * attempt's private folder. Its name has the process that serves it.
 */
export class TicketFolder {
  readonly path: string;
  /** The root of the project. */
  readonly root: string;
  /** The private folder of the attempt. */
  readonly work: string;
  readonly log: string;

  constructor(path: string, root: string) {
    this.path = path;
    this.root = root;
    this.work = join(path, 'work');
    this.log = join(path, 'log');
    mkdirSync(this.work, { recursive: true, mode: 0o700 });
  }

  /** Copies files into the project. */
  addFiles(files: readonly ListedFile[], objectOf: (digest: Digest) => string): void {
    for (const { path, digest, executable } of files) {
      const copy = join(this.root, path);
      if (normalize(path) !== path || path.startsWith('..') || path.startsWith('/'))
        throw new UserError(`${path} is no path of a project`);
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(objectOf(digest), copy);
      chmodSync(copy, executable ? 0o755 : 0o644);
    }
  }

  /** Copies published files where stages look for downloads. */
  addDownloads(files: readonly ListedFile[], objectOf: (digest: Digest) => string): void {
    for (const { path, digest, size } of files) {
      const place = inCache(cacheOf(this.root), 'downloads', path);
      if (path.includes('/') || statSync(place, { throwIfNoEntry: false })?.size === size) continue;
      mkdirSync(dirname(place), { recursive: true });
      copyFileSync(objectOf(digest), place);
    }
  }

  remove(): void {
    if (existsSync(this.path)) rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
