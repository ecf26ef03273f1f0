import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when something holds of which nobody tells. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${holds}`);
    await delay(10);
  }
}
