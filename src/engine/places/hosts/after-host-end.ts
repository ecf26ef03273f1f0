import { formatCountOf } from '../../../format-numbers.ts';
import { unreachable } from '../../../result.ts';
import type { TicketEnd } from '../batch-folder.ts';

/** How earlier attempts of a stage on hosts ended, in this run. */
export interface HostTries {
  /** Hosts that were lost while they had it. */
  readonly lost: number;
  /** Processes of the stage that somebody killed on a host. */
  readonly killed: number;
  /** The furthest step of its curves on any host, such as an epoch; 0 before the first. */
  readonly reached: number;
}

export const noTries: HostTries = { lost: 0, killed: 0, reached: 0 };

/**
 * What a run does after a ticket on a host. `decide`: examine the stage again, with its new input.
 */
export type HostStep =
  | { readonly step: 'use'; readonly end: Extract<TicketEnd, { type: 'done' }> }
  | { readonly step: 'again'; readonly tries: HostTries; readonly message: string }
  | { readonly step: 'decide' | 'fail' | 'stopped'; readonly message: string }
  /** The host has other code; `message` is what differs. */
  | { readonly step: 'other code'; readonly message: string };

/** How a ticket ended: by its host's word, or because the host was lost, for a reason. */
export type HostEnd = TicketEnd | { readonly type: 'host lost'; readonly message: string };

/** How often either may happen until the stage fails. */
const most = { lost: 5, killed: 3 };

/** What follows from the end of a ticket. Pure. Lost hosts do not count as retries of the stage. */
export function afterHostEnd(
  end: HostEnd,
  host: string,
  { reached, ...before }: HostTries & { readonly reachedNow?: number },
): HostStep {
  const { reachedNow = reached } = before;
  // A stage that comes further each time is worth any number of hosts.
  const advanced = reachedNow > reached;
  const { lost, killed } = advanced ? noTries : before;
  const tries = { lost, killed, reached: Math.max(reached, reachedNow) };
  switch (end.type) {
    case 'done':
      return { step: 'use', end };
    case 'failed':
      return { step: 'fail', message: end.message };
    case 'refused':
      return { step: end.what === 'input' ? 'decide' : 'other code', message: end.message };
    case 'stopped':
      return { step: 'stopped', message: 'it was stopped' };
    case 'host lost':
      return afterLoss(`${host} was lost: ${end.message}`, tries, 'lost');
    case 'killed':
      return afterLoss(end.message, tries, 'killed');
    // Workers of schedulers end so.
    case 'memory':
    case 'lost':
    case 'unclaimed':
    case 'cancelled':
      return { step: 'fail', message: `${host} said that it is ${end.type}` };
    default:
      return unreachable(end);
  }
}

function afterLoss(how: string, tries: HostTries, what: keyof typeof most): HostStep {
  const count = tries[what] + 1;
  if (count > most[what]) {
    const before = formatCountOf(count - 1, 'attempt');
    return { step: 'fail', message: `${how}, and ${before} before it ended so, too` };
  }
  return { step: 'again', tries: { ...tries, [what]: count }, message: `${how}: it runs again` };
}
