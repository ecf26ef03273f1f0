import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ownVariables } from '../../environment.ts';
import { UserError } from '../../user-error.ts';
import { exitCodes } from './exit-codes.ts';
import { ignoresHangup } from './hangup.ts';

/**
 * Runs the command again in a new process, which loads the current code, and returns its exit code.
 * An interrupt ends it.
 */
export async function rerunCommand(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...argv], {
    stdio: 'inherit',
    env: { ...process.env, [ownVariables.hangup]: ignoresHangup ? 'ignored' : 'heeded' },
  });
  // Ctrl-C on a terminal reaches the child, too. It counts only the first of several signals.
  signal.addEventListener('abort', () => child.kill());
  const [code, killer] = (await once(child, 'exit')) as [number | null, string | null];
  if (code === null && !signal.aborted)
    throw new UserError(`The run that began anew was killed (${killer})`);
  return code ?? exitCodes.interrupted;
}
