import { join } from 'node:path';
import { baseNames } from '../engine/config/loading/base-pipelines.ts';
import {
  findPipelineFile,
  onlyPipelineFile,
  pipelineNames,
} from '../engine/config/loading/find-pipeline.ts';
import { stagesNamed } from '../engine/graph/select-stages.ts';
import { LocalStore } from '../engine/store/local-store.ts';
import { mistake, orThrow, type PipelineError } from './pipeline-error.ts';

/** The stages that a command's options name; `true`: all. */
interface NamedStages {
  readonly force?: true | readonly string[] | undefined;
  readonly twice?: true | readonly string[] | undefined;
}

/** The words of a command that name a pipeline and its stages. */
export interface Words extends NamedStages {
  readonly words: readonly string[];
  /** Without a file, the pipeline that ran last is meant where there are several. */
  readonly last?: boolean;
}

/** Where words are looked up: first in the folder, then below the project's `pipelines/`. */
export interface LookupFolders {
  /** Absolute path. */
  readonly folder: string;
  /** Absolute path. */
  readonly root: string;
}

/** The pipeline file that the words name, and its stages as the user wrote them. */
export interface Target extends NamedStages {
  /** Absolute path. */
  readonly file: string;
  readonly word?: string;
  readonly stages: readonly string[];
}

/**
 * Finds the pipeline: a word that ends in .yaml, or a first word that names a file. The word may be
 * the value of `--force` or `--twice`.
 */
export function findTarget(request: Words, from: LookupFolders): Target {
  const { words, force, twice, last = false } = request;
  const [first, ...others] = fileFirst(words);
  const file = first === undefined ? undefined : namedFile(first, from);
  if (file !== undefined) {
    const second = others.find((word) => endsLikeFile.test(word));
    if (second !== undefined) throw severalFiles(first!, second);
    return { file, word: first!, stages: others, force, twice };
  }
  for (const [option, stages] of Object.entries({ force, twice })) {
    if (stages === undefined || stages === true) continue;
    const taken = stages.find((word) => namesFile(word, from));
    if (taken === undefined) continue;
    const remainingStages = stages.filter((word) => word !== taken);
    return findTarget(
      {
        ...request,
        words: [taken, ...words],
        [option]: remainingStages.length > 0 ? remainingStages : true,
      },
      from,
    );
  }
  return { file: unnamedFile(from, last, first), stages: words, force, twice };
}

/**
 * Refuses a second file: a word after the first one that names a file, and no stage of the first.
 */
export function refuseSecondFile(
  { word, stages }: Target,
  names: readonly string[],
  from: LookupFolders,
): void {
  const isStage = (word: string) => stagesNamed(word, names).length > 0;
  const second = stages.find((name) => !isStage(name) && namesFile(name, from));
  if (word !== undefined && second !== undefined) throw severalFiles(word, second);
}

function fileFirst(words: readonly string[]): readonly string[] {
  const file = words.find((word) => endsLikeFile.test(word));
  return file === undefined ? words : [file, ...words.toSpliced(words.indexOf(file), 1)];
}

export const endsLikeFile = /\.ya?ml$/;

const namesFile = (word: string, { folder, root }: LookupFolders): boolean => {
  const file = findPipelineFile(word, folder, root);
  return file.ok || endsLikeFile.test(word) || file.error.code !== 'missing-file';
};

/**
 * Undefined for a word that names no file. It is a stage then, whose name may hold a slash as well.
 */
const namedFile = (word: string, from: LookupFolders): string | undefined =>
  namesFile(word, from) ? orThrow(findPipelineFile(word, from.folder, from.root)) : undefined;

/** More pipelines than this are listed one a line. */
const mostInLine = 6;

function unnamedFile({ folder, root }: LookupFolders, last: boolean, word?: string): string {
  const known = onlyPipelineFile(root) ?? (last ? lastFile(root) : undefined);
  if (known !== undefined) return known;
  if (word !== undefined) return orThrow(findPipelineFile(word, folder, root));
  const names = pipelineNames(root);
  if (names.length === 0)
    throw mistake('no-file', `There is no pipeline in ${join(root, 'pipelines')}`);
  const bases = baseNames(names, root);
  const rank = (name: string) => name.split('/').length + (bases.has(name) ? names.length : 0);
  const all = names
    .filter((name) => !/(^|\/)base\//.test(name))
    .toSorted((a, b) => rank(a) - rank(b));
  const listed = all.length > 0 ? all : names;
  const list = listed.length > mostInLine ? `:\n  ${listed.join('\n  ')}` : ` ${listed.join(', ')}`;
  const hint = `Name one, such as ${listed[0]!}`;
  throw mistake('no-file', `Which pipeline? There are${list}`, hint);
}

function severalFiles(first: string, second: string): PipelineError {
  const hint =
    'Run one after the other; to run their stages together, `include` both in a third file.';
  return mistake('several-files', `Expected one pipeline, got two: ${first} and ${second}`, hint);
}

function lastFile(root: string): string | undefined {
  for (const run of new LocalStore(root).runs()) {
    const record = run.readRecord();
    if (record?.file !== undefined) return join(root, record.file);
  }
  return undefined;
}
