import { isAbsolute, resolve } from 'node:path';
import { cutText } from '../../../cut-text.ts';
import {
  lineColumn,
  type Report,
  type SourceFile,
  type Span,
} from '../../diagnostics/diagnostic.ts';
import type { LoadContext } from '../load-context.ts';
import type { DescribedChange } from '../pipeline.ts';
import { readMap } from '../yaml/load-document.ts';
import { entriesOf, type MapNode, type Node, nodeAt, toJson } from '../yaml/node.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';
import type { SetParam } from './params.ts';

/** A value for a setting of a stage, from `--set fit.batchSize=64`. */
export interface SetSetting {
  /** With the prefix of its pipeline: `sn/fit`. */
  readonly stage: string;
  /** Below `with`. */
  readonly path: readonly string[];
  readonly value: Node;
  readonly at: Span;
}

/** An axis from `--axis rate=0.1,0.01`, or for a setting from `--axis fit.epochs=1,2`. */
export interface SetAxis {
  /** The included pipeline that it is of, such as `sn/`; empty for the file itself. */
  readonly prefix: string;
  /** The axis or parameter, or the stage of a setting. */
  readonly name: string;
  /** The setting, below `with`; empty for an axis or parameter. */
  readonly path: readonly string[];
  /** Any form of an axis. */
  readonly value: Node;
  readonly at: Span;
}

/** What a command line changes of a pipeline. */
export interface CommandLine {
  /** Parameters of `--params` files come first, so that `--set` has the last word. */
  readonly params: readonly SetParam[];
  readonly settings: readonly SetSetting[];
  readonly axes: readonly SetAxis[];
  /** Texts of another form, which are mistakes. */
  readonly malformed: readonly string[];
}

/** What a command line changes of a pipeline whose file is a `document`. */
export function describeChanges(
  { params, settings, axes }: CommandLine,
  document: MapNode,
): readonly DescribedChange[] {
  const ofParams = params.map(({ prefix, path, value, at }) => {
    const before = prefix === '' ? nodeAt(document, ['params', ...path])?.value : undefined;
    return { name: `${prefix}params.${path.join('.')}`, value, at, before };
  });
  const ofSettings = settings.map(({ stage, path, value, at }) => {
    const before = nodeAt(document, ['stages', stage, 'with', ...path])?.value;
    return { name: `${stage}.${path.join('.')}`, value, at, before };
  });
  const ofAxes = axes.map(({ prefix, name, path, value, at }) => {
    return { name: prefix + [name, ...path].join('.'), value, at, before: undefined };
  });
  return [...ofParams, ...ofSettings, ...ofAxes].map(({ name, value, at, before }) => ({
    name,
    value: inWords(value),
    from: at.file.path.startsWith('--')
      ? at.file.path
      : `${at.file.path}:${lineColumn(at.file, at.start).line}`,
    ...(before !== undefined && { before: inWords(before) }),
  }));
}

const longestValue = 60;

const inWords = (value: Node): string => cutText(JSON.stringify(toJson(value)), longestValue);

/** How an element of the command line begins that names a file of parameters. */
export const paramsOption = '--params=';
/** How one begins that gives an axis. */
export const axisOption = '--axis=';

/**
 * Reads the texts of a command line: `params.epochs=5`, `fit.batchSize=64`, or `--params=` and the
 * absolute path of a file. Each value is YAML.
 */
