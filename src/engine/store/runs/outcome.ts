/**
 * How a stage ended in a run. `blocked`: it did not run, since a stage that it waits for failed or
 * was blocked.
 */
export type Outcome = 'up to date' | 'restored' | 'ran' | 'failed' | 'blocked' | 'cancelled';
