import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until a condition holds of which no event tells. A condition that reads a file that does
 * not exist, also for the moment in which a stage replaces it, does not hold yet. Throws after
 * `patience` milliseconds.
 */
export async function until(holds: () => boolean, patience = 60_000): Promise<void> {
  const deadline = Date.now() + patience;
  while (!holdsNow(holds)) {
    if (Date.now() > deadline) throw new Error(`never came true: ${holds}`);
    await delay(10);
  }
}

function holdsNow(holds: () => boolean): boolean {
  try {
    return holds();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
