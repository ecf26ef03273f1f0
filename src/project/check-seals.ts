import type { LocatedStage } from '../engine/config/pipeline.ts';
import type { Diagnostic } from '../engine/diagnostics/diagnostic.ts';
import { Ledger } from '../engine/seals/ledger.ts';
import { formatList } from '../format-numbers.ts';
import { PipelineError } from './pipeline-error.ts';
import type { Selection } from './selection.ts';

/**
 * Throws a `PipelineError` where chosen stages would read parts that other stages seal, before
 * anything runs. A run looks at the content as well, so nothing depends on this.
 */
export function checkSeals({ root, graph, stages }: Selection): void {
  const sealed = stages.filter(({ outputs }) => outputs.some(({ sealed }) => sealed));
  if (sealed.length === 0) return;
  const seals = [...new Ledger(root).state.seals.values()];
  const broken = new Set(seals.flatMap(({ isBroken, event }) => (isBroken ? [event.of] : [])));
  const mistakes = stages.flatMap((stage) =>
    mistakesOf(stage, (name) => graph.stage(name), broken),
  );
  if (mistakes.length > 0) throw new PipelineError(mistakes);
}

function mistakesOf(
  { kind, inputs }: LocatedStage,
  stageOf: (name: LocatedStage['name']) => LocatedStage,
  broken: ReadonlySet<string>,
): readonly Diagnostic[] {
  return inputs
    .filter(({ sealed }) => sealed === undefined)
    .flatMap(({ items, parts, sealedHint = 'Give it other splits.', at }) =>
      items.flatMap((item): readonly Diagnostic[] => {
        if (item.from !== 'stage') return [];
        const name = `${item.stage}.${item.port}`;
        const sealing = stageOf(item.stage);
        const output = sealing.outputs.find(({ port }) => port === item.port);
        const read = (output?.sealed ?? []).filter((part) => parts?.includes(part) ?? true);
        if (read.length === 0 || broken.has(name)) return [];
        const message = `${formatList(read)} of ${name} is sealed, and ${kind} with these settings may not read it`;
        const hint = `${sealedHint} \`restage unseal\` breaks the seal, and ledger.jsonl says so.`;
        const seals = `The stage "${item.stage}" seals ${formatList(read)}`;
        return [
          {
            code: 'sealed-input',
            message,
            at,
            hint,
            related: [{ message: seals, at: sealing.at }],
          },
        ];
      }),
    );
}
