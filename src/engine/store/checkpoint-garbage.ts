import { join } from 'node:path';
import { isDigest } from '../../digest.ts';
import { type Entry, filesIn } from '../files/entries-in.ts';

const day = 86_400_000;

/**
 * Which checkpoints may go, each of which saves work and none of which is needed: those that nobody wrote or went on from
 * within `keep` milliseconds; and of the others, the least recent first, those that `room` bytes do not hold. What was
 * touched within a day stays: a run may be writing it, or one that was killed may soon go on from it.
 */
export function sortCheckpoints(
  cache: string,
  { keep, room, now }: { readonly keep: number; readonly room: number; readonly now: number },
): { readonly going: readonly Entry[]; readonly keptBytes: number } {
  const going: Entry[] = [];
  let keptBytes = 0;
  const checkpoints = filesIn(join(cache, 'checkpoints')).filter(({ name }) => isDigest(name));
  for (const checkpoint of [...checkpoints].sort((a, b) => b.touched - a.touched)) {
    const age = now - checkpoint.touched;
    if (age > day && (age > keep || keptBytes + checkpoint.size > room)) going.push(checkpoint);
    else keptBytes += checkpoint.size;
  }
  return { going, keptBytes };
}
