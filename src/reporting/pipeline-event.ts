import type { RunEvent } from '../engine/events.ts';
import { describeReasons } from '../engine/plan/describe-decision.ts';

/** An event of a run for programs: a decision also has its reasons in words. */
export type PipelineEvent =
  | Exclude<RunEvent, { readonly type: 'stage-decided' }>
  | (Extract<RunEvent, { readonly type: 'stage-decided' }> & {
      readonly reasons: readonly string[];
    });

export const withReasons = (event: RunEvent): PipelineEvent =>
  event.type === 'stage-decided' ? { ...event, reasons: describeReasons(event.decision) } : event;
