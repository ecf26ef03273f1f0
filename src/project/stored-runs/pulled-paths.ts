import { posix } from 'node:path';
import type { Kinds } from '../../engine/config/load-context.ts';
import { declaredOutputs, type LoadOptions } from '../../engine/config/loading/load-pipeline.ts';
import type { KnownList, ListOutput } from '../../engine/config/pipeline.ts';
import { filesOfPipeline } from '../../engine/config/pipeline-name.ts';
import { whyNoOutput } from '../../engine/config/reserved-paths.ts';
import { listName } from '../../engine/config/stages/axis-lists.ts';
import { shownPath } from '../../engine/config/yaml/load-document.ts';
import { namesIn } from '../../engine/files/entries-in.ts';
import { foldedName } from '../../engine/files/folded-name.ts';
import { foldersWithMarks, isRepository, marksAmong } from '../../engine/files/git-folder.ts';
import {
  PublishError,
  type RealFolders,
  resolveTarget,
  type Target,
} from '../../engine/publishing/publish-target.ts';
import type { PublishedRecord } from '../../engine/publishing/published-record.ts';
import { foldersAbove, nearby, stillClaims } from '../check-claims.ts';

/** A path at which a stored run wants to publish. */
export interface PulledPath {
  /** What would lie there, for messages: `fit.model`. */
  readonly what: string;
  /** The path that the signer wrote. */
  readonly path: string;
}

/**
 * Why a stored run may not publish at one of its paths, as the end of a sentence; undefined where
 * it may.
 */
export type PullRule = (wanted: PulledPath) => Promise<string | undefined>;

/** Finds a list that the stored run has made; `path` is where the file publishes it. */
export type FindList = (list: ListOutput, path: string) => Promise<KnownList | undefined>;

/** What decides where a stored run may publish. */
interface PulledInto {
  readonly kinds: Kinds;
  readonly records: readonly PublishedRecord[];
  readonly findList: FindList;
}

/**
 * The rule for each path at which a stored run of a pipeline wants to publish. Whoever signed the
 * run chose them, so they count only below `artifacts/`, or where this project's own file of the
 * pipeline publishes, and never where another pipeline does. Where the file makes stages of a list,
 * these are the stages that the list of the stored run makes: as in a run here, which would restore
 * this list from the store.
 */
export async function pullRule(
  root: string,
  pipeline: string,
  { kinds, records, findList }: PulledInto,
): Promise<PullRule> {
  const files = filesOfPipeline(pipeline, root);
  const known = await Promise.all(
    files.map((file) => declaredWithLists({ root, file, kinds }, findList)),
  );
  const declared = new Set(known.flatMap(({ paths }) => paths));
  const unknown = known.flatMap(({ unknown }) => unknown);
  const lacking =
    unknown.length === 0 ? '' : ` as far as it is known without the list ${unknown.join(' and ')}`;
  const ofPipeline =
    files.map((file) => shownPath(file, root)).join(' or ') ||
    `${pipeline}, whose file is not here`;
  const artifacts = `${posix.dirname(resolveTarget(root, 'artifacts/x').real)}/`;
  const near = nearby(records.filter((record) => record.pipeline !== pipeline));
  const claims = stillClaims(root, kinds);
  const whyClaimed = async (path: string) => {
    for (const record of near(path)) {
      const { path: other, stage, pipeline } = record;
      if (await claims(record))
        return `${relation(path, other)} "${other}", which "${stage}" of ${pipeline} published`;
    }
    return undefined;
  };
  const folders: RealFolders = new Map();
  return async ({ path }) => {
    const outside = whyNoOutput(posix.normalize(path));
    if (outside !== undefined) return outside;
    const target = targetAt(root, path, folders);
    if (target instanceof PublishError) return `cannot be written: ${target.message}`;
    const reserved = whyNoOutput(target.real); // where the links of its folders lead
    if (reserved !== undefined) return reserved;
    if (!target.real.startsWith(artifacts) && !declared.has(target.shown)) {
      return `is neither below artifacts/ nor an output of ${ofPipeline}${lacking}`;
    }
    return await whyClaimed(target.shown);
  };
}

