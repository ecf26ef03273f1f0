import { type CandidateLabels, labelAlong, rankingIn } from '../../choice-file.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { fieldText } from '../config/field-text.ts';
import type { Choice, Input, InputItem, ProposedTrial, Stage } from '../config/pipeline.ts';
import { readJson } from '../files/write-atomic.ts';
import { ExamineError, LostInput, type OutputsOf } from './examine.ts';
import { type OutputSources, pathOfOutput } from './output-file.ts';

/**
 * A stage with the settings of the candidate that was chosen for its slot, as if they were written
 * out, and with the labels of the candidates that it reads. Throws an {@link ExamineError}, and a
 * {@link LostInput} if a choice is gone from the shared store.
 */
export async function chosenStage(
  stage: Stage,
  sources: OutputSources,
  outputsOf: OutputsOf,
): Promise<Stage> {
  if (stage.trialOf !== undefined) return settledTrial(stage, stage.trialOf, sources, outputsOf);
  const { slot, ...withoutSlot } = stage;
  const find = (choice: Choice, items: readonly InputItem[]) =>
    chosenLabels(choice, items, async (item) =>
      rankingIn(readJson<Json>(await pathOf(item, sources, outputsOf))),
    );
  if (slot !== undefined) {
    const { items } = stage.inputs.find(({ port }) => port === slot.port)!;
    const { first, last } = await find(slot, items);
    const candidate = candidateIn(slot.candidates, last, items.at(-1)!);
    const inputs = candidate.inputs.map((input) => filledInput(input, first, items[0]!));
    const filling = `slot ${slot.index + 1} holds ${nameOf(last, slot.axes.at(-1)!)}`;
    return { ...withoutSlot, ...candidate, inputs, filling };
  }
  const fieldsOf = async (chosen: InputItem['chosen'] & object) => {
    const { last } = await find(chosen, chosen.choices);
    return candidateIn(chosen.labels, last, chosen.choices.at(-1)!);
  };
  if (!stage.inputs.some(({ items }) => items.some(({ chosen, trial }) => chosen ?? trial)))
    return stage;
  const named = async ({ chosen, trial, ...item }: InputItem): Promise<InputItem> => {
    const ofChoice = chosen && (await fieldsOf(chosen));
    const ofTrial = trial && (await trialLabels(trial, sources, outputsOf));
    const written = Object.entries(item.labels).filter(
      ([name]) => !(name in (trial?.fields ?? {})),
    );
    return { ...item, labels: { ...Object.fromEntries(written), ...ofChoice, ...ofTrial } };
  };
  const inputs = withoutSlot.inputs.map(async (input) => ({
    ...input,
    items: await Promise.all(input.items.map(named)),
  }));
  return { ...withoutSlot, inputs: await Promise.all(inputs) };
}

/** A trial with the values that were proposed for it, as if they were written out. */
async function settledTrial(
  stage: Stage,
  { port, number, settle }: ProposedTrial,
  sources: OutputSources,
  outputsOf: OutputsOf,
): Promise<Stage> {
  const { trialOf: _, ...others } = stage;
  const [item] = stage.inputs.find((input) => input.port === port)!.items;
  const proposal = readJson<TrialFile>(await pathOf(item!, sources, outputsOf));
  const settled = proposal && settle(proposal.values);
  if (settled === undefined || !settled.ok) {
    const why = settled?.error ?? 'its proposal cannot be read';
    throw new ExamineError(`is trial ${number}: ${why}`);
  }
  return { ...others, ...settled.value };
}

/** The file of a proposal, as far as the runner reads it. */
interface TrialFile {
  readonly values: JsonObject;
}

