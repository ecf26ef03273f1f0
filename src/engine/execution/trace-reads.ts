import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { formatFew } from '../../format-numbers.ts';
import { cacheOf } from '../files/cache-paths.ts';
import { tick } from '../files/settled-times.ts';
import { walkTree } from '../files/walk-tree.ts';

/** Why programs cannot be traced here, and what to do; undefined where they can. */
export function whyNoTracing(): string | undefined {
  if (process.platform !== 'linux')
    return 'this needs strace, which only Linux has: run it there, for instance in a container';
  const { error, status, stderr } = spawnSync('strace', [...options, '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return 'this needs strace, which is not installed: apt-get install strace (Debian, Ubuntu), dnf install strace (Fedora)';
  }
  if (status === 0) return undefined;
  return `strace is installed but not permitted to trace here (${(error?.message ?? stderr).trim().split('\n')[0]}); a container needs the capability SYS_PTRACE`;
}

/**
 * System calls by which a program reads a file, or gets its content by a link. `?`: some processors
 * lack the call.
 */
const calls = '?open,openat,?openat2,execve,?execveat,?link,linkat';
/**
 * `-ff`: a file for each process, so that calls stay whole; `-ttt`: times, for order; `-y`: paths
 * of descriptors.
 */
const options = [
  ...'-f -ff -qq -ttt -y --seccomp-bpf -e signal=none -e'.split(' '),
  `trace=${calls}`,
];

/** Traces what the programs of a stage read, by strace. */
export class ReadTrace {
  readonly launcher: readonly string[];
  readonly #folder: string;
  readonly #startedAt = Date.now();

  constructor(folder: string) {
    mkdirSync(folder);
    this.#folder = folder;
    this.launcher = ['strace', ...options, '-o', join(folder, 'calls')];
  }

  /**
   * Undeclared files below `root` that were read, relative to it, without new ones; undefined if
   * nothing was traced.
   */
  undeclared(
    root: string,
    declared: Iterable<string>,
    published: readonly string[],
  ): readonly string[] | undefined {
    const traces = readdirSync(this.#folder).map((name) =>
      readFileSync(join(this.#folder, name), 'latin1'),
    );
    if (traces.length === 0) return undefined;
    const cache = `${cacheOf(root)}/`;
    const read = new Set(
      readPaths(traces.flatMap((trace) => parseTrace(trace, root))).map(sourceOf),
    );
    const projectPaths = [...read].filter(
      (path) => path.startsWith(`${root}/`) && !path.startsWith(cache),
    );
    const stated = projectPaths.flatMap((path) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() !== true) return [];
      const isOlder = stats.birthtimeMs + tick < this.#startedAt;
      const isPublished = published.some((output) =>
        `${path}/`.startsWith(`${join(root, output)}/`),
      );
      return isOlder || isPublished ? [{ path, id: idOf(stats) }] : [];
    });
    const known = stated.length === 0 ? new Set() : idsIn(declared);
    return stated.flatMap(({ path, id }) => (known.has(id) ? [] : [relative(root, path)])).sort();
  }
}

const idOf = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string =>
  `${dev}:${ino}`;

/**
 * Files by device and inode, since they may be read by another path: through a link, or by the real
 * path.
 */
function idsIn(paths: Iterable<string>): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const path of paths)
    for (const { stats, folder } of walkTree(path)) if (!folder) ids.add(idOf(stats));
  return ids;
}

/** The source of a `.pyc` file, which Python reads instead of it; any other path as it is. */
function sourceOf(path: string): string {
  const source = path.replace(/__pycache__\/([^/]+?)\.[^./]+(?:\.opt-\d)?\.pyc$/, '$1.py');
  return statSync(source, { throwIfNoEntry: false }) === undefined ? path : source;
}

/**
 * A use of a file by a process. `isMade`: emptied to be written again; otherwise opened for
 * reading, run or linked.
 */
interface Use {
  readonly time: number;
  readonly path: string;
  readonly isMade: boolean;
}

/** Paths that were read and that no program had written before. */
function readPaths(uses: readonly Use[]): readonly string[] {
  const made = new Set<string>();
  return [...uses]
    .sort((a, b) => a.time - b.time)
    .flatMap(({ path, isMade }) => {
      if (isMade) made.add(path);
      return made.has(path) ? [] : [path];
    });
}

const escaped = String.raw`((?:[^"<>\\]|\\.)*)`;
const quoted = /"((?:[^"\\]|\\.)*)"/;
const result = new RegExp(String.raw`\) += \d+(?:<${escaped}>)?(?:\(deleted\))?$`);
const from = new RegExp(String.raw`^[\d.]+ \w+\((?:AT_FDCWD|\d+)<${escaped}>, `);
const workingFolder = new RegExp(`AT_FDCWD<${escaped}>`);

export function parseTrace(trace: string, root: string): readonly Use[] {
  // A program may change its working folder. Calls before the first one that names it have that
  // one.
  let folder = decoded(workingFolder.exec(trace)?.[1]) ?? root;
  return trace.split('\n').flatMap((line) => {
    folder = decoded(workingFolder.exec(line)?.[1]) ?? folder;
    const end = result.exec(line);
    const isMade = /\bO_TRUNC\b/.test(line);
    if (end === null || (!isMade && /\bO_(WRONLY|DIRECTORY|PATH)\b/.test(line))) return [];
    const named = decoded(end[1]) ?? decoded(quoted.exec(line)?.[1]);
    if (named === undefined) return [];
    const path = resolve(decoded(from.exec(line)?.[1]) ?? folder, named);
    return [{ time: Number.parseFloat(line), path, isMade }];
  });
}

function decoded(text: string | undefined): string | undefined {
  const bytes = text?.replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|.)/g, (_, code: string) => {
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    if (/^x./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' }[code] ?? code;
  });
  return bytes === undefined ? undefined : Buffer.from(bytes, 'latin1').toString('utf8');
}

const most = 20;

/** The warning about undeclared reads, with hidden folders and `node_modules` as a whole. */
export function describeUndeclared(paths: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const [, whole] = /^((?:[^/]+\/)*?(?:\.[^/]+|node_modules)\/)/.exec(path) ?? [];
    counts.set(whole ?? path, (counts.get(whole ?? path) ?? 0) + 1);
  }
  const names = [...counts].map(([name, count]) =>
    name.endsWith('/') ? `${name} (${count} of its files)` : name,
  );
  return `read files of the project that it does not declare: ${formatFew(names, most)}. Name them under "inputs": otherwise changes to them go unnoticed`;
}
