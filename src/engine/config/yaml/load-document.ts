import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { formatBytes } from '../../../format-numbers.ts';
import { err, ok, type Result } from '../../../result.ts';
import { reasonOf } from '../../../user-error.ts';
import type { DiagnosticCode } from '../../diagnostics/codes.ts';
import type { Diagnostic, SourceFile, Span } from '../../diagnostics/diagnostic.ts';
import { findInPackage, referredHint } from '../find-package.ts';
import type { LoadContext } from '../load-context.ts';
import {
  child,
  describeNode,
  isText,
  itemsOf,
  type MapNode,
  mergeNodes,
  type Node,
  type TextNode,
} from './node.ts';
import { parseYaml } from './parse-yaml.ts';

/** Chooses the files that a file extends, where a parameter is part of their path. */
export interface ExtendsChoice {
  /**
   * A path with its `${…}` replaced. `documents` are what the file has extended so far, and the
   * file itself; undefined where one could not be read.
   */
  choose(context: LoadContext, path: Node, documents: readonly (MapNode | undefined)[]): Node;
  /** The choice for the files that a document extends, whose parameters have the last word. */
  extendedBy(document: MapNode): ExtendsChoice;
}

/**
 * Loads the last file of `chain`, of which each names the next, merged with those that it extends.
 * Undefined where one of them cannot be read, which is reported: without it, what the others change
 * would look like mistakes.
 */
export function loadDocument(
  context: LoadContext,
  chain: readonly string[],
  choice: ExtendsChoice,
  at?: Span,
): MapNode | undefined {
  const absolute = chain.at(-1)!;
  const read = readMap(absolute, context.root, "A pipeline's file", at);
  if (!read.ok) {
    read.error.forEach(context.report);
    return undefined;
  }
  const document = read.value;
  context.files.set(absolute, document.at.file);
  let merged: MapNode | undefined = { type: 'map', entries: new Map(), at: document.at };
  for (const written of itemsOf(child(document, 'extends'))) {
    const path = choice.choose(context, written, [merged, document]);
    if (path.type === 'scalar' && path.unresolved) merged = undefined;
    else if (isText(path)) {
      const further = choice.extendedBy(document);
      const below = loadReferred(context, chain, path, {
        verb: 'extend',
        choice: further,
      })?.document;
      merged = merged && below && (mergeNodes(merged, below) as MapNode);
    } else {
      const message = `Expected a path or a list of paths for "extends", got ${describeNode(path)}`;
      context.report({ code: 'wrong-type', message, at: path.at });
    }
  }
  if (merged === undefined) return undefined;
  const { entries } = mergeNodes(merged, document) as MapNode;
  return { ...document, entries: new Map([...entries].filter(([key]) => key !== 'extends')) };
}

/**
 * Loads a file that the last one of `chain` names. Undefined where that is impossible, which is
 * reported.
 */
export function loadReferred(
  context: LoadContext,
  chain: readonly string[],
  { value: path, at }: TextNode,
  { verb, choice }: { readonly verb: 'extend' | 'include'; readonly choice: ExtendsChoice },
): { readonly chain: readonly string[]; readonly document: MapNode } | undefined {
  const absolute = findReferred(context, path, at);
  if (absolute === undefined) return undefined;
  const whole = [...chain, absolute];
  const from = chain.indexOf(absolute);
  if (from >= 0) {
    const cycle = whole.slice(from).map((file) => shownPath(file, context.root));
    const message = `Files ${verb} each other in a cycle: ${cycle.join(' → ')}`;
    return context.report({ code: 'file-cycle', message, at });
  }
  const document = loadDocument(context, whole, choice, at);
  return document && { chain: whole, document };
}

/**
 * The absolute path that a file names: relative to that file, or `npm:package/path` in a package's
 * `pipelines/`.
 */
function findReferred(context: LoadContext, path: string, at: Span): string | undefined {
  const { root, report } = context;
  const isInPackage = path.startsWith('npm:');
  const target = isInPackage
    ? findInPackage(path, at, context, 'pipelines')
    : resolve(root, dirname(at.file.path), path);
  if (target !== undefined && existsSync(target)) return target;
  const message = target
    ? `There is no file "${shownPath(target, root)}"`
    : `No package of "${path}" is installed`;
  return report({ code: 'missing-file', message, at, hint: referredHint(path) });
}

/**
 * Reads a YAML file that holds a map, or gives all mistakes of its YAML. `what` names it in
 * messages.
 */
export function readMap(
  absolute: string,
  root: string,
  what: string,
  at?: Span,
): Result<MapNode, readonly Diagnostic[]> {
  const source = readSource(absolute, root, { at });
  if (!source.ok) return err([source.error]);
  const parsed = parseYaml(source.value);
  if (!parsed.ok) return parsed;
  if (parsed.value.type === 'map') return ok(parsed.value);
  const message = `${what} must be a map, got ${describeNode(parsed.value)}`;
  return err([{ code: 'wrong-type', message, at: parsed.value.at }]);
}

/** A pipeline of 5,000 stages is below this; anything larger is some other file. */
const maximumBytes = 1 << 20;

/** How mistakes name a file: what it is, and the span that names it. */
interface SourceUse {
  readonly at?: Span | undefined;
  readonly what?: string;
}

/** Reads a text file of at most {@link maximumBytes}. */
export function readSource(
  absolute: string,
  root: string,
  { at, what = "a pipeline's file" }: SourceUse = {},
): Result<SourceFile, Diagnostic> {
  const path = shownPath(absolute, root);
  const fail = (code: DiagnosticCode, message: string) => err({ code, message, ...(at && { at }) });
  try {
    const stats = statSync(absolute);
    if (!stats.isFile()) return fail('not-a-file', `"${path}" is not a file`);
    if (stats.size > maximumBytes) {
      const size = formatBytes(stats.size);
      return fail(
        'too-large',
        `"${path}" has ${size}; ${what} has at most ${maximumBytes / 2 ** 20} MiB`,
      );
    }
    return ok({
      path,
      text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(absolute)),
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return fail('missing-file', `There is no file "${path}"`);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return fail('not-text', `"${path}" is not UTF-8 text`);
    return fail('unreadable', `"${path}" cannot be read: ${reasonOf(error)}`);
  }
}

/** A path as the user would type it: relative to the root, POSIX. */
export function shownPath(absolute: string, root: string): string {
  return relative(root, absolute).split(sep).join('/') || '.';
}
