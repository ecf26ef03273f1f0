import { type ChoiceFile, decidingValue, labelAlong } from '../../choice-file.ts';
import type { InputItem, Stage } from '../../engine/config/pipeline.ts';
import { formatCountOf, formatSeconds, formatShare, toDigits } from '../../format-numbers.ts';
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
 * Instances of one stage by their labels on the axes along which one is chosen, several where the
 * choice pools others; and the choice, absent where nothing chooses any further.
 */
interface Rung {
  readonly name: string;
  readonly axes: readonly string[];
  readonly choice?: ChoiceFile;
  readonly stages: ReadonlyMap<string, readonly Stage[]>;
}

/** The stages of a run, and what is known of their results. */
export interface SweepSources {
  readonly stages: readonly Stage[];
  /** The choice that a stage published; undefined where there is none. */
  readonly choiceOf: (stage: string) => ChoiceFile | undefined;
  /** How long the result of a stage took; undefined where it has none. */
  readonly secondsOf: (stage: string) => number | undefined;
}

/** A stage of slots, and the stages that choose for it, the first one first. */
interface SlotChain {
  readonly stage: Stage;
  readonly chain: readonly InputItem[];
}

/**
 * The sweeps of a run: one for each stage of slots whose choices can be read and that no further
 * slots follow. Slots that other choices fill, as those of another fold, are a sweep of their own.
 */
export function sweepsOf(sources: SweepSources): readonly Sweep[] {
  const slots = sources.stages.flatMap((stage): readonly SlotChain[] => {
    const chain = stage.inputs.find(({ port }) => port === stage.slot?.port)?.items ?? [];
    return chain.length === 0 ? [] : [{ stage, chain: chain.toReversed() }];
  });
  const textOf = ({ chain }: SlotChain) => JSON.stringify(chain.map(stageOf)).slice(0, -1);
  const byChain = groupBy(slots, (slot) => `${baseName(slot.stage.name)} ${textOf(slot)}`);
  const lasts = [...byChain.values()].map(([first]) => first!);
  return lasts.flatMap((last) => {
    const isFollowed = lasts.some((other) => textOf(other).startsWith(`${textOf(last)},`));
    const rungs = isFollowed ? [] : rungsOf(last, sources);
    if (rungs.length === 0) return [];
    const chooser = sources.stages.find(({ name }) => name === stageOf(last.chain[0]!));
    return [sweepOf(rungs, chooser?.axes ?? {}, sources.secondsOf)];
  });
}

const stageOf = (item: InputItem): string => (item.from === 'stage' ? item.stage : item.path);

/**
 * All rungs, the last one whether something chooses among its stages or not; none where another
 * choice is missing.
 */
function rungsOf(
  { stage: last, chain }: SlotChain,
  { stages, choiceOf }: SweepSources,
): readonly Rung[] {
  const { port, axes, of } = last.slot!;
  const firstRead = ({ inputs }: Stage) =>
    baseName(inputs.flatMap(({ items }) => items.map(stageOf))[0] ?? '');
  const final = stages.find(
    (stage) =>
      stage.slot === undefined &&
      firstRead(stage) === baseName(last.name) &&
      agrees(last, stage.axes) &&
      choiceOf(stage.name) !== undefined,
  );
  const choosers = [...chain.map(stageOf), ...(final ? [final.name] : [])];
  const names = [...of.toReversed(), baseName(last.name)];
  const along = [...axes.toReversed(), [port.replace('matrix.', '')]];
  const rungOf = (index: number, within: Stage['axes']): Rung => {
    const ofRung = stages.filter(
      (stage) => baseName(stage.name) === names[index] && agrees(stage, within),
    );
    const labelOf = (stage: Stage) => labelAlong(stage.axes, along[index]!) ?? '';
    return { name: names[index]!, axes: along[index]!, stages: groupBy(ofRung, labelOf) };
  };
  const rungs = choosers.flatMap((name, index): readonly Rung[] => {
    const choice = choiceOf(name);
    const chooser = stages.find((stage) => stage.name === name);
    if (choice === undefined || chooser === undefined) return [];
    return [{ ...rungOf(index, chooser.axes), choice }];
  });
  if (rungs.length < choosers.length) return [];
  return final === undefined ? [...rungs, rungOf(choosers.length, fixedAxes(last))] : rungs;
}