/**
 * The paths where a pipeline's file publishes with all lists that can be found, and the names of
 * the others. A list may lead to the stage that makes another one. The values of a list are the
 * signer's words, so a path that they are part of counts only below the folder that the file names
 * before the first of them.
 */
async function declaredWithLists(options: LoadOptions, findList: FindList) {
  const lists = new Map<string, KnownList>();
  const unknown = new Set<string>();
  const first = await declaredOutputs(options);
  const folders = [...first.paths.values()].flatMap(openFolder);
  for (let current = first; ; ) {
    const before = lists.size;
    for (const list of current.lists) {
      const name = listName(list);
      const path = current.paths.get(name);
      if (lists.has(name) || unknown.has(name) || path === undefined) continue;
      const found = await findList(list, path);
      if (found === undefined) unknown.add(name);
      else lists.set(name, found);
    }
    if (lists.size === before) {
      const known = new Set(first.paths.values());
      const paths = [...current.paths.values()].filter(
        (path) => known.has(path) || folders.some((folder) => path.startsWith(folder)),
      );
      return { paths, unknown: [...unknown] };
    }
    current = await declaredOutputs({ ...options, lists });
  }
}

/** The folder before the first value that a path takes from a list, if it takes one. */
function openFolder(path: string): readonly string[] {
  const value = path.indexOf('${');
  const end = path.lastIndexOf('/', value);
  return value === -1 || end === -1 ? [] : [path.slice(0, end + 1)];
}

/**
 * The rule for paths of one run together, each of which is allowed alone: one output at each place,
 * and no folder that becomes a Git repository by them.
 */
export function jointRule(root: string, paths: readonly PulledPath[]): PullRule {
  const folders: RealFolders = new Map();
  const targets = new Map(
    paths.map((wanted) => [wanted, resolveTarget(root, wanted.path, folders)]),
  );
  const whyTaken = takenBy(targets);
  const whyRepository = repositoriesBy(root, targets);
  return async (wanted) => whyTaken(wanted) ?? whyRepository(wanted);
}

type Targets = ReadonlyMap<PulledPath, Target>;

/**
 * Why a path is not one output's alone. Paths count as equal where some disk takes them for one.
 */
function takenBy(targets: Targets) {
  const wantedPaths = Array.from(targets, ([wanted, target]) => ({
    wanted,
    path: foldedPath(target),
  }));
  const near = nearby(wantedPaths);
  return (wanted: PulledPath): string | undefined => {
    const path = foldedPath(targets.get(wanted)!);
    const other = near(path).find((candidate) => candidate.wanted !== wanted);
    if (other === undefined) return undefined;
    return `${relation(path, other.path)} "${other.wanted.path}", where ${other.wanted.what} of the same run would lie`;
  };
}

const foldedPath = ({ real }: Target): string => real.split('/').map(foldedName).join('/');

/**
 * Why a path lies in a folder that Git takes for a repository, or would after the pull: Git runs
 * programs that a repository names. No single result holds one, but several outputs may make one
 * together, or with what lies in the project.
 */
function repositoriesBy(root: string, targets: Targets) {
  const coming = foldersWithMarks(Array.from(targets.values(), ({ real }) => real));
  const known = new Map<string, boolean>();
  const isOne = (folder: string): boolean => {
    const present = marksAmong(namesIn(posix.join(root, folder)));
    return isRepository(new Set([...present, ...(coming.get(folder) ?? [])]));
  };
  return (wanted: PulledPath): string | undefined => {
    const folders = [...foldersAbove(targets.get(wanted)!.real), ''];
    const repository = folders.find((folder) => {
      const is = known.get(folder) ?? isOne(folder);
      known.set(folder, is);
      return is;
    });
    return repository === undefined
      ? undefined
      : `lies in "${repository || '.'}/", which is or would become a Git repository`;
  };
}

function targetAt(root: string, path: string, real: RealFolders): Target | PublishError {
  try {
    return resolveTarget(root, path, real);
  } catch (error) {
    if (error instanceof PublishError) return error;
    throw error;
  }
}

function relation(path: string, other: string): string {
  if (path === other) return 'is';
  return path.startsWith(`${other}/`) ? 'lies inside' : 'lies around';
}