/** Values of a trial that are labels of an item, without those that the trial lacks. */
async function trialLabels(
  { proposal: { stage, port }, fields }: InputItem['trial'] & object,
  sources: OutputSources,
  outputsOf: OutputsOf,
): Promise<InputItem['labels']> {
  if (Object.keys(fields).length === 0) return {};
  const item = { from: 'stage', stage, port, labels: {} } as const;
  const { values } = readJson<TrialFile>(await pathOf(item, sources, outputsOf)) ?? { values: {} };
  const labels = Object.entries(fields).flatMap(([name, path]) => {
    const value = path.reduce<Json | undefined>(
      (inner, key) => (isJsonObject(inner) ? inner[key] : undefined),
      values,
    );
    return value === undefined ? [] : [[name, fieldText(value)] as const];
  });
  return Object.fromEntries(labels);
}

/** The labels along a chain of choices: of the candidate itself, and in the first choice. */
interface ChosenLabels {
  /** What the stage's own choice names: a slot, where there are further choices. */
  readonly first: string;
  readonly last: string;
}

/** Follows the choices in `items` to a candidate. */
async function chosenLabels(
  { index, axes }: Choice,
  items: readonly InputItem[],
  readRanking: (item: InputItem) => Promise<readonly CandidateLabels[]>,
): Promise<ChosenLabels> {
  const labels: string[] = [];
  for (const [at, item] of items.entries()) {
    const rank = labels.at(-1) ?? String(index + 1);
    const ranking = await readRanking(item);
    labels.push(rankedLabel(ranking, rank, axes[at]!, item));
  }
  return { first: labels[0]!, last: labels.at(-1)! };
}

/** The candidate of a rank, from 1. Each has one: otherwise something has not been pooled. */
function rankedLabel(
  ranking: readonly CandidateLabels[],
  rank: string,
  axes: readonly string[],
  item: InputItem,
): string {
  const names = ranking.map((labels) => labelAlong(labels, axes));
  const label = names[Number(rank) - 1];
  const along = axes.length === 1 ? `the axis "${axes[0]}"` : `the axes ${axes.join(' and ')}`;
  if (label === undefined) {
    const got = formatCountOf(ranking.length, 'choice');
    throw new ExamineError(
      `expected choice ${rank} by ${along} in the ranking of ${sourceOf(item)}, got ${got}`,
    );
  }
  const twice = names.find((name, at) => name !== undefined && names.indexOf(name) < at);
  if (twice === undefined) return label;
  const differing = Object.keys(ranking[0]!).filter((axis) => !axes.includes(axis));
  const pooled =
    differing.length === 0
      ? ''
      : `: pool ${differing.join(' and ')}, as \`over\` of select does, or name ${differing.length === 1 ? 'it' : 'them'} under "axes" of the slots`;
  throw new ExamineError(
    `expected each candidate once in the ranking of ${sourceOf(item)}, got ${nameOf(twice, axes)} twice${pooled}`,
  );
}

/** An input with the outputs of the candidate that fills the slot. */
function filledInput({ bySlot, ...input }: Input, label: string, choice: InputItem): Input {
  return bySlot === undefined ? input : { ...input, items: candidateIn(bySlot, label, choice) };
}

function candidateIn<T>(among: ReadonlyMap<string, T>, label: string, choice: InputItem): T {
  const candidate = among.get(label);
  if (candidate !== undefined) return candidate;
  throw new ExamineError(`was given "${label}" by ${sourceOf(choice)}, which is no candidate`);
}

/** A candidate in words: `sample 6`, or `rate=0.1,width=8`. */
const nameOf = (label: string, axes: readonly string[]): string =>
  axes.length === 1 ? `${axes[0]} ${label}` : label;

const sourceOf = (item: InputItem): string =>
  item.from === 'stage' ? `${item.stage}.${item.port}` : item.shown;

/** The path of a choice's file. */
async function pathOf(
  item: InputItem,
  sources: OutputSources,
  outputsOf: OutputsOf,
): Promise<string> {
  if (item.from === 'path') return item.path;
  const { stage, port } = item;
  const artifact = outputsOf(stage)[port]!;
  const path = await pathOfOutput({ stage, port, artifact }, sources);
  if (path === undefined) throw new LostInput(stage);
  return path;
}
