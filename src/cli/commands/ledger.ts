import { archivedLedger, readLedger } from '../../project/ledger/read-ledger.ts';
import { formatLedger } from '../../reporting/terminal/format-ledger.ts';
import { UsageError } from '../../user-error.ts';
import { print, printJson } from '../support/command-error.ts';
import { exitCodes } from '../support/exit-codes.ts';
import { openHere } from '../support/open-here.ts';

interface LedgerOptions {
  readonly of?: string;
  readonly json?: boolean;
}

/** Fails where the chain is broken. */
export async function ledgerCommand(
  words: readonly string[],
  { of, json = false }: LedgerOptions,
): Promise<number> {
  if (of !== undefined && words.length > 0)
    throw new UsageError('Expected --of alone: an archive has the ledger of its whole project');
  const project = openHere();
  const ledger =
    of === undefined ? await readLedger(project, words) : await archivedLedger(project, of);
  const { lines, faults, head, looks } = ledger;
  if (json) {
    const known = lines.map(({ number, line }) => ({ number, ...line }));
    printJson({ lines: known, faults, head, looks: looks.map(asJson) });
  } else print(formatLedger(ledger).join('\n'));
  return faults.length === 0 ? exitCodes.ok : exitCodes.failed;
}

const asJson = ({ stage, look }: Awaited<ReturnType<typeof readLedger>>['looks'][number]) => ({
  stage,
  ...(look !== undefined && {
    line: look.line,
    seals: look.seals.map(({ event }) => event.seal),
    before: look.before,
  }),
});
