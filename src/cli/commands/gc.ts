import { formatBytes, formatCountOf, formatList } from '../../format-numbers.ts';
import { findUnneeded, type Hold } from '../../project/upkeep/find-unneeded.ts';
import { print } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

interface GcOptions {
  /** Milliseconds. */
  readonly keep: number;
  /** Bytes. */
  readonly maxSize?: number;
  readonly yes?: boolean;
}

export async function gcCommand({ keep, maxSize, yes = false }: GcOptions): Promise<void> {
  const garbage = findUnneeded(openHere(), { keep, maxBytes: maxSize });
  const { results, objects, checkpoints, leftovers, bytes, keptBytes } = garbage;
  const counts = [
    formatCountOf(results, 'result'),
    formatCountOf(objects, 'object'),
    ...(checkpoints > 0 ? [formatCountOf(checkpoints, 'checkpoint')] : []),
    ...(leftovers > 0 ? [formatCountOf(leftovers, 'leftover')] : []),
  ];
  const listed = `${formatList(counts)}${leftovers > 0 ? ' of killed runs' : ''}`;
  const what = `${listed} (${formatBytes(bytes)}; ${formatBytes(keptBytes)} stay)`;
  const missed = maxSize !== undefined && keptBytes > maxSize ? missedTarget(garbage, maxSize) : '';
  if (!yes) {
    const summary =
      results + objects + checkpoints + leftovers === 0
        ? `Nothing to remove: all ${formatBytes(keptBytes)} stay. A shorter \`--keep\` removes more.`
        : `Would remove ${what}. To remove them: restage gc --yes`;
    return print(summary + missed);
  }
  await garbage.remove();
  print(`Removed ${what}.${missed}`);
}

const holds: Readonly<Record<Hold, string>> = {
  last: "the last result of every stage, including frozen ones (removable once the pipeline's file is deleted)",
  running: 'results that a run under way may use',
  unsent: 'results that are to go to the shared store (`restage store push` sends them)',
  recent: 'results used lately',
  pieces: 'what stages made of single items, such as the frames of a video, used within --keep',
  checkpoints:
    'training checkpoints (removed after --keep, or after a day if --max-size requires it)',
  young: 'objects younger than ten minutes, or not yet recorded by a current run',
};

function missedTarget(
  { keptBytes, held }: { readonly keptBytes: number; readonly held: Record<Hold, number> },
  target: number,
): string {
  const lines = (Object.keys(holds) as Hold[])
    .filter((hold) => held[hold] > 0)
    .map((hold) => `\n  ${formatBytes(held[hold])}: ${holds[hold]}`);
  return `\nThe store stays ${formatBytes(keptBytes - target)} above --max-size ${formatBytes(target)}, because these are kept:${lines.join('')}`;
}
