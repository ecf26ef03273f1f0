import { Cache } from '../../cache/cache.ts';
import { verifyCache } from '../../cache/verify-cache.ts';
import { findRoot } from '../../config/files/find-root.ts';
import { formatCount } from '../../reporters/format-quantities.ts';
import { exitCodes } from '../exit-codes.ts';
import { warnOnStderr } from '../make-world.ts';
import { noProject } from '../open-project.ts';
import { printMistakes } from '../print-mistakes.ts';

/** `pipeline verify`: exit code 1 when something was damaged. */
export async function verifyCommand(): Promise<number> {
  const root = findRoot(process.cwd());
  if (root === undefined) return printMistakes([noProject()]);
  const progress = process.stderr.isTTY
    ? (done: number, total: number) => void process.stderr.write(`\r${Math.floor((100 * done) / Math.max(1, total))} %`)
    : () => {};
  const found = await verifyCache(Cache.open(root, warnOnStderr), progress);
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  for (const { kind, result, missing } of found.incomplete) {
    process.stdout.write(
      `incomplete: ${kind} ${result.slice(0, 12)} lacks ${formatCount(missing.length, 'object')}; the next run that needs it makes it again\n`,
    );
  }
  const damaged = found.corrupt.length + found.corruptCheckpoints.length;
  const sound = damaged === 0 && found.incomplete.length === 0;
  const verdict = sound ? '✓ all sound' : `${damaged} damaged, ${found.incomplete.length} incomplete`;
  const counts = [formatCount(found.objects, 'object'), formatCount(found.results, 'result')];
  if (found.checkpoints > 0) counts.push(formatCount(found.checkpoints, 'checkpoint'));
  process.stdout.write(`${counts.join(', ')}: ${verdict}\n`);
  return sound ? exitCodes.ok : exitCodes.failed;
}
