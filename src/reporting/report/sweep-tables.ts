import { type ChoiceFile, decidingValue } from '../../choice-file.ts';
import type { InputItem, Stage } from '../../engine/config/pipeline.ts';
import { formatCountOf, formatSeconds, formatShare } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import type { Json } from '../../json.ts';
import { baseName } from '../stage-base-name.ts';

/** A search by successive halving: how far each candidate went, and why. */
export interface Sweep {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly text?: string;
}

/**
 * Instances of one stage by their labels on an axis, and the choice among them; absent where
 * nothing chooses any further.
 */
interface Rung {
  readonly name: string;
  readonly axis: string;
  readonly choice?: ChoiceFile;
  readonly stages: ReadonlyMap<string, Stage>;
}

/** The stages of a run, and what is known of their results. */
export interface SweepSources {
  readonly stages: readonly Stage[];
  /** The choice that a stage published; undefined where there is none. */
  readonly choiceOf: (stage: string) => ChoiceFile | undefined;
  /** How long the result of a stage took; undefined where it has none. */
  readonly secondsOf: (stage: string) => number | undefined;
}

/**
 * The sweeps of a run: one for each stage of slots whose choices can be read and that no further
 * slots follow.
 */
export function sweepsOf(sources: SweepSources): readonly Sweep[] {
  const slots = sources.stages.flatMap((stage) => {
    const chain = stage.inputs.find(({ port }) => port === stage.slot?.port)?.items ?? [];
    return chain.length === 0 ? [] : [{ stage, chain: chain.toReversed() }];
  });
  const lasts = [...groupBy(slots, ({ stage }) => baseName(stage.name)).values()].map(
    ([first]) => first!,
  );
  const texts = lasts.map(({ chain }) => JSON.stringify(chain.map(stageOf)).slice(0, -1));
  return lasts.flatMap(({ stage, chain }, index) => {
    const isFollowed = texts.some((text) => text.startsWith(`${texts[index]},`));
    const rungs = isFollowed ? [] : rungsOf(stage, chain, sources);
    return rungs.length === 0 ? [] : [sweepOf(rungs, sources.secondsOf)];
  });
}

const stageOf = (item: InputItem): string => (item.from === 'stage' ? item.stage : item.path);

/**
 * All rungs, the last one whether something chooses among its stages or not; none where another
 * choice is missing.
 */
function rungsOf(
  last: Stage,
  chain: readonly InputItem[],
  { stages, choiceOf }: SweepSources,
): readonly Rung[] {
  const { port, axes } = last.slot!;
  const firstRead = ({ inputs }: Stage) =>
    baseName(inputs.flatMap(({ items }) => items.map(stageOf))[0] ?? '');
  const final = stages.find(
    (stage) =>
      stage.slot === undefined &&
      firstRead(stage) === baseName(last.name) &&
      choiceOf(stage.name) !== undefined,
  );
  const choosers = [...chain.map(stageOf), ...(final ? [final.name] : [])];
  const along = [...axes.toReversed(), port.replace('matrix.', '')];
  const rungOf = (name: string, axis: string): Rung => {
    const rungStages = stages.filter((stage) => baseName(stage.name) === name);
    return {
      name,
      axis,
      stages: new Map(rungStages.map((stage) => [stage.axes[axis] ?? '', stage])),
    };
  };
  const rungs = choosers.flatMap((name, index): readonly Rung[] => {
    const choice = choiceOf(name);
    const chooser = stages.find((stage) => stage.name === name);
    if (choice === undefined || chooser === undefined) return [];
    return [{ ...rungOf(firstRead(chooser), along[index]!), choice }];
  });
  if (rungs.length < choosers.length) return [];
  return final === undefined ? [...rungs, rungOf(baseName(last.name), along.at(-1)!)] : rungs;
}

/** The labels of a candidate in each rung that it was in. */
function pathOf(start: string, rungs: readonly Rung[]): readonly string[] {
  const path = [start];
  for (const [index, rung] of rungs.slice(0, -1).entries()) {
    const rank = rankOf(path.at(-1)!, rung);
    if (rank === undefined || rank > advancing(rungs, index)) break;
    path.push(String(rank));
  }
  return path;
}

