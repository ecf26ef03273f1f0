import type { Facts, KnownInputs } from '../../../stage.ts';
import type { LoadContext } from '../load-context.ts';
import type { LocatedStage, StageName } from '../pipeline.ts';
import type { Instances } from './instances.ts';
import { reportMistakes } from './settings.ts';

/**
 * Reports mistakes that kinds find by facts about their inputs. Facts are looked up once, where a
 * kind asks for them.
 */
export function checkInputs(
  { kinds, report }: LoadContext,
  { byName }: Instances,
  stages: readonly LocatedStage[],
): void {
  const known = new Map(stages.map((stage) => [stage.name, stage]));
  const facts = new Map<StageName, Facts>();
  const specOf = ({ kind }: LocatedStage) => kinds.get(kind)!.spec;
  const inputsOf =
    (stage: LocatedStage): KnownInputs =>
    (port) => {
      const items = stage.inputs.find((input) => input.port === port)?.items ?? [];
      return items.map(({ labels, ...item }) =>
        item.from === 'path' ? { path: item.path, labels } : { facts: factsOf(item.stage), labels },
      );
    };
  const factsOf = (name: StageName): Facts => {
    const before = facts.get(name);
    if (before) return before;
    facts.set(name, {}); // ends a cycle, which is reported elsewhere
    const stage = known.get(name);
    const stageFacts = (stage && specOf(stage).facts?.(stage.settings, inputsOf(stage))) ?? {};
    facts.set(name, stageFacts);
    return stageFacts;
  };
  for (const stage of stages) {
    const mistakes = specOf(stage).checkInputs?.(stage.settings, inputsOf(stage));
    reportMistakes(mistakes, { ...byName.get(stage.name)!, report, at: stage.at });
  }
}
