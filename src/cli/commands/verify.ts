import { relative } from 'node:path';
import { cacheOf } from '../../engine/files/cache-paths.ts';
import { DigestIndex } from '../../engine/files/digest-index.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { forgetAll } from '../../engine/store/run-memory.ts';
import { verifyStore } from '../../engine/store/verify-store.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { writeRaw } from '../../reporting/terminal/terminal-text.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';
import { exitCodes } from '../support/process-end.ts';

export async function verifyCommand({
  inputs = false,
}: {
  readonly inputs?: boolean;
}): Promise<number> {
  const root = currentRoot();
  const progress = process.stderr.isTTY
    ? (done: number, total: number) =>
        writeRaw(process.stderr, `\r${Math.floor((100 * done) / Math.max(1, total))} %`)
    : () => {};
  const findings = await verifyStore(new LocalStore(root, warnOnStderr), progress);
  if (process.stderr.isTTY) writeRaw(process.stderr, '\r\u001b[K');
  for (const { kind, result, missing } of findings.incomplete) {
    const lacks = formatCountOf(missing.length, 'object');
    print(
      `incomplete: ${kind} ${result.slice(0, 12)} lacks ${lacks}; the next run that needs it computes it again`,
    );
  }
  const damaged = findings.corrupt.length + findings.corruptCheckpoints.length;
  const sound = damaged === 0 && findings.incomplete.length === 0;
  const verdict = sound
    ? '✓ all sound'
    : `${damaged} damaged, ${findings.incomplete.length} incomplete`;
  const counts = [
    formatCountOf(findings.objects, 'object'),
    formatCountOf(findings.results, 'result'),
  ];
  if (findings.checkpoints > 0) counts.push(formatCountOf(findings.checkpoints, 'checkpoint'));
  print(`${counts.join(', ')}: ${verdict}`);
  const isAsRemembered = !inputs || (await verifyInputs(root));
  return sound && isAsRemembered ? exitCodes.ok : exitCodes.failed;
}

/**
 * Whether the files whose digests Restage remembers still have them. Forgets the digests of those
 * that do not.
 */
async function verifyInputs(root: string): Promise<boolean> {
  const index = new DigestIndex(cacheOf(root));
  const { files, changed } = await index.recheck();
  for (const path of changed) {
    print(
      `changed, with its old size and times: ${relative(root, path)}; the next run reads it again`,
    );
  }
  if (changed.length > 0) {
    index.save();
    forgetAll(root);
  }
  const verdict = changed.length === 0 ? '✓ all unchanged' : `${changed.length} changed`;
  print(`${formatCountOf(files, 'input or published file')}: ${verdict}`);
  return changed.length === 0;
}
