import type { RunEvent } from '../../engine/events.ts';
import { formatSeconds } from '../../format-numbers.ts';
import type { Paint } from './colour.ts';

/**
 * The line that an event leaves behind, if any. A stage that is up to date or blocked leaves none: a pipeline may have a
 * thousand of them, and the summary counts them. `why` is the reason that a stage ran or was restored for.
 */
export function eventLine(event: RunEvent, why: string | undefined, paint: Paint): string | undefined {
  switch (event.type) {
    case 'run-started':
      return event.description === undefined ? undefined : `${event.pipeline}: ${event.description.trim()}`;
    case 'stage-finished':
      return endLine(event, why === undefined ? '' : paint.dim(` (${why})`), paint);
    case 'stage-retrying':
      return `${paint.yellow('!')} ${event.stage}: ${firstLine(event.message)}; trying again`;
    case 'stage-waiting':
      return `${paint.dim('…')} ${event.stage}: ${paint.dim(`waiting for ${event.for}`)}`;
    case 'info':
      return `${paint.cyan('·')} ${event.stage}: ${event.message}`;
    case 'warning':
      return `${paint.yellow('!')} ${event.stage === undefined ? '' : `${event.stage}: `}${event.message}`;
    default:
      return undefined;
  }
}

type StageFinished = Extract<RunEvent, { type: 'stage-finished' }>;

function endLine({ stage, outcome, seconds }: StageFinished, why: string, paint: Paint): string | undefined {
  switch (outcome) {
    case 'ran':
    case 'restored':
      return `${paint.green('✓')} ${stage}: ${outcome} in ${formatSeconds(seconds)}${why}`;
    case 'failed':
      return `${paint.red('✗')} ${stage}: failed`; // the summary says why, with the end of the log
    case 'cancelled':
      return `${paint.yellow('·')} ${stage}: cancelled`;
    case 'up to date':
    case 'blocked':
      return undefined;
  }
}

const firstLine = (text: string): string => text.trim().split('\n')[0]!.replace(/:$/, '');
