import { examineMachine } from '../../project/upkeep/examine-machine.ts';
import { UsageError } from '../../user-error.ts';
import { print } from '../support/command-error.ts';
import { exitCodes } from '../support/exit-codes.ts';
import { openHere } from '../support/open-here.ts';
import { slim } from './doctor-slim.ts';

interface DoctorOptions {
  readonly slim?: boolean;
  readonly yes?: boolean;
}

/** Exit code 1 without what is needed. With `--slim`, it only frees space. */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  if (options.slim === true) {
    slim(options.yes === true);
    return exitCodes.ok;
  }
  if (options.yes === true) throw new UsageError('`--yes` goes with `--slim`');
  const findings = await examineMachine(openHere());
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, state, lacks, needed } of findings) {
    const lackMark = needed === true ? '✗' : '–';
    const mark = lacks === undefined ? '✓' : lackMark;
    print(`${mark} ${name.padEnd(width)}  ${[state, lacks].filter(Boolean).join(': ')}`);
  }
  return findings.some(({ lacks, needed }) => lacks !== undefined && needed === true)
    ? exitCodes.failed
    : exitCodes.ok;
}