/**
 * How many candidates of a rung went on: as its choice says, or as many as the next one has stages
 * for.
 */
const advancing = (rungs: readonly Rung[], index: number): number =>
  rungs[index]!.choice?.count ?? rungs[index + 1]?.stages.size ?? 0;

/**
 * The rank of a candidate in the ranking of a rung, counted from 1; undefined where it has none.
 */
function rankOf(label: string, { axis, choice }: Rung): number | undefined {
  const index = choice?.ranking?.findIndex((labels) => labels[axis] === label) ?? -1;
  return index < 0 ? undefined : index + 1;
}

function sweepOf(rungs: readonly Rung[], secondsOf: SweepSources['secondsOf']): Sweep {
  const [first] = rungs as readonly [Rung];
  const { by, candidates } = first.choice!;
  const paths = candidates.map(({ labels }) => pathOf(labels[first.axis]!, rungs));
  const valuesOf = (label: string) => first.stages.get(label)?.drawn ?? {};
  const drawn = [...new Set(paths.flatMap(([start]) => Object.keys(valuesOf(start!))))];
  const last = (path: readonly string[]) =>
    rankOf(path.at(-1)!, rungs[path.length - 1]!) ?? Number.POSITIVE_INFINITY;
  const ordered = paths.toSorted((a, b) => b.length - a.length || last(a) - last(b));
  return {
    title: `Candidates by ${by}, and how far each went`,
    columns: [first.axis, ...drawn, ...rungs.map(({ name }) => name), 'why it ended'],
    rows: ordered.map((path) => [
      path[0]!,
      ...drawn.map((name) => shown(valuesOf(path[0]!)[name])),
      ...rungs.map((rung, at) =>
        shown(path[at] === undefined ? undefined : valueIn(rung, path[at])),
      ),
      whyEnded(path, rungs),
    ]),
    ...timeWords(paths, rungs, secondsOf),
  };
}

function shown(value: Json | undefined): string | number {
  if (typeof value === 'number') return Number(value.toPrecision(4));
  if (typeof value === 'string') return value;
  return value == null ? '' : JSON.stringify(value);
}

/**
 * The value that a candidate was chosen by, null or absent where undefined; a word in a rung
 * without a choice.
 */
function valueIn({ axis, choice }: Rung, label: string): Json | undefined {
  if (choice === undefined) return 'trained';
  const candidate = choice.candidates.find(({ labels }) => labels[axis] === label);
  return candidate && decidingValue(choice, candidate);
}

function whyEnded(path: readonly string[], rungs: readonly Rung[]): string {
  const rung = rungs[path.length - 1]!;
  const { name, axis, choice } = rung;
  const label = path.at(-1)!;
  if (path.length === rungs.length)
    return choice?.chosen?.labels[axis] === label
      ? 'trained to the end: chosen'
      : 'trained to the end';
  const rank = rankOf(label, rung);
  const where = rank === undefined ? 'no value' : `place ${rank} of ${choice!.candidates.length}`;
  return `stopped after ${name}: ${where}, the first ${advancing(rungs, path.length - 1)} went on`;
}

function timeWords(
  paths: readonly (readonly string[])[],
  rungs: readonly Rung[],
  secondsOf: SweepSources['secondsOf'],
): { readonly text?: string } {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const seconds = (path: readonly string[]) =>
    sum(path.map((label, at) => secondsOf(rungs[at]!.stages.get(label)?.name ?? '') ?? Number.NaN));
  const whole = paths.filter(({ length }) => length === rungs.length).map(seconds);
  const spent = sum(paths.map(seconds));
  const all = (sum(whole) / whole.length) * paths.length;
  if (!Number.isFinite(spent + all)) return {};
  const saved = all > spent ? `, so ${formatShare(1 - spent / all)} was saved` : '';
  return {
    text: `The rungs took ${formatSeconds(spent)} together. Training all ${paths.length} candidates to the end would take about ${formatSeconds(all)}, by the mean of the ${formatCountOf(whole.length, 'candidate')} that went there${saved}.`,
  };
}
