import type { StageName } from '../../engine/config/pipeline.ts';
import type { RunEvent } from '../../engine/events.ts';
import { formatSeconds } from '../../format-numbers.ts';
import type { Paint } from './colour.ts';

/**
 * The line that an event leaves behind for good, if any: what the pipeline is about, ends of stages with work done,
 * retries, waits, infos, warnings. A stage that is up to date or blocked leaves none; a pipeline may have a thousand of them, and the
 * summary counts them.
 */
export function formatNews(event: RunEvent, reasons: ReadonlyMap<StageName, string>, paint: Paint): string | undefined {
  switch (event.type) {
    case 'run-started':
      return event.description === undefined ? undefined : `${event.pipeline}: ${event.description.trim()}`;
    case 'stage-finished':
      return formatEnd(event, reasons.get(event.stage), paint);
    case 'stage-retrying':
      return `${paint('yellow', '!')} ${event.stage}: ${firstLine(event.message)}; trying again`;
    case 'stage-waiting':
      return `${paint('dim', '…')} ${event.stage}: ${paint('dim', `waiting for ${event.for}`)}`;
    case 'info':
      return `${paint('cyan', '·')} ${event.stage}: ${event.message}`;
    case 'warning':
      return `${paint('yellow', '!')} ${event.stage === undefined ? '' : `${event.stage}: `}${event.message}`;
    default:
      return undefined;
  }
}

type StageFinished = Extract<RunEvent, { type: 'stage-finished' }>;

function formatEnd({ stage, outcome, seconds }: StageFinished, reason: string | undefined, paint: Paint) {
  const why = reason === undefined ? '' : paint('dim', ` (${reason})`);
  switch (outcome) {
    case 'ran':
      return `${paint('green', '✓')} ${stage}: ran in ${formatSeconds(seconds)}${why}`;
    case 'restored':
      return `${paint('green', '✓')} ${stage}: restored in ${formatSeconds(seconds)}${why}`;
    case 'failed':
      return `${paint('red', '✗')} ${stage}: failed`; // why, the summary says, with the end of the log
    case 'cancelled':
      return `${paint('yellow', '·')} ${stage}: cancelled`;
    case 'up to date':
    case 'blocked':
      return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]!.replace(/:$/, '');
}
