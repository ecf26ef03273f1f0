import { day } from '../../day.ts';
import type { Digest } from '../../digest.ts';
import { describeError } from '../../user-error.ts';
import { type Batch, BatchFolder } from './batch-folder.ts';
import { longestLag } from './shared-disk-lag.ts';

/** A ticket of some run whose end nobody has used. */
export interface OpenTicket {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  readonly index: number;
}

/**
 * How long a batch that serves nobody is kept for workers that may still read it, in milliseconds.
 */
const rest = 3_600_000;
/** Age after which a batch is given up, in milliseconds. */
const abandoned = 30 * day;

interface OpenTicketsOptions {
  readonly warn: (message: string) => void;
  /** Whether this machine sees the result of a fingerprint in the store. */
  readonly isStored: (digest: Digest) => boolean;
  /** Ids of batches that are left out; those that were read are added. */
  readonly seen?: Set<string>;
}

/** The tickets that other runs left open, by fingerprint. Removes batches that serve nobody. */
export function openTickets(
  cache: string,
  place: string,
  { warn, isStored, seen = new Set() }: OpenTicketsOptions,
): Map<Digest, OpenTicket> {
  const folders = BatchFolder.all(cache).filter(({ id }) => !seen.has(id));
  const tickets = folders.flatMap((folder) => {
    try {
      const batch = folder.batch();
      if (batch !== undefined) seen.add(folder.id); // otherwise it may be being written
      return ticketsIn(folder, batch, place, isStored);
    } catch (error) {
      warn(describeError(error));
      return [];
    }
  });
  return new Map(tickets.map((ticket) => [ticket.batch.tickets[ticket.index]!.digest, ticket]));
}

function ticketsIn(
  folder: BatchFolder,
  batch: Batch | undefined,
  place: string,
  isStored: (digest: Digest) => boolean,
): readonly OpenTicket[] {
  // What a kill, or a late worker of a removed batch, left.
  if (batch === undefined && folder.age() > rest) folder.remove();
  if (batch === undefined || batch.place !== place) return [];
  folder.checkOwner();
  for (const index of folder.ended()) {
    const { keep, digest } = batch.tickets[index]!;
    if (!keep || folder.waiterFor(digest) !== undefined) continue;
    const ticket = folder.ticket(index);
    // The result is all that there was to wait for.
    const isAll = ticket?.replaces === false && ticket.stage.cache;
    if (!isAll || folder.endOf(index)?.type !== 'done') continue;
    // A node's files may be seen late. Until the result is, its ticket has it; later, `gc` removed
    // it.
    if (isStored(digest) || folder.endAge(index) > longestLag) folder.use(index);
  }
  const used = folder.used();
  const isOver = folder.isUsed() && (folder.areWorkersOver() || folder.age() > rest);
  if (isOver || folder.age() > abandoned) {
    folder.remove();
    return [];
  }
  const open = [...batch.tickets.keys()].filter(
    (index) => batch.tickets[index]!.keep && !used.has(index),
  );
  return open.map((index) => ({ folder, batch, index }));
}
