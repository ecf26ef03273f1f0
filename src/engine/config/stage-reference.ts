import { formatFew } from '../../format-numbers.ts';
import { compare } from '../../sort-order.ts';
import { suggest, thereAre } from '../../suggest.ts';
import type { StageName } from './pipeline.ts';

/**
 * A reference to a stage as it is written: `faces[set=test].dataset`, and without a port in
 * `after`.
 */
export interface StageReference {
  readonly stage: string;
  /** Axis values that it fixes; empty without brackets. */
  readonly selection: ReadonlyMap<string, string>;
  /** An axis of the reader's slots, as in `fit[slot].model`: the candidate that fills its slot. */
  readonly slot?: string;
  readonly port?: string;
}

const shape = /^([^[\].\s]+)(?:\[([^[\]]*)\])?(?:\.([^[\].\s]+))?$/;

/** Undefined for a text of another form. */
export function parseStageReference(text: string): StageReference | undefined {
  const match = shape.exec(text);
  if (!match) return undefined;
  const [, stage, brackets, port] = match;
  const selected = parseSelection(brackets);
  return selected && { stage: stage!, ...selected, ...(port === undefined ? {} : { port }) };
}

/** Axis values, and at most one name of an axis without a value, which is one of slots. */
function parseSelection(
  text: string | undefined,
): Pick<StageReference, 'selection' | 'slot'> | undefined {
  const selection = new Map<string, string>();
  if (text === undefined) return { selection };
  let slot: string | undefined;
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const axis = part.slice(0, equals < 0 ? part.length : equals).trim();
    if (axis === '' || selection.has(axis) || slot === axis) return undefined;
    if (equals >= 0) selection.set(axis, part.slice(equals + 1).trim());
    else if (slot === undefined) slot = axis;
    else return undefined;
  }
  return slot === undefined ? { selection } : { selection, slot };
}

/**
 * The name of an instance, such as `fit[net=my-net,seed=2]`: axes in code-unit order, so that it
 * does not depend on where an axis was declared.
 */
export function instanceName(base: string, labels: Readonly<Record<string, string>>): StageName {
  const parts = Object.entries(labels).sort(([a], [b]) => compare(a, b));
  if (parts.length === 0) return base as StageName;
  return `${base}[${parts.map((part) => part.join('=')).join(',')}]` as StageName;
}

/**
 * Whether an input is a path: a `/` outside brackets, not after an included pipeline's name. Else:
 * `stage.port`.
 */
export function isPath(text: string, includes: ReadonlySet<string>): boolean {
  if (text.startsWith('npm:')) return true;
  const bracket = text.indexOf('[');
  const slash = text.indexOf('/');
  if (slash < 0) return false;
  if (bracket >= 0 && slash > bracket && parseStageReference(text)) return false;
  return !(includes.has(text.slice(0, slash)) && parseStageReference(text));
}

/**
 * Reads the name of a stage; only its base if an axis value holds characters that a reference
 * cannot.
 */
export const readName = (name: string): StageReference =>
  parseStageReference(name) ?? { stage: baseOf(name), selection: new Map() };

const baseOf = (word: string): string => word.replace(/[@[].*$/, '');

export function readWord(word: string): StageReference | undefined {
  const at = word.indexOf('@');
  const reference = parseStageReference(
    at < 0 ? word : `${word.slice(0, at)}[${word.slice(at + 1)}]`,
  );
  const isStage = reference?.port === undefined && reference?.slot === undefined;
  return isStage ? reference : undefined;
}

/**
 * A hint for an unknown stage. It suggests no nearest number as an axis value: seed 3 is no slip
 * for seed 2.
 */
export function suggestStage(word: string, names: Iterable<string>): string | undefined {
  const all = [...names].map((name) => ({ name, ...readName(name) }));
  const base = baseOf(word);
  const instances = all.filter(({ stage }) => stage === base);
  if (instances.length === 0) {
    const stages = new Set(all.map(({ stage }) => stage));
    return suggestIncluded(base, stages) ?? suggest(base, stages);
  }
  const axes = [...new Set(instances.flatMap(({ selection }) => [...selection.keys()]))];
  for (const [axis, value] of readWord(word)?.selection ?? []) {
    if (axes.length === 0) return `It has no axes: write "${base}".`;
    if (!axes.includes(axis)) return `It has no axis "${axis}". ${thereAre(axis, axes)}`;
    const values = new Set(instances.flatMap(({ selection }) => selection.get(axis) ?? []));
    if (values.has(value)) continue;
    return `Its axis "${axis}" has no value "${value}". ${isNumber(value) ? listed(values) : thereAre(value, values)}`;
  }
  return listed(instances.map(({ name }) => name));
}

/** How many included stages a hint lists: a study may include many pipelines with a `fit`. */
const mostIncluded = 4;

function suggestIncluded(base: string, stages: Iterable<string>): string | undefined {
  const included = [...stages].filter((stage) => stage.endsWith(`/${base}`));
  if (included.length === 0) return undefined;
  if (included.length === 1) return `Did you mean "${included[0]}"?`;
  return `Did you mean one of ${formatFew(included, mostIncluded)}?`;
}

const isNumber = (text: string): boolean => text !== '' && Number.isFinite(Number(text));

const listed = (names: Iterable<string>): string => thereAre('', names);
