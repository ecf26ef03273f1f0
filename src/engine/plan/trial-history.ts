import type { Told } from '../../stage.ts';
import type { Proposing, Stage, StageName } from '../config/pipeline.ts';
import { hashFingerprint } from '../fingerprint/fingerprint.ts';
import { type KnownTrials, withoutHistory } from '../store/stage-result.ts';
import { type OutputsOf, shownFingerprint, type Workspace } from './examine.ts';

/** A stage that proposes a trial. */
export type ProposingStage = Stage & { readonly proposing: Proposing };

export const isProposing = (stage: Stage): stage is ProposingStage => stage.proposing !== undefined;

/** The stages whose outputs tell how each trial before went, by the number of the trial. */
export function trialsBefore({
  inputs,
  proposing,
}: ProposingStage): ReadonlyMap<string, readonly StageName[]> {
  const trials = new Map<string, StageName[]>();
  const history = inputs.filter(({ port }) => proposing.history.includes(port));
  for (const item of history.flatMap(({ items }) => items)) {
    const label = item.labels[proposing.axis]!;
    if (item.from === 'stage') trials.set(label, [...(trials.get(label) ?? []), item.stage]);
  }
  return trials;
}

/** The stages that it waits for by name: all but those of the trials before. */
export function neededAlways(stage: ProposingStage, dependencies: readonly StageName[]) {
  const ofTrials = new Set([...trialsBefore(stage).values()].flat());
  return dependencies.filter((name) => !ofTrials.has(name));
}

/**
 * Which trials had ended when this one was proposed, in any run that this store knows of: the order
 * in which they ended, on which the proposal depends. Undefined where it was never proposed. The
 * proposal before must be known.
 */
export async function recordedTrials(
  stage: ProposingStage,
  workspace: Workspace,
  outputsOf: OutputsOf,
): Promise<KnownTrials | undefined> {
  const bare = withItems(stage, new Set());
  const fingerprint = await shownFingerprint(bare, workspace, outputsOf);
  const lookup = await workspace.store.lookup(hashFingerprint(withoutHistory(fingerprint)));
  return lookup.state === 'missing' ? undefined : lookup.result.knew;
}

/** A stage that proposes a trial, with what it reads of those before: a stage like any other. */
export function toldStage(stage: ProposingStage, { ended, failed }: KnownTrials): Stage {
  const { axis, trial } = stage.proposing;
  const told: Told = { axis, trial, failed };
  return {
    ...withItems(stage, new Set(ended)),
    settings: { ...stage.settings, told },
    keyedSettings: { ...stage.keyedSettings, told },
  };
}

/** The stage with the items of these trials alone. */
function withItems(stage: ProposingStage, labels: ReadonlySet<string>): ProposingStage {
  const { history, axis } = stage.proposing;
  const inputs = stage.inputs.map((input) =>
    history.includes(input.port)
      ? { ...input, items: input.items.filter((item) => labels.has(item.labels[axis]!)) }
      : input,
  );
  return { ...stage, inputs };
}
