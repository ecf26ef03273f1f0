import PQueue from 'p-queue';
import { describeError } from '../../user-error.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import { examine, type Outputs } from '../plan/examine.ts';
import type { Execution } from './execution.ts';
import { type Brought, bringStage } from './run-stage.ts';

/** How a stage ended, with its outputs for those that read it. */
export type Settled = Brought | { readonly outcome: 'failed' | 'blocked' | 'cancelled'; readonly message: string };

/** Looking at stages and restoring them is bound by the disk: more at once gains nothing. */
const lookers = 8;

/**
 * Brings every stage: each settles as soon as all that it waits for has. A failure stops what depends on it and lets
 * the rest go on. Never rejects for the user's mistakes: how each stage ended is in the answer, in order.
 */
export async function execute(run: Execution): Promise<ReadonlyMap<StageName, Settled>> {
  const queue = new PQueue({ concurrency: lookers });
  const settling = new Map<StageName, Promise<Settled>>();
  const settled = new Map<StageName, Settled>();

  const settle = async (stage: Stage, waitsFor: readonly StageName[]): Promise<Settled> => {
    await Promise.all(waitsFor.map((name) => settling.get(name)));
    const end = await settleStage(stage, waitsFor, settled, run, queue);
    settled.set(stage.name, end);
    announce(stage, end, run);
    if (end.outcome === 'failed') run.onFailure();
    return end;
  };
  for (const stage of run.stages) {
    const waitsFor = run.world.graph.dependencies(stage.name).filter((name) => settling.has(name));
    settling.set(stage.name, settle(stage, waitsFor));
  }
  await Promise.all(settling.values());
  return settled;
}

async function settleStage(
  stage: Stage,
  waitsFor: readonly StageName[],
  settled: ReadonlyMap<StageName, Settled>,
  run: Execution,
  queue: PQueue,
): Promise<Settled> {
  const obstacle = waitsFor.find((name) => !isDone(settled.get(name)!));
  if (obstacle !== undefined) {
    const { outcome } = settled.get(obstacle)!;
    return outcome === 'cancelled'
      ? { outcome, message: 'interrupted' }
      : {
          outcome: 'blocked',
          message: `waits for ${obstacle}, which ${outcome === 'failed' ? 'failed' : 'was blocked'}`,
        };
  }
  const outputsOf = (name: StageName): Outputs => {
    const upstream = settled.get(name);
    if (upstream === undefined || !isDone(upstream))
      throw new Error(`Internal error: ${stage.name} reads ${name}, which is not done`);
    return upstream.outputs;
  };
  try {
    run.signal.throwIfAborted();
    const examined = await queue.add(() => examine(stage, run.world, outputsOf));
    run.emit({ type: 'stage-decided', stage: stage.name, decision: examined.decision, time: Date.now() });
    return await bringStage(stage, examined, run, outputsOf);
  } catch (error) {
    if (run.signal.aborted) return { outcome: 'cancelled', message: 'interrupted' };
    return { outcome: 'failed', message: describeError(error) };
  }
}

function announce(stage: Stage, end: Settled, run: Execution): void {
  const done = isDone(end);
  run.emit({
    type: 'stage-finished',
    stage: stage.name,
    outcome: end.outcome,
    seconds: done ? end.seconds : 0,
    ...(!done && { message: end.message }),
    ...(end.outcome === 'failed' && { logTail: run.folder.logTail(stage.name) }),
    highlights: done ? end.highlights : [],
    outputs: Object.fromEntries(stage.outputs.map(({ port, path }) => [port, path])),
    time: Date.now(),
  });
}

export const isDone = (settled: Settled): settled is Extract<Settled, { outputs: Outputs }> => 'outputs' in settled;
