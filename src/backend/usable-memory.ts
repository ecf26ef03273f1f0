import { totalmem } from 'node:os';

/**
 * Bytes of memory that this process may use: the machine's, or its container's limit. Of that, Node says 0 or nothing
 * where it does not know, and more than any machine has where there is none.
 */
export function usableMemory(total = totalmem(), limit: number | undefined = process.constrainedMemory()): number {
  return limit === undefined || limit === 0 ? total : Math.min(total, limit);
}
