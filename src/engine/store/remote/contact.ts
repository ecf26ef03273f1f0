import { UserError } from '../../../user-error.ts';
import { describeFailure, isStoreFailure, RefusedRequest } from './buckets/bucket.ts';
import type { RemoteStore } from './remote-store.ts';

/**
 * The contact of a run with a shared store, which the run can do without.
 *
 * - connecting → open: the store answered the first request.
 * - connecting → refused: it refused this user. Whatever is asked of it throws that mistake.
 * - connecting → lost: it cannot be reached.
 * - open → lost: a request failed. What is under way ends without an answer, and nothing else is
 *   asked in this run.
 *
 * No state leads back. A run that loses the store computes what it would have fetched, and keeps
 * what it would have sent for the next run or `restage store push`.
 */
export class Contact {
  readonly #remote: RemoteStore;
  readonly #onFailure: (failure: string) => void;
  /** False once the contact is lost; rejected where it was refused. */
  #isOpen: Promise<boolean>;
  #failure: string | undefined;
  /** Settles when the contact is lost: nobody waits for the requests that are under way. */
  readonly #isLost: Promise<undefined>;
  #endWaiting: () => void = () => {};

  /** Connects. `onFailure` is called once, with a sentence without its full stop. */
  constructor(remote: RemoteStore, onFailure: (failure: string) => void) {
    this.#remote = remote;
    this.#onFailure = onFailure;
    this.#isLost = new Promise((resolve) => {
      this.#endWaiting = () => resolve(undefined);
    });
    this.#isOpen = remote.connect().then(
      () => true,
      (error) => {
        // Safe to stop at: the user is still there, and nothing has run yet.
        if (error instanceof RefusedRequest)
          throw new UserError(describeFailure(remote.url, error));
        this.#lose(error);
        return false;
      },
    );
    this.#isOpen.catch(() => {}); // whoever awaits it gets the error
  }

  /** Why the contact was lost, as a sentence without its full stop; undefined while it is not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * Runs `act` while the contact is open; undefined otherwise. Throws a refusal of the first
   * request.
   */
  async whileOpen<T>(act: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.#isOpen)) return undefined;
    try {
      return await Promise.race([act(), this.#isLost]);
    } catch (error) {
      this.#lose(error);
      return undefined;
    }
  }

  /**
   * Safe at any time: whoever waits gets no answer, as if the store had nothing. It is said once,
   * since what was under way may fail for the same reason.
   */
  #lose(error: unknown): void {
    if (!isStoreFailure(error)) throw error;
    if (this.#failure !== undefined) return;
    this.#failure = describeFailure(this.#remote.url, error);
    this.#isOpen = Promise.resolve(false);
    this.#onFailure(this.#failure);
    this.#endWaiting();
    void this.#remote.close();
  }
}
