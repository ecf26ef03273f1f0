import { setTimeout as delay } from 'node:timers/promises';

/** How late files of a shared disk may be seen, in milliseconds. */
const usualLag = 60_000;

/** How late a result and objects that a node stored may be seen, in milliseconds. */
export const longestLag = 120_000;

/**
 * Looks until something appears on a disk that shows files late; undefined if it does not in time.
 */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  lag = usualLag,
): Promise<T | undefined> {
  const end = Date.now() + lag;
  for (let pause = 50; ; pause = Math.min(2 * pause, 1000)) {
    const value = await look();
    if (value !== undefined || Date.now() > end) return value;
    await delay(pause);
  }
}
