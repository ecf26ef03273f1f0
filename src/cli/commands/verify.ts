import { formatCountOf } from '../../format-numbers.ts';
import type { OpenedProject } from '../../project/opened-project.ts';
import { verifyCache, verifyInputs } from '../../project/upkeep/verify-cache.ts';
import { writeRaw } from '../../reporting/terminal/terminal-text.ts';
import { print } from '../support/command-error.ts';
import { exitCodes } from '../support/exit-codes.ts';
import { openHere } from '../support/open-here.ts';

export async function verifyCommand({
  inputs = false,
}: {
  readonly inputs?: boolean;
}): Promise<number> {
  const project = openHere();
  const progress = process.stderr.isTTY
    ? (done: number, total: number) =>
        writeRaw(process.stderr, `\r${Math.floor((100 * done) / Math.max(1, total))} %`)
    : () => {};
  const findings = await verifyCache(project, progress);
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
  const isAsRemembered = !inputs || (await areInputsUnchanged(project));
  return sound && isAsRemembered ? exitCodes.ok : exitCodes.failed;
}

async function areInputsUnchanged(project: OpenedProject): Promise<boolean> {
  const { count, changed } = await verifyInputs(project);
  for (const path of changed)
    print(`changed, with its old size and times: ${path}; the next run reads it again`);
  const verdict = changed.length === 0 ? '✓ all unchanged' : `${changed.length} changed`;
  print(`${formatCountOf(count, 'input or published file')}: ${verdict}`);
  return changed.length === 0;
}
