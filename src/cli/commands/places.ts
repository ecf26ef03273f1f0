import type { ProbeFinding } from '../../project/jobs/probe-finding.ts';
import { probePlace } from '../../project/jobs/probe-place.ts';
import { UsageError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';
import { exitCodes } from '../support/exit-codes.ts';
import { openHere } from '../support/open-here.ts';

const marks: Readonly<Record<ProbeFinding['state'], string>> = {
  fine: '✓',
  differs: '!',
  waits: '…',
  fails: '✗',
};

export async function placesCommand([action, name = '']: readonly string[]): Promise<number> {
  if (action !== 'check')
    throw new UsageError(`places takes "check" and the name of a place, not "${action}"`);
  const findings = probePlace(openHere(), name);
  for (;;) {
    const { done, value } = await findings.next();
    if (done) return value ? exitCodes.ok : exitCodes.failed;
    print(`${marks[value.state]} ${value.text}`);
  }
}
