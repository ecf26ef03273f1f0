import type { Digest } from '../../../digest.ts';
import type { StageEvent } from '../../events.ts';
import type { TicketEnd } from '../batch-folder.ts';
import type { PortableTicket } from './portable-ticket.ts';

/** What a worker prints before its first message: before it, a login may print anything. */
export const greeting = 'restage worker 1\n';

/** What a host may use for stages. `memory` in bytes; absent: what is counted there. */
export interface DeclaredCapacity {
  readonly cpu?: number | undefined;
  readonly gpu?: number | undefined;
  readonly memory?: number | undefined;
}

/** From a run to the worker on a host. */
export type ToWorker =
  | {
      readonly type: 'hello';
      /** Names the run: its next worker on this host ends this one. */
      readonly run: string;
      readonly capacity: DeclaredCapacity;
      /** Milliseconds without a sign of life after which the worker ends. */
      readonly silence: number;
    }
  | { readonly type: 'ticket'; readonly id: number; readonly ticket: PortableTicket }
  /** The stage is to end; `kill`: at once. */
  | { readonly type: 'stop'; readonly id: number; readonly kill: boolean }
  /** All that the run wants of a ticket is fetched. */
  | { readonly type: 'finish'; readonly id: number };

/** What a host is and has. */
export interface HostFacts {
  readonly restage: string;
  readonly build: Digest;
  readonly node: string;
  readonly host: string;
  readonly cpu: number;
  readonly gpu: number;
  /** In bytes. */
  readonly memory: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Free bytes on the disk of its folder. */
  readonly free: number;
  /** Absolute path of its folder. */
  readonly folder: string;
}

/** From the worker on a host to a run. */
export type FromWorker =
  | ({ readonly type: 'ready' } & HostFacts)
  | { readonly type: 'event'; readonly id: number; readonly event: StageEvent }
  | {
      readonly type: 'end';
      readonly id: number;
      readonly end: TicketEnd;
      /** The object of all that the stage printed; absent: it printed nothing. */
      readonly log?: Digest;
    };
