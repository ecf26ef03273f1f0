import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when something holds of which nobody tells; fails after so many milliseconds. */
export async function until(holds: () => boolean, patience = 60_000): Promise<void> {
  const deadline = Date.now() + patience;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${holds}`);
    await delay(10);
  }
}
