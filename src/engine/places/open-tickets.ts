import type { Digest } from '../../digest.ts';
import { describeError } from '../../user-error.ts';
import { type Batch, BatchFolder } from '../store/batch-folder.ts';

/** A ticket that some run left, and whose end nobody has used yet. */
export interface OpenTicket {
  readonly folder: BatchFolder;
  readonly batch: Batch;
  readonly index: number;
}

/** How long a batch that serves nobody is kept for workers that may still look into it, in milliseconds. */
const rest = 3_600_000;
/** Nobody comes back to a batch after this long, in milliseconds. */
const abandoned = 30 * 86_400_000;

/** The tickets that runs before this one left open, by fingerprint. Each is given once. */
export class OpenTickets {
  readonly #tickets = new Map<Digest, OpenTicket>();

  /** Reads what lies in `cache/jobs`, and removes batches that serve nobody any more. */
  constructor(cache: string, place: string, warn: (message: string) => void) {
    BatchFolder.clearSteps(cache);
    for (const folder of BatchFolder.all(cache)) {
      try {
        folder.checkOwner();
        this.#read(folder, place);
      } catch (error) {
        warn(describeError(error));
      }
    }
  }

  #read(folder: BatchFolder, place: string): void {
    const batch = folder.batch();
    if (batch === undefined || batch.place !== place) return;
    for (const index of folder.ended()) {
      // The result is all that there was to wait for.
      const end = batch.tickets[index]?.keep === true ? folder.endOf(index) : undefined;
      if (end?.type === 'done' && folder.ticket(index)?.replaces === false) folder.use(index);
    }
    const used = folder.used();
    if (used.size >= batch.tickets.length) {
      if (folder.areWorkersOver() || folder.age() > rest) folder.remove();
      return;
    }
    if (folder.age() > abandoned) {
      folder.remove();
      return;
    }
    for (const [index, { digest, keep }] of batch.tickets.entries()) {
      if (keep && !used.has(index)) this.#tickets.set(digest, { folder, batch, index });
    }
  }

  take(digest: Digest): OpenTicket | undefined {
    const found = this.#tickets.get(digest);
    this.#tickets.delete(digest);
    return found;
  }
}
