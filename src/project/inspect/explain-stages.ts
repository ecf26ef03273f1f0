import type { Digest } from '../../digest.ts';
import type { PendingStage, Stage, StageName } from '../../engine/config/pipeline.ts';
import { diffFingerprints } from '../../engine/fingerprint/diff-fingerprints.ts';
import type { Fingerprint } from '../../engine/fingerprint/fingerprint.ts';
import type { PlannedDecision } from '../../engine/plan/decide.ts';
import { describeReasons } from '../../engine/plan/describe-decision.ts';
import { withDefaults } from '../../engine/plan/fingerprint-changes.ts';
import type { PlannedStage } from '../../engine/plan/plan.ts';
import { type KnownTrials, knownTrials } from '../../engine/store/stage-result.ts';
import type { Json } from '../../json.ts';
import { sourceOf } from '../../reporting/report/describe-stage.ts';
import { openSelection, type TargetRequest } from '../open-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { pendingDecision, type Selection } from '../selection.ts';
import { planSelection } from '../workspace.ts';

export type { KnownTrials };

/** How a stage stands to its last result. */
export interface StageExplanation {
  readonly stage: string;
  readonly kind: string;
  readonly state: PlannedDecision['state'];
  /** In words, the most important first. */
  readonly reasons: readonly string[];
  /** Absent for a stage whose inputs are not known. */
  readonly examined?: {
    readonly digest: Digest;
    readonly fingerprint: Fingerprint;
    /** The fingerprint of the last result; absent if there is none. */
    readonly last?: Fingerprint;
    /** How both fingerprints differ, as they are. */
    readonly differences: ReturnType<typeof diffFingerprints>;
    /** The same with the defaults that fingerprints leave out. */
    readonly changes: readonly ExplainedChange[];
    /** For a stage that proposes a trial: which others it knew of. */
    readonly knew?: KnownTrials;
    /** The result that the store has for it. */
    readonly result?: { readonly startedAt: string; readonly host: string };
  };
}

/** A value that differs, or an input with other content. */
export type ExplainedChange =
  | { readonly path: string; readonly before: KnownValue; readonly after: KnownValue }
  | { readonly path: string; readonly sources: readonly string[] };

/** A value of a fingerprint; undefined where there is none. */
export interface KnownValue {
  readonly value: Json | undefined;
  readonly isDefault: boolean;
}

/** Explains the stages that words name; without names, all. */
export async function explainStages(
  project: OpenedProject,
  request: TargetRequest,
  backend: string,
): Promise<readonly StageExplanation[]> {
  const selection = await openSelection(project, request);
  const wanted = new Set<StageName>(
    selection.target.stages.length > 0
      ? selection.named
      : [...selection.stages, ...selection.pending].map(({ name }) => name),
  );
  const planned = await planSelection(selection, backend);
  const pending = selection.pending.filter(({ name }) => wanted.has(name));
  return [
    ...planned.filter(({ stage }) => wanted.has(stage.name)).map(explain),
    ...pending.map((node) => explainPending(node, selection)),
  ];
}

function explainPending(node: PendingStage, selection: Selection): StageExplanation {
  const decision = pendingDecision(node, selection);
  const { name: stage, kind } = node;
  return { stage, kind, state: decision.state, reasons: describeReasons(decision) };
}

function explain({ stage, decision, examined }: PlannedStage): StageExplanation {
  const explanation = {
    stage: stage.name,
    kind: stage.kind,
    state: decision.state,
    reasons: describeReasons(decision),
  };
  if (examined === undefined) return explanation;
  const { digest, fingerprint, last, result } = examined;
  const knew = knownTrials(fingerprint);
  const differences = last === undefined ? [] : diffFingerprints(last, fingerprint);
  return {
    ...explanation,
    examined: {
      digest,
      fingerprint,
      ...(last !== undefined && { last }),
      differences,
      changes: differences.flatMap((difference) => changesOf(difference, stage)),
      ...(knew !== undefined && { knew }),
      ...(result !== undefined && { result: result.record }),
    },
  };
}

type Difference = ReturnType<typeof diffFingerprints>[number];

function changesOf(
  difference: Difference,
  { defaultOf, inputs }: Stage,
): readonly ExplainedChange[] {
  const port = /^inputs\.([^.[]+)\[\d+\]\.digest$/.exec(difference.path)?.[1];
  if (port !== undefined) {
    // What is connected to the port says more than its digests, which `--json` prints.
    const items = inputs.find((input) => input.port === port)?.items ?? [];
    return [{ path: difference.path, sources: items.map(sourceOf) }];
  }
  const known = (value: Json | undefined, written: Json | undefined): KnownValue => ({
    value,
    isDefault: value !== undefined && written === undefined,
  });
  return withDefaults(difference, defaultOf).map(({ path, before, after }) => ({
    path,
    before: known(before, difference.before),
    after: known(after, difference.after),
  }));
}
