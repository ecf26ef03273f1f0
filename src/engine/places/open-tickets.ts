import type { Digest } from '../../digest.ts';
import { describeError } from '../../user-error.ts';
import { type Batch, BatchFolder } from '../store/batch-folder.ts';

/** A ticket of some run whose end nobody has used. */
export interface OpenTicket {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  readonly index: number;
}

/** How long a batch that serves nobody is kept for workers that may still read it, in milliseconds. */
const rest = 3_600_000;
/** Age after which a batch is given up, in milliseconds. */
const abandoned = 30 * 86_400_000;

/** The tickets that other runs left open, by fingerprint, of batches not yet `seen`. Removes batches that serve nobody. */
export function openTickets(
  cache: string,
  place: string,
  warn: (message: string) => void,
  seen: Set<string> = new Set(),
): Map<Digest, OpenTicket> {
  const folders = BatchFolder.all(cache).filter(({ id }) => !seen.has(id));
  const tickets = folders.flatMap((folder) => {
    try {
      const batch = folder.batch();
      if (batch !== undefined) seen.add(folder.id); // otherwise it may be being written
      return ticketsIn(folder, batch, place);
    } catch (error) {
      warn(describeError(error));
      return [];
    }
  });
  return new Map(tickets.map((ticket) => [ticket.batch.tickets[ticket.index]!.digest, ticket]));
}

function ticketsIn(folder: BatchFolder, batch: Batch | undefined, place: string): readonly OpenTicket[] {
  if (batch === undefined && folder.age() > rest) folder.remove(); // what a kill, or a late worker of a removed batch, left
  if (batch === undefined || batch.place !== place) return [];
  folder.checkOwner();
  for (const index of folder.ended()) {
    const { keep, digest } = batch.tickets[index]!;
    if (!keep || folder.waiterFor(digest) !== undefined) continue;
    const ticket = folder.ticket(index);
    const isAll = ticket?.replaces === false && ticket.stage.cache; // the result is all that there was to wait for
    if (isAll && folder.endOf(index)?.type === 'done') folder.use(index);
  }
  const used = folder.used();
  const isOver = folder.isUsed() && (folder.areWorkersOver() || folder.age() > rest);
  if (isOver || folder.age() > abandoned) {
    folder.remove();
    return [];
  }
  const open = [...batch.tickets.keys()].filter((index) => batch.tickets[index]!.keep && !used.has(index));
  return open.map((index) => ({ folder, batch, index }));
}
