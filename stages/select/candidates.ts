import { readFileSync } from 'node:fs';
import { isJsonObject, parseJson } from '../../src/json.ts';
import { groupOver } from '../../src/learning/charts/series.ts';
import { parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { nameByLabels, pairByLabels } from '../../src/learning/metrics/pair-by-labels.ts';
import { countParameters } from '../../src/learning/models/count-parameters.ts';
import { readModelInfo } from '../../src/learning/models/model-info.ts';
import { isNearConstant, oneClassWords } from '../../src/learning/training/collapse.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import { type InputArtifact, type StageContext, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { Values } from './choose.ts';
import { parameterCount } from './criteria.ts';
import type { SelectSettings } from './spec.ts';

/** A model or another artifact that may be chosen, or one of several that are pooled. */
export interface Member {
  readonly labels: InputArtifact['labels'];
  readonly name: string;
  /** Its artifact; absent where only metrics are read. */
  readonly path?: string;
  readonly values: Values;
  /** What it calls every image of the split if it learned nothing. */
  readonly collapse?: string | undefined;
}

/** What is chosen: one member, or the mean of several. */
export interface Candidate {
  readonly labels: InputArtifact['labels'];
  readonly name: string;
  readonly members: readonly Member[];
  /** The means of the members' values; null where one of them has none. */
  readonly values: Values;
}

/** The measures that the table of candidates always shows. */
const measures = ['accuracy', 'auc', 'loss'] as const;

/** The measures of the table of candidates. */
export const shownBy = (by: string): readonly string[] => [...new Set([...measures, by])];

/** What candidates are called in messages. */
export const wordOf = ({ inputPorts }: Pick<StageContext, 'inputPorts'>): string =>
  inputPorts.includes('models') ? 'model' : 'candidate';

/**
 * The candidates with their values on the validation split; `further` are the names of other
 * numbers that they must have. Throws a {@link StageError}.
 */
export function readCandidates(
  context: StageContext<SelectSettings>,
  further: readonly string[],
): readonly Candidate[] {
  const { by, over } = context.settings;
  const port = ['models', 'artifacts'].find((name) => context.inputPorts.includes(name));
  const metrics = context.inputs('metrics');
  const named = port === undefined ? metrics : context.inputs(port);
  const words = { one: wordOf(context), other: 'metrics' };
  const pairs =
    port === undefined
      ? metrics.map((other) => ({ one: undefined, other }))
      : pairByLabels(named, metrics, words);
  const members = pairs.map(({ one, other }, index): Member => {
    const name = nameByLabels(named, index);
    const isModel = port === 'models';
    const numbers = readMetrics(other.path, name, by);
    const countOf = () => countParameters(one!.path, readModelInfo(one!.path));
    const others = further.map((key): [string, number | null] => [
      key,
      isModel && key === parameterCount ? countOf() : numbers.numberOf(key),
    ]);
    return {
      labels: (one ?? other).labels,
      name,
      ...(one && { path: one.path }),
      values: { ...numbers.values, ...Object.fromEntries(others) },
      collapse: numbers.collapse,
    };
  });
  return over.length === 0 ? members.map(alone) : pooled(members, over);
}

const alone = (member: Member): Candidate => {
  const { labels, name, values } = member;
  return { labels, name, members: [member], values };
};

/** The members that differ only on the axes `over`, as one candidate. */
function pooled(members: readonly Member[], over: readonly string[]): readonly Candidate[] {
  const groups = groupOver(members, over);
  const placeOf = ({ labels }: Member) =>
    over.map((axis) => `${axis}=${labels[axis] ?? ''}`).join(', ');
  const places = [...new Set(members.map(placeOf))];
  return groups.map(({ labels, items }, index) => {
    const name = nameByLabels(groups, index);
    const missing = places.find((place) => !items.some((item) => placeOf(item) === place));
    if (missing !== undefined) {
      throw new StageError(
        `Expected each candidate for the same values of ${over.join(' and ')}, but ${name} lacks ${missing}: means of other parts do not compare.`,
      );
    }
    const keys = Object.keys(items[0]!.values);
    const values = keys.map((key) => [key, meanOf(items.map(({ values }) => values[key]))]);
    return { labels, name, members: items, values: Object.fromEntries(values) as Values };
  });
}

function meanOf(values: readonly (number | null | undefined)[]): number | null {
  const numbers = values.filter((value) => value !== null && value !== undefined);
  if (numbers.length < values.length) return null;
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** The numbers of one candidate on the validation split. */
interface ReadMetrics {
  readonly values: Values;
  readonly collapse: string | undefined;
  /**
   * A number of the split, or one outside of all splits. Throws a {@link StageError} for one of
   * another split, and for none.
   */
  numberOf(name: string): number | null;
}

function readMetrics(path: string, candidate: string, by: string): ReadMetrics {
  const text = readFileSync(path, 'utf8');
  const metrics = parseMetrics(text);
  if (!metrics.ok) throw new StageError(`input "metrics" of ${candidate}: ${metrics.error}`);
  const { values } = metrics.value;
  const known = shownBy(by).filter((measure) => values.has(`${selectionSplit}.${measure}`));
  if (known.length === 0) {
    throw new StageError(
      `Expected metrics of the split "${selectionSplit}", which alone selects, for ${candidate}, got none. ${thereAre(selectionSplit, values.keys())}`,
    );
  }
  const splits = splitsIn(text);
  const numberOf = (name: string) => {
    const isOfSplit = splits.some((split) => name.startsWith(`${split}.`));
    const keys = [`${selectionSplit}.${name}`, ...(isOfSplit ? [] : [name])];
    const key = keys.find((path) => values.has(path));
    if (key !== undefined) return values.get(key)!;
    if (isOfSplit) {
      throw new StageError(
        `Expected a number of the split "${selectionSplit}", which alone selects, got ${name}.`,
      );
    }
    throw new StageError(
      `Expected the number "${name}" in the metrics of ${candidate}, got none. ${thereAre(name, values.keys())}`,
    );
  };
  return {
    values: Object.fromEntries(
      known.map((measure) => [measure, values.get(`${selectionSplit}.${measure}`)!]),
    ),
    collapse: collapseOf(values),
    numberOf,
  };
}

function splitsIn(text: string): readonly string[] {
  const json = parseJson(text, 'metrics');
  const splits = json.ok && isJsonObject(json.value) ? json.value['splits'] : undefined;
  return isJsonObject(splits) ? Object.keys(splits) : [];
}

/** By the counts of `evaluate`; undefined where the metrics do not have them. */
function collapseOf(values: ReadonlyMap<string, number | null>): string | undefined {
  const value = (metric: string) => values.get(`${selectionSplit}.${metric}`) ?? Number.NaN;
  const called = `${selectionSplit}.called.`;
  const names = [...values.keys()]
    .filter((key) => key.startsWith(called))
    .map((key) => key.slice(called.length));
  const images = Object.fromEntries(
    names.map((name) => [name, values.get(`${selectionSplit}.counts.${name}`) ?? value(name)]),
  );
  const [only, ...furtherCalled] = names.filter((name) => value(`called.${name}`) > 0);
  const present = names.filter((name) => images[name]! > 0);
  if (only === undefined || furtherCalled.length > 0 || present.length < 2) return undefined;
  return isNearConstant(value('loss'), images)
    ? oneClassWords(only, value('loss'), images)
    : undefined;
}
