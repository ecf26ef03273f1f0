import { isPending, type StageName } from '../../engine/config/pipeline.ts';
import { placeOf } from '../../engine/places/place-file.ts';
import {
  type PlannedSubmission,
  plannedSubmissions,
  type SubmittedStage,
} from '../../engine/places/planned-submissions.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { Plan, StagePlan } from '../api.ts';
import { jobCommand } from '../job-command.ts';
import type { PreparedRun } from '../pipeline-run.ts';
import { selectedNodes } from '../selection.ts';

/** What a run would submit, and which stages it would run without a submission. */
export interface SubmissionPlan {
  readonly submissions: readonly PlannedSubmission[];
  /** Stages that would run on this machine. */
  readonly here: readonly string[];
  /** Stages that would run on hosts behind `ssh`, by place. */
  readonly onHosts: ReadonlyMap<string, readonly string[]>;
  /** What only a list will make known, and so what it asks for. */
  readonly unknown: readonly string[];
}

/** The states of stages that a run brings up to date by running them, as far as is known. */
const unfinished: ReadonlySet<StagePlan['state']> = new Set(['stale', 'waiting', 'pending']);

/** Tells what a run of planned stages would submit. Asks no scheduler, and writes nothing. */
export function planSubmissions(
  { selection, places }: PreparedRun,
  plan: Plan,
  on: string | undefined,
): SubmissionPlan {
  const { root, env, pipeline, nodes, warn } = selection;
  const left = new Set(plan.filter(({ state }) => unfinished.has(state)).map(({ stage }) => stage));
  const submitted: SubmittedStage[] = [];
  const here: StageName[] = [];
  const unknown: StageName[] = [];
  const onHosts = new Map<string, StageName[]>();
  for (const node of selectedNodes(selection)) {
    const { name } = node;
    if (!left.has(name)) continue;
    const place = placeOf(node, places, on);
    if (isPending(node)) unknown.push(name);
    else if (place === undefined) here.push(name);
    else if (place.engine === 'ssh')
      onHosts.set(place.name, [...(onHosts.get(place.name) ?? []), name]);
    else {
      const waitsFor = nodes.dependencies(name).filter((source) => left.has(source));
      submitted.push({ stage: node, place, waitsFor });
    }
  }
  const submissions = plannedSubmissions(submitted, {
    root,
    env,
    pipeline: pipeline.name,
    store: new LocalStore(root, warn),
    commandFor: (folder) => jobCommand(folder),
  });
  return { submissions, here, onHosts, unknown };
}