export function readCommandLine(context: LoadContext, texts: readonly string[]): CommandLine {
  const fromFiles: SetParam[] = [];
  const params: SetParam[] = [];
  const settings: SetSetting[] = [];
  const axes: SetAxis[] = [];
  const malformed: string[] = [];
  for (const text of texts) {
    if (text.startsWith(paramsOption)) {
      fromFiles.push(...readParamsFile(context, text.slice(paramsOption.length)));
      continue;
    }
    if (text.startsWith(axisOption)) {
      axes.push(...readAxis(text.slice(axisOption.length), context.report));
      continue;
    }
    const match = /^((?:[^/=.]+\/)*)([^/=.]+)\.([^=]+)=/.exec(text);
    if (match === null) {
      malformed.push(text);
      continue;
    }
    const [head, prefix = '', word = '', dotted = ''] = match;
    const value = valueAfter(head, text, context.report);
    if (value === undefined) continue;
    const path = dotted.split('.');
    if (word === 'params') params.push({ prefix, path, ...value });
    else settings.push({ stage: prefix + word, path, ...value });
  }
  return { params: [...fromFiles, ...params], settings, axes, malformed };
}

/** `declared` are the parameters of the pipeline, for hints. */
export function reportMalformed(
  { report }: LoadContext,
  { malformed }: CommandLine,
  declared: Node | undefined,
): void {
  for (const text of malformed) reportForm(text, declared, report);
}

function reportForm(text: string, declared: Node | undefined, report: Report): void {
  const file: SourceFile = { path: '--set', text };
  const message = `Expected --set params.<name>=<value> or --set <stage>.<setting>=<value>, got ${JSON.stringify(text)}`;
  const isKnown = text.includes('=') && entriesOf(declared).has(/^[^.=]*/.exec(text)![0]);
  const hint = isKnown ? `Did you mean ${JSON.stringify(`params.${text}`)}?` : undefined;
  report({ code: 'wrong-set', message, at: { file, start: 0, end: text.length }, hint });
}

/** `rate=0.1,0.01`, with any form of an axis in place of the list. */
function readAxis(text: string, report: Report): readonly SetAxis[] {
  const match = /^((?:[^/=.]+\/)*)([^/=.]+)((?:\.[^/=.]+)*)=(?=.)/.exec(text);
  if (match === null) {
    const file: SourceFile = { path: '--axis', text };
    const message = `Expected --axis <name>=<value>,<value> or --axis <stage>.<setting>=<value>,<value>, got ${JSON.stringify(text)}`;
    report({ code: 'wrong-set', message, at: { file, start: 0, end: text.length } });
    return [];
  }
  const [head, prefix = '', name = '', dotted = ''] = match;
  const isForm = /^[[{]/.test(text.slice(head.length));
  const read = valueAfter(head, text, report, { option: '--axis', isList: !isForm });
  return read ? [{ prefix, name, path: dotted.split('.').slice(1), ...read }] : [];
}

/** The value after a name, and where the name stands. */
function valueAfter(
  head: string,
  text: string,
  report: Report,
  { option = '--set', isList = false } = {},
): { readonly value: Node; readonly at: Span } | undefined {
  const file: SourceFile = { path: option, text };
  const written = text.slice(head.length);
  const blanks = ' '.repeat(head.length - 1);
  // Blanks instead of the name keep the offsets of the value. Messages show the text with its
  // name.
  const source = {
    path: option,
    text: isList ? `${blanks}[${written}]` : `${blanks} ${written}`,
  };
  const parsed = parseYaml(source);
  source.text = text;
  if (parsed.ok) return { value: parsed.value, at: { file, start: 0, end: head.length - 1 } };
  parsed.error.forEach(report);
  return undefined;
}

/** The parameters of a YAML file; `sn/epochs` is one of the included pipeline `sn`. */
function readParamsFile(context: LoadContext, path: string): readonly SetParam[] {
  if (!isAbsolute(path)) throw new Error(`Internal error: ${path} is not absolute`);
  const absolute = resolve(path);
  const read = readMap(absolute, context.root, 'A file of parameters');
  if (!read.ok) {
    read.error.forEach(context.report);
    return [];
  }
  context.files.set(absolute, read.value.at.file);
  return Array.from(read.value.entries, ([key, { keyAt: at, value }]) => {
    const prefix = key.slice(0, key.lastIndexOf('/') + 1);
    return { prefix, path: [key.slice(prefix.length)], value, at, merges: true };
  });
}
