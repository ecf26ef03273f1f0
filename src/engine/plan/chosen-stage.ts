import { type CandidateLabels, rankingIn } from '../../choice-file.ts';
import { formatCountOf } from '../../format-numbers.ts';
import type { Json } from '../../json.ts';
import type { Choice, InputItem, Stage } from '../config/pipeline.ts';
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
  const { slot, ...withoutSlot } = stage;
  const find = <T>(choice: Choice, items: readonly InputItem[], among: ReadonlyMap<string, T>) =>
    chosen(choice, items, among, async (item) =>
      rankingIn(readJson<Json>(await pathOf(item, sources, outputsOf))),
    );
  if (slot !== undefined) {
    const { items } = stage.inputs.find(({ port }) => port === slot.port)!;
    const entries = [...slot.candidates].map(([label, candidate]) => {
      const filling = `slot ${slot.index + 1} holds ${slot.axes.at(-1)} ${label}`;
      return [label, { ...candidate, filling }] as const;
    });
    return { ...withoutSlot, ...(await find(slot, items, new Map(entries))) };
  }
  if (!stage.inputs.some(({ items }) => items.some(({ chosen }) => chosen))) return stage;
  const named = async ({ chosen, ...item }: InputItem): Promise<InputItem> =>
    chosen
      ? {
          ...item,
          labels: { ...item.labels, ...(await find(chosen, chosen.choices, chosen.labels)) },
        }
      : item;
  const inputs = withoutSlot.inputs.map(async (input) => ({
    ...input,
    items: await Promise.all(input.items.map(named)),
  }));
  return { ...withoutSlot, inputs: await Promise.all(inputs) };
}

/** The entry of the candidate to which the choices in `items` lead. */
async function chosen<T>(
  { index, axes }: Choice,
  items: readonly InputItem[],
  among: ReadonlyMap<string, T>,
  readRanking: (item: InputItem) => Promise<readonly CandidateLabels[]>,
): Promise<T> {
  let label = String(index + 1);
  for (const [at, item] of items.entries()) {
    const ranking = await readRanking(item);
    const named = ranking[Number(label) - 1]?.[axes[at]!];
    if (named === undefined) {
      const what = `choice ${label} by the axis "${axes[at]}"`;
      const got = formatCountOf(ranking.length, 'choice');
      throw new ExamineError(`expected ${what} in the ranking of ${sourceOf(item)}, got ${got}`);
    }
    label = named;
  }
  const candidate = among.get(label);
  if (candidate !== undefined) return candidate;
  throw new ExamineError(
    `was given "${label}" by ${sourceOf(items.at(-1)!)}, which is no candidate`,
  );
}

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
