import type { InputItem, Stage } from '../../engine/config/pipeline.ts';
import { formatCountOf, formatSeconds, formatShare } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { isJsonObject, type Json } from '../../json.ts';
import { betterFirst, findMetric } from '../../learning/metrics/metric-catalogue.ts';
import { baseName } from '../history/past-run.ts';

/** A search by successive halving: how far each candidate went, and why. */
export interface Sweep {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** The time that it took, and that of training all candidates to the end. */
  readonly text?: string;
}

type Labels = Readonly<Record<string, string>>;

/** What a choice among the candidates of a rung says. */
interface Choice {
  readonly by: string;
  readonly candidates: readonly { readonly labels: Labels }[];
  readonly ranking?: readonly Labels[];
  readonly chosen?: { readonly labels: Labels };
}

/** Instances of one stage, and the choice among them by their label on `axis`. */
interface Rung {
  readonly name: string;
  readonly axis: string;
  readonly choice: Choice;
}

/** How a candidate stands in one rung; `rank` counts from 1. */
interface Standing {
  readonly label: string;
  readonly value: number | undefined;
  readonly rank: number;
}

export interface SweepSources {
  readonly stages: readonly Stage[];
  /** The content of a published choice; undefined where there is none. */
  readonly choiceOf: (stage: string, port: string) => Json | undefined;
  /** How long the result of a stage took; undefined where it has none. */
  readonly secondsOf: (stage: string) => number | undefined;
}

/** The sweeps of a run: one for each stage of slots whose choices can be read and that no further slots follow. */
export function sweepsOf(sources: SweepSources): readonly Sweep[] {
  const slots = sources.stages.flatMap((stage) => {
    const chain = stage.inputs.find(({ port }) => port === stage.slot?.port)?.items ?? [];
    return chain.length === 0 ? [] : [{ stage, chain: chain.toReversed() }];
  });
  const lasts = [...groupBy(slots, ({ stage }) => baseName(stage.name)).values()].map(([first]) => first!);
  const isFollowed = (length: number, items: readonly InputItem[]) =>
    lasts.some(({ chain }) => chain.length > length && items.every((item, at) => keyOf(item) === keyOf(chain[at]!)));
  return lasts.flatMap(({ stage, chain }) => {
    if (isFollowed(chain.length, chain)) return [];
    const rungs = rungsOf(stage, chain, sources);
    return rungs === undefined ? [] : [sweepOf(rungs, sources)];
  });
}

const keyOf = (item: InputItem): string => (item.from === 'stage' ? `${item.stage}.${item.port}` : item.path);

/** All rungs, the last one too where something chooses among its stages. */
function rungsOf(
  last: Stage,
  chain: readonly InputItem[],
  { stages, choiceOf }: SweepSources,
): readonly Rung[] | undefined {
  const base = baseName(last.name);
  const reads = ({ inputs }: Stage) =>
    inputs.flatMap(({ items }) => items.flatMap((item) => ('stage' in item ? [item] : [])));
  const final = stages.find(
    (stage) => reads(stage).some((item) => baseName(item.stage) === base) && choiceOf(stage.name, 'choice'),
  );
  const places = chain.flatMap((item) => (item.from === 'stage' ? [item] : []));
  const all = [...places, ...(final ? [{ stage: final.name, port: 'choice' }] : [])];
  const axes = [...last.slot!.axes.toReversed(), last.slot!.port.replace('matrix.', '')];
  const rungs = all.flatMap(({ stage, port }, index): readonly Rung[] => {
    const choice = readChoice(choiceOf(stage, port));
    const [first] = stages.filter(({ name }) => name === stage).flatMap(reads);
    return choice && first ? [{ name: baseName(first.stage), axis: axes[index]!, choice }] : [];
  });
  return rungs.length === all.length && rungs.length > 0 ? rungs : undefined;
}

function readChoice(value: Json | undefined): Choice | undefined {
  const isChoice = isJsonObject(value) && typeof value['by'] === 'string' && Array.isArray(value['candidates']);
  return isChoice ? (value as unknown as Choice) : undefined;
}

