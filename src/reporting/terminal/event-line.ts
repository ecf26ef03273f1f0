import type { RunEvent } from '../../engine/events.ts';
import type { Traffic } from '../../engine/store/remote/store-reports.ts';
import { formatBytes, formatCountOf, formatSeconds } from '../../format-numbers.ts';
import type { StageModel } from '../run-model.ts';
import type { Paint } from './colour.ts';

/**
 * The line of an event, if it has one. Stages up to date or blocked have none: the summary counts
 * them.
 */
export function eventLine(
  event: RunEvent,
  why: string | undefined,
  paint: Paint,
): string | undefined {
  switch (event.type) {
    case 'run-started':
      return event.description === undefined
        ? undefined
        : `${event.pipeline}: ${event.description.trim()}`;
    case 'stage-finished':
      return endLine(event, why === undefined ? '' : paint.dim(` (${why})`), paint);
    case 'stage-retrying':
      return `${paint.yellow('!')} ${event.stage}: ${firstLine(event.message)}; trying again`;
    case 'stage-waiting':
      return `${paint.dim('…')} ${event.stage}: ${paint.dim(`waiting for ${event.for}`)}`;
    case 'stage-queued':
      return queuedLine(event, paint);
    case 'info':
      return `${paint.cyan('·')} ${event.stage}: ${event.message}`;
    case 'warning':
      return `${paint.yellow('!')} ${event.stage === undefined ? '' : `${event.stage}: `}${event.message}`;
    default:
      return undefined;
  }
}

type StageFinished = Extract<RunEvent, { type: 'stage-finished' }>;

function endLine(
  { stage, outcome, seconds, message }: StageFinished,
  why: string,
  paint: Paint,
): string | undefined {
  switch (outcome) {
    case 'ran':
    case 'restored':
      return `${paint.green('✓')} ${stage}: ${outcome} in ${formatSeconds(seconds)}${why}`;
    case 'failed':
      return `${paint.red('✗')} ${stage}: failed`; // the summary says why, with the end of the log
    case 'cancelled':
      return `${paint.yellow('·')} ${stage}: ${message ?? 'cancelled'}`;
    case 'up to date':
    case 'blocked':
      return undefined;
  }
}

export const describeTraffic = ({ fetched, sent }: Traffic): string =>
  `${formatBytes(fetched)} fetched, ${formatBytes(sent)} sent`;

function queuedLine(
  event: Extract<RunEvent, { type: 'stage-queued' }>,
  paint: Paint,
): string | undefined {
  const { stage, others } = event;
  if (others === undefined) return undefined;
  const all = others > 0 ? `${stage} and ${formatCountOf(others, 'other')}` : stage;
  return `${paint.dim('…')} ${all}: ${paint.dim(describeQueued(event))}`;
}

/** `job 17 on cluster: PENDING (Priority), starts about 2026-01-31T14:05:00` */
export function describeQueued({
  place,
  job,
  state,
  reason,
  startsAt,
}: NonNullable<StageModel['queued']>): string {
  const name = job === undefined ? `a job on ${place}` : `job ${job} on ${place}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  return `${name}: ${state}${why}${startsAt === undefined ? '' : `, starts about ${startsAt}`}`;
}

const firstLine = (text: string): string => text.trim().split('\n')[0]!.replace(/:$/, '');
