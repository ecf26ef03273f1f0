import { suggest, thereAre } from '../../../suggest.ts';
import { parseStageReference, type StageReference } from '../stage-reference.ts';

/**
 * The stages that a word means: one instance (`fit[net=a,seed=2]`, axes in any order), all that agree (`fit[seed=2]`), or all
 * instances (`fit`). `fit@seed=2` is the same and needs no quotes in a shell.
 */
export function findStageNames<Name extends string>(word: string, names: Iterable<Name>): readonly Name[] {
  const wanted = readWord(word);
  return [...names].filter((name) => {
    if (name === word) return true;
    const { stage, selection } = readName(name);
    if (stage !== wanted?.stage) return false;
    return Array.from(wanted.selection).every(([axis, value]) => selection.get(axis) === value);
  });
}

/** The stages of the included pipeline that a word names, with or without a slash behind it; none where it names none. */
export function findIncludedStages<Name extends string>(word: string, names: Iterable<Name>): readonly Name[] {
  const prefix = word.replace(/\/?$/, '/');
  return [...names].filter((name) => name.startsWith(prefix));
}

/** An axis value may hold what a reference cannot: such a stage is named as it is, or by what is before its axes. */
const readName = (name: string): StageReference =>
  parseStageReference(name) ?? { stage: baseOf(name), selection: new Map() };

const baseOf = (word: string): string => word.replace(/[@[].*$/, '');

function readWord(word: string): StageReference | undefined {
  const at = word.indexOf('@');
  const reference = parseStageReference(at < 0 ? word : `${word.slice(0, at)}[${word.slice(at + 1)}]`);
  return reference?.port === undefined ? reference : undefined;
}

/**
 * What may have been meant by a word that means no stage. Of an axis its values are listed, never the nearest: seed 3 is no slip for
 * seed 2.
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
    if (axes.length === 0) return `It has no axes: name it ${base}.`;
    if (!axes.includes(axis)) return `It has no axis "${axis}". ${thereAre(axis, axes)}`;
    const values = new Set(instances.flatMap(({ selection }) => selection.get(axis) ?? []));
    if (!values.has(value))
      return `Of its axis "${axis}": ${isNumber(value) ? listed(values) : thereAre(value, values)}`;
  }
  return listed(instances.map(({ name }) => name));
}

/** More of a name are counted: a study includes many pipelines that have a `fit`. */
const mostIncluded = 4;

/** Stages of that very name in included pipelines, which is likelier to be meant than one of another name. */
function suggestIncluded(base: string, stages: Iterable<string>): string | undefined {
  const included = [...stages].filter((stage) => stage.endsWith(`/${base}`));
  if (included.length === 0) return undefined;
  if (included.length === 1) return `Did you mean "${included[0]}"?`;
  const more = included.length - mostIncluded;
  return `Did you mean one of ${included.slice(0, mostIncluded).join(', ')}${more > 0 ? ` and ${more} more` : ''}?`;
}

const isNumber = (text: string): boolean => text !== '' && Number.isFinite(Number(text));

/** With nothing that would be nearest. */
const listed = (names: Iterable<string>): string => thereAre('', names);
