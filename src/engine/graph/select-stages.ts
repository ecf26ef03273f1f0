import { err, ok, type Result } from '../../result.ts';
import type { StageName } from '../config/pipeline.ts';
import { readName, readWord, suggestStage } from '../config/stage-reference.ts';
import { standingLabel } from '../config/stages/axis.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type Graph, type GraphNode, readBy } from './graph.ts';

/** A stage that words can name. */
interface SelectableNode extends GraphNode {
  readonly onDemand: boolean;
}

/**
 * The stages for the words of a command, in the graph's order: `named`, by default all that are not
 * `onDemand`; and `stages`, these with what they need and, if `downstream`, what depends on them.
 * Or a mistake for each unknown word.
 */
export function selectStages(
  graph: Graph<SelectableNode>,
  words: readonly string[],
  { downstream = false }: { readonly downstream?: boolean } = {},
): Result<Readonly<Record<'named' | 'stages', readonly StageName[]>>, readonly Diagnostic[]> {
  const isOnDemand = (name: StageName) => graph.stage(name).onDemand;
  const mistakes: Diagnostic[] = [];
  const named = new Set<StageName>();
  for (const word of words) {
    const matches = stagesNamed(word, graph.stages.keys(), isOnDemand);
    if (matches.length === 0) {
      const hint = suggestStage(word, graph.stages.keys());
      mistakes.push({ code: 'unknown-stage', message: `There is no stage "${word}"`, hint });
    }
    for (const stage of matches) named.add(stage);
  }
  if (mistakes.length > 0) return err(mistakes);
  if (words.length === 0) {
    for (const [name, { onDemand }] of graph.stages) if (!onDemand) named.add(name);
  }
  const wanted = downstream ? reach(named, (name) => graph.dependents(name)) : named;
  const stages = reach(wanted, (name) => needs(graph, name));
  const inOrder = (set: ReadonlySet<StageName>) => graph.order.filter((name) => set.has(name));
  return ok({ named: inOrder(named), stages: inOrder(stages) });
}

/**
 * The stages that a word names: an instance, instances that agree (`fit[seed=2]` or `fit@seed=2`),
 * or all (`fit`). The name of an included pipeline (`sn` or `sn/`) means its stages, except those
 * on demand where it has others.
 */
export function stagesNamed<Name extends string>(
  word: string,
  names: Iterable<Name>,
  isOnDemand: (name: Name) => boolean = () => false,
): readonly Name[] {
  const all = [...names];
  const wanted = readWord(word);
  const matches = all.filter((name) => {
    if (name === word) return true;
    const { stage, selection } = readName(name);
    if (stage !== wanted?.stage) return false;
    return Array.from(wanted.selection).every(([axis, value]) => {
      const label = selection.get(axis);
      return label === value || label === standingLabel; // which values there are is not known yet
    });
  });
  if (matches.length > 0) return matches;
  const prefix = word.replace(/\/?$/, '/');
  const included = all.filter((name) => name.startsWith(prefix));
  const automatic = included.filter((name) => !isOnDemand(name));
  return automatic.length > 0 ? automatic : included;
}

/**
 * The stages that must run before a stage: those that it reads, those that made the lists of its
 * axes, and those that it runs after, except on-demand ones.
 */
function needs(graph: Graph<SelectableNode>, name: StageName): readonly StageName[] {
  const stage = graph.stage(name);
  return [
    ...readBy(stage),
    ...stage.after.filter((predecessor) => !graph.stage(predecessor).onDemand),
    ...(stage.listedBy ?? []),
  ];
}

function reach(
  from: ReadonlySet<StageName>,
  next: (name: StageName) => readonly StageName[],
): ReadonlySet<StageName> {
  const reached = new Set(from);
  // A loop over a set also visits what is added meanwhile.
  for (const name of reached) for (const neighbour of next(name)) reached.add(neighbour);
  return reached;
}
