import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { CodeError, StageError } from '../../src/stage.ts';

/**
 * The packages of an environment, every one with its version. A type, since to the compiler an
 * interface is no JSON object.
 */
export type Lock = {
  /** What makes the environment: `python -m venv` and pip, or uv. */
  readonly tool: 'pip' | 'uv';
  /** Absolute path. */
  readonly path: string;
  /** The SHA-256 of what it says, without comments. */
  readonly digest: string;
  /** The SHA-256 of each of its files, by absolute path. */
  readonly files: Readonly<Record<string, string>>;
};

/**
 * Reads a lock by its path from the root. Throws a {@link CodeError} for one that leaves a version
 * open.
 */
export function readLock(root: string, path: string): Lock {
  const file = resolve(root, path);
  const files: Record<string, string> = {};
  try {
    return readLockFile(root, file, files);
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    throw new CodeError(error.message, [file, ...Object.keys(files)]);
  }
}

/** Fills `files` with what is read, also where that is a mistake. */
function readLockFile(root: string, file: string, files: Record<string, string>): Lock {
  if (basename(file) === 'uv.lock') {
    const text = read(file, root);
    return { tool: 'uv', path: file, digest: sha256(text), files: { [file]: sha256(text) } };
  }
  const lines = requirementLines(file, root, files);
  return { tool: 'pip', path: file, digest: sha256(lines.join('\n')), files };
}

/** The lines of a file of requirements, and of those that it names, without comments. */
function requirementLines(
  file: string,
  root: string,
  files: Record<string, string>,
): readonly string[] {
  if (files[file] !== undefined) return [];
  files[file] = '';
  const text = read(file, root);
  files[file] = sha256(text);
  const lines: string[] = [];
  // A backslash joins a line to the next one.
  const written = text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/);
  for (const [index, raw] of written.entries()) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    const further = /^(?:-r|-c|--requirement|--constraint)[\s=]*(.+)$/.exec(line)?.[1];
    if (further !== undefined)
      lines.push(...requirementLines(join(dirname(file), further), root, files));
    else if (line !== '') lines.push(checkedLine(line, `${relative(root, file)}:${index + 1}`));
  }
  return lines;
}

/** A name with one version: `torch==2.6.0+cu124`, perhaps with extras, markers and hashes. */
const pinned = /^[\w.-]+\s*(\[[^\]]*\])?\s*={2,3}\s*[^\s*;,]+\s*(;.*|--.*)?$/;
/** An option of pip, an address, or the path of a package. */
const placed = /^-|@|:\/\/|^[./]/;

function checkedLine(line: string, at: string): string {
  if (pinned.test(line) || placed.test(line)) return line;
  const advice = 'Write all packages with their versions, as `python -m pip freeze` prints them';
  throw new StageError(`${at}: "${line}" names no single version. ${advice}: torch==2.6.0`);
}

function read(file: string, root: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const name = relative(root, file);
    throw new StageError(`There is no file ${name}, whose packages the program is to run with`);
  }
}