function sweepOf(rungs: readonly Rung[], { stages, secondsOf }: SweepSources): Sweep {
  const [first] = rungs as readonly [Rung];
  const instance = ({ name, axis }: Rung, label: string) =>
    stages.find((stage) => baseName(stage.name) === name && stage.axes[axis] === label);
  const paths = first.choice.candidates.map(({ labels }) => pathOf(labels[first.axis]!, rungs));
  const drawn = [...new Set(paths.flatMap(([start]) => Object.keys(instance(first, start!.label)?.drawn ?? {})))];
  const seconds = (path: readonly Standing[]) =>
    path.map(({ label }, at) => secondsOf(instance(rungs[at]!, label)?.name ?? '') ?? Number.NaN).reduce(sum, 0);
  const ordered = paths.toSorted((a, b) => b.length - a.length || a.at(-1)!.rank - b.at(-1)!.rank);
  return {
    title: `Candidates by ${first.choice.by}, and how far each went`,
    columns: [first.axis, ...drawn, ...rungs.map(({ name }) => name), 'why it ended'],
    rows: ordered.map((path) => {
      const values = instance(first, path[0]!.label)?.drawn ?? {};
      return [
        path[0]!.label,
        ...drawn.map((name) => (typeof values[name] === 'number' ? values[name] : JSON.stringify(values[name] ?? ''))),
        ...rungs.map((_, at) => path[at]?.value?.toFixed(4) ?? ''),
        whyEnded(path, rungs),
      ];
    }),
    ...timeWords(paths, rungs.length, seconds),
  };
}

const sum = (one: number, other: number): number => one + other;

/** Where a candidate stands in each rung that it was in. */
function pathOf(start: string, rungs: readonly Rung[]): readonly Standing[] {
  const path: Standing[] = [];
  let label: string | undefined = start;
  for (const { axis, choice } of rungs) {
    if (label === undefined) break;
    const { by, candidates, ranking = [] } = choice;
    const valueIn = (one: object) => (one as Readonly<Record<string, number | undefined>>)[by] ?? undefined;
    const own = label;
    const value = candidates.flatMap((one) => (one.labels[axis] === own ? [valueIn(one)] : []))[0];
    const isBefore = (other: number | undefined) =>
      other !== undefined &&
      (value === undefined || betterFirst(findMetric(by) ?? { better: 'higher' }, other, value) < 0);
    const slot = ranking.findIndex((labels) => labels[axis] === own);
    const rank = slot < 0 ? candidates.filter((one) => isBefore(valueIn(one))).length : slot;
    path.push({ label, value, rank: rank + 1 });
    label = slot < 0 ? undefined : String(slot + 1);
  }
  return path;
}

function whyEnded(path: readonly Standing[], rungs: readonly Rung[]): string {
  const { name, axis, choice } = rungs[path.length - 1]!;
  const { rank, label, value } = path.at(-1)!;
  const place = value === undefined ? 'no value' : `place ${rank} of ${choice.candidates.length}`;
  if (choice.ranking !== undefined)
    return `stopped after ${name}: ${place}, the first ${choice.ranking.length} went on`;
  return `${place} at the end${choice.chosen?.labels[axis] === label ? ': chosen' : ''}`;
}

/** The time of all rungs, against that of all candidates by the mean of those that went to the end. */
function timeWords(
  paths: readonly (readonly Standing[])[],
  rungs: number,
  seconds: (path: readonly Standing[]) => number,
): Pick<Sweep, 'text'> {
  const whole = paths.filter(({ length }) => length === rungs).map(seconds);
  const spent = paths.map(seconds).reduce(sum, 0);
  const all = (whole.reduce(sum, 0) / whole.length) * paths.length;
  if (!Number.isFinite(all) || !Number.isFinite(spent)) return {};
  const ended = formatCountOf(whole.length, 'candidate');
  const saved = all > spent ? `, so ${formatShare(1 - spent / all)} was saved` : '';
  return {
    text: `The rungs took ${formatSeconds(spent)} together. Training all ${paths.length} candidates to the end would take about ${formatSeconds(all)}, by the mean of the ${ended} that went there${saved}.`,
  };
}