/** Whether a stage has these values on the axes that both have. */
const agrees = ({ axes }: Stage, values: Stage['axes']): boolean =>
  Object.entries(values).every(([axis, label]) => (axes[axis] ?? label) === label);

/** The axes of a stage of slots that its choice has, too. */
const fixedAxes = ({ axes, slot }: Stage): Stage['axes'] => {
  const { [slot!.port.replace('matrix.', '')]: _slot, ...others } = axes;
  return others;
};

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
function rankOf(label: string, { axes, choice }: Rung): number | undefined {
  const index = choice?.ranking?.findIndex((labels) => labelAlong(labels, axes) === label) ?? -1;
  return index < 0 ? undefined : index + 1;
}

function sweepOf(
  rungs: readonly Rung[],
  within: Stage['axes'],
  secondsOf: SweepSources['secondsOf'],
): Sweep {
  const [first] = rungs as readonly [Rung];
  const { by, candidates } = first.choice!;
  const starts = candidates.flatMap(({ labels }) => labelAlong(labels, first.axes) ?? []);
  const paths = starts.map((label) => pathOf(label, rungs));
  const valuesOf = (label: string) => first.stages.get(label)?.[0]?.drawn ?? {};
  const fixed = Object.entries(within).map(([axis, label]) => `${axis} ${label}`);
  const drawn = [...new Set(paths.flatMap(([start]) => Object.keys(valuesOf(start!))))];
  const last = (path: readonly string[]) =>
    rankOf(path.at(-1)!, rungs[path.length - 1]!) ?? Number.POSITIVE_INFINITY;
  const ordered = paths.toSorted((a, b) => b.length - a.length || last(a) - last(b));
  return {
    title: `Candidates${fixed.length === 0 ? '' : ` of ${fixed.join(', ')}`} by ${by}, and how far each went`,
    columns: [first.axes.join(', '), ...drawn, ...rungs.map(({ name }) => name), 'why it ended'],
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
  if (typeof value === 'number') return Number(toDigits(value, 4));
  if (typeof value === 'string') return value;
  return value == null ? '' : JSON.stringify(value);
}

/**
 * The value that a candidate was chosen by, null or absent where undefined; a word in a rung
 * without a choice.
 */
function valueIn({ axes, choice }: Rung, label: string): Json | undefined {
  if (choice === undefined) return 'trained';
  const candidate = choice.candidates.find(({ labels }) => labelAlong(labels, axes) === label);
  return candidate && decidingValue(choice, candidate);
}

function whyEnded(path: readonly string[], rungs: readonly Rung[]): string {
  const rung = rungs[path.length - 1]!;
  const { name, axes, choice } = rung;
  const label = path.at(-1)!;
  if (path.length === rungs.length)
    return choice?.chosen !== undefined && labelAlong(choice.chosen.labels, axes) === label
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
  const secondsIn = (rung: Rung, label: string) => {
    const ofCandidate = rung.stages.get(label) ?? [];
    if (ofCandidate.length === 0) return Number.NaN;
    return sum(ofCandidate.map(({ name }) => secondsOf(name) ?? Number.NaN));
  };
  const seconds = (path: readonly string[]) =>
    sum(path.map((label, at) => secondsIn(rungs[at]!, label)));
  const whole = paths.filter(({ length }) => length === rungs.length).map(seconds);
  const spent = sum(paths.map(seconds));
  const all = (sum(whole) / whole.length) * paths.length;
  if (!Number.isFinite(spent + all)) return {};
  const saved = all > spent ? `, so ${formatShare(1 - spent / all)} was saved` : '';
  return {
    text: `The rungs took ${formatSeconds(spent)} together. Training all ${paths.length} candidates to the end would take about ${formatSeconds(all)}, by the mean of the ${formatCountOf(whole.length, 'candidate')} that went there${saved}.`,
  };
}
