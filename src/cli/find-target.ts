import { basename, join } from 'node:path';
import { baseNames, findPipelineFile, onlyPipelineFile, pipelineNames } from '../engine/config/pipeline-files.ts';
import { findIncludedStages, findStageNames } from '../engine/config/stage-reference.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { FolderStore } from '../engine/store/folder-store.ts';
import { err, ok, type Result } from '../result.ts';

/** The words of a command line that say which pipeline and which of its stages. */
export interface Words {
  readonly words: readonly string[];
  /** Stages to force, or all. */
  readonly force?: true | readonly string[] | undefined;
  /** Stages to run twice, or all. */
  readonly twice?: true | readonly string[] | undefined;
  /** Without a file, the pipeline that ran last is meant where there are several. */
  readonly last?: boolean;
}

export interface Target {
  /** Absolute path. */
  readonly file: string;
  /** The word that names it, if any. */
  readonly word?: string;
  readonly stages: readonly string[];
  readonly force: true | readonly string[] | undefined;
  readonly twice: true | readonly string[] | undefined;
}

/**
 * Tells the pipeline file among the words from the stages. The first word is a file if it names one, any word if it ends
 * like one; `--force` and `--twice` take words, too, and may have taken the file. Behind the file, a word that does not end like one is a
 * stage, for which a file may be called, too: `secondFile` tells when the stages are known.
 */
export function findTarget(asked: Words, root: string): Result<Target, readonly Diagnostic[]> {
  const { words, force, twice, last = false } = asked;
  const [first, ...others] = fileFirst(words);
  const named = first === undefined ? undefined : namedFile(first, root);
  if (named?.ok === false) return named;
  if (named?.ok) {
    const second = others.find((word) => endsLikeFile.test(word));
    if (second !== undefined) return err([severalFiles(first!, second)]);
    return ok({ file: named.value, word: first!, stages: others, force, twice });
  }
  for (const [option, stages] of Object.entries({ force, twice })) {
    if (stages === undefined || stages === true) continue;
    const taken = stages.find((word) => namedFile(word, root) !== undefined);
    if (taken === undefined) continue;
    const left = stages.filter((word) => word !== taken);
    return findTarget({ ...asked, words: [taken, ...words], [option]: left.length > 0 ? left : true }, root);
  }
  const file = unnamedFile(root, last, first);
  return file.ok ? ok({ file: file.value, stages: words, force, twice }) : file;
}

/** The mistake of a word behind the file that names no stage of it, but a file of its own; undefined where there is none. */
export function secondFile({ word, stages }: Target, names: readonly string[], root: string): Diagnostic | undefined {
  if (word === undefined) return undefined;
  const isStage = (word: string) => [findStageNames, findIncludedStages].some((find) => find(word, names).length > 0);
  const second = stages.find((name) => !isStage(name) && namedFile(name, root) !== undefined);
  return second === undefined ? undefined : severalFiles(word, second);
}

/** The words with one that ends like a file before the others, as in `explain fit experiments/xception.yaml`. */
function fileFirst(words: readonly string[]): readonly string[] {
  const file = words.find((word) => endsLikeFile.test(word));
  return file === undefined ? words : [file, ...words.toSpliced(words.indexOf(file), 1)];
}

const endsLikeFile = /\.ya?ml$/;

/** Undefined for a word that is no file: a stage, then, whose name may hold a slash as well. */
function namedFile(word: string, root: string): Result<string, readonly Diagnostic[]> | undefined {
  const found = findPipelineFile(word, process.cwd(), root);
  if (found.ok) return found;
  return endsLikeFile.test(word) || found.error.code !== 'missing-file' ? err([found.error]) : undefined;
}

function unnamedFile(root: string, last: boolean, word?: string): Result<string, readonly Diagnostic[]> {
  const only = onlyPipelineFile(root);
  if (only !== undefined) return ok(only);
  const names = pipelineNames(root);
  const ran = last ? lastFile(root) : undefined;
  if (ran !== undefined) return ok(ran);
  if (names.length === 0) {
    return err([{ code: 'no-file', message: `There is no pipeline in ${join(root, 'pipelines')}` }]);
  }
  const bases = baseNames(names, root);
  const runnable = names.filter((name) => !bases.has(name));
  const all = [...runnable, ...names.filter((name) => bases.has(name))];
  const meant = all.find((name) => basename(name).replace(endsLikeFile, '') === word);
  const hint = meant === undefined ? `Name one, as in: restage run ${all[0]}` : `Did you mean ${meant}?`;
  return err([{ code: 'no-file', message: `Which pipeline? There are ${all.join(', ')}`, hint }]);
}

function severalFiles(first: string, second: string): Diagnostic {
  const message = `Expected one pipeline, got two: ${first} and ${second}`;
  const hint = 'Run one after the other; to run their stages together, `include` both in a third file.';
  return { code: 'several-files', message, hint };
}

function lastFile(root: string): string | undefined {
  for (const run of FolderStore.open(root).runs()) {
    const record = run.readRecord();
    if (record?.file !== undefined) return join(root, record.file);
  }
  return undefined;
}
