import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json } from '../../json.ts';
import type { InputItem, Stage } from '../config/pipeline.ts';
import { ExamineError, type OutputsOf, type World } from './examine.ts';

/**
 * The stage as it is for the candidate that its slot holds: what the file would say with these settings written out, so that its
 * result and its checkpoints are those of the same work elsewhere. Other stages stay. Throws an {@link ExamineError} where a choice
 * does not tell.
 */
export function chosenStage(
  stage: Stage,
  world: Pick<World, 'graph' | 'pipeline' | 'store'>,
  outputsOf: OutputsOf,
): Stage {
  const { slot, ...own } = stage;
  if (slot === undefined) return stage;
  const { items } = stage.inputs.find(({ port }) => port === slot.port)!;
  let rank = slot.index;
  let label = '';
  for (const [at, item] of items.entries()) {
    const ranking = rankingOf(item, world, outputsOf);
    const axis = slot.axes[at]!;
    const named = ranking[rank]?.[axis];
    if (named === undefined) {
      const what = ranking[rank] === undefined ? `at least ${rank + 1} choices` : `the axis "${axis}"`;
      throw new ExamineError(`expected ${what} in the ranking of ${sourceOf(item)}, got ${ranking.length} choices`);
    }
    label = named;
    rank = Number(named) - 1;
  }
  const candidate = slot.candidates.get(label);
  if (candidate === undefined)
    throw new ExamineError(`was given "${label}" by ${sourceOf(items.at(-1)!)}, which is no candidate`);
  return { ...own, ...candidate };
}

const sourceOf = (item: InputItem): string => (item.from === 'stage' ? `${item.stage}.${item.port}` : item.shown);

/** The labels of the candidates in a choice, the best first: `ranking` in its JSON. Empty where it has none. */
function rankingOf(
  item: InputItem,
  { graph, pipeline, store }: Pick<World, 'graph' | 'pipeline' | 'store'>,
  outputsOf: OutputsOf,
): readonly Readonly<Record<string, string>>[] {
  const choice = readChoice(pathOf(item, { graph, pipeline, store }, outputsOf));
  const ranking = isJsonObject(choice) ? choice['ranking'] : undefined;
  return Array.isArray(ranking) ? (ranking as readonly Readonly<Record<string, string>>[]) : [];
}

function pathOf(
  item: InputItem,
  { graph, pipeline, store }: Pick<World, 'graph' | 'pipeline' | 'store'>,
  outputsOf: OutputsOf,
): string {
  if (item.from === 'path') return item.path;
  const stored = store.objectPath(outputsOf(item.stage)[item.port]!.files[0]!.digest);
  const { path } = graph.stage(item.stage).outputs.find(({ port }) => port === item.port)!;
  return existsSync(stored) ? stored : join(pipeline.root, path);
}

function readChoice(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch {
    return null; // It is gone, or no JSON.
  }
}
