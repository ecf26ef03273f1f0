/** Bytes that came from the shared store and went there in a run so far. */
export interface Traffic {
  readonly fetched: number;
  readonly sent: number;
}

/** Gets warnings, and reports of what is fetched and sent. */
export interface StoreListener {
  readonly warn: (message: string) => void;
  /**
   * Called once when the store fails, with a sentence without its full stop. By default it warns
   * that the run goes on.
   */
  readonly onFailure?: (failure: string) => void;
  readonly onTraffic?: (traffic: Traffic) => void;
}

/** Milliseconds between two reports of traffic. */
const reportPause = 1_000;

/**
 * What a shared store tells its listener: warnings until it is closed, and traffic now and then.
 */
export class StoreReports {
  readonly #onTraffic: (traffic: Traffic) => void;
  #warn: (message: string) => void;
  #traffic: Traffic = { fetched: 0, sent: 0 };
  #reportedAt = 0;

  constructor({ warn, onTraffic = () => {} }: StoreListener) {
    this.#warn = warn;
    this.#onTraffic = onTraffic;
  }

  warn(message: string): void {
    this.#warn(message);
  }

  /** Adds to the traffic, and reports it if the last report is long enough ago. */
  count({ fetched = 0, sent = 0 }: Partial<Traffic>): void {
    this.#traffic = { fetched: this.#traffic.fetched + fetched, sent: this.#traffic.sent + sent };
    if (Date.now() - this.#reportedAt < reportPause) return;
    this.#reportedAt = Date.now();
    this.#onTraffic(this.#traffic);
  }

  /** Reports the traffic of the whole run, if there was any. */
  reportAll(): void {
    if (this.#traffic.fetched + this.#traffic.sent > 0) this.#onTraffic(this.#traffic);
  }

  /** Warns no more: a run that needed nothing of the store may end before it has answered. */
  endWarnings(): void {
    this.#warn = () => {};
  }
}
