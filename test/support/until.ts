import { setTimeout as delay } from 'node:timers/promises';

/** Polls until a condition holds of which no event tells. Throws after `patience` milliseconds. */
export async function until(holds: () => boolean, patience = 60_000): Promise<void> {
  const deadline = Date.now() + patience;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${holds}`);
    await delay(10);
  }
}
