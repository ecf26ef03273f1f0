import { closeSync } from 'node:fs';
import { basename } from 'node:path';
import { isatty } from 'node:tty';

const { RESTAGE_HANGUP, _: started } = process.env;
delete process.env['RESTAGE_HANGUP']; // for us alone, not for what we start

/**
 * Whether SIGHUP was ignored at the start: asked by `bin/restage.js` before Node forgets it, or
 * told by `_`.
 */
export const ignoresHangup: boolean =
  RESTAGE_HANGUP === undefined ? basename(started ?? '') === 'nohup' : RESTAGE_HANGUP === 'ignored';

export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Drops output that cannot be written (`| head`, a full disk) with one warning; fails only where
 * printing is the purpose.
 */
export function surviveLostOutput(isPrinting: boolean): void {
  surviveLoss(process.stderr, () => {});
  surviveLoss(process.stdout, ({ code, message }) => {
    if (code === 'EPIPE') return;
    if (isPrinting) process.once('exit', () => (process.exitCode = exitCodes.failed));
    process.stderr.write(
      `warning: Cannot print any more: ${reasons[code ?? ''] ?? message}. What follows is not shown.\n`,
    );
  });
  leaveDeadTerminals();
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  EIO: 'the terminal is gone',
};

function surviveLoss(
  stream: NodeJS.WriteStream,
  report: (error: NodeJS.ErrnoException) => void,
): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isOver = false;
  const end = (error: NodeJS.ErrnoException) => {
    if (isOver) return;
    isOver = true;
    report(error);
  };
  stream.on('error', end); // of pipes and terminals
  stream.write = (...args: unknown[]): boolean => {
    try {
      return isOver || write(...args);
    } catch (error) {
      end(error as NodeJS.ErrnoException); // of files
      return true;
    }
  };
}

/**
 * Closes terminals that have hung up: Node restores the settings of open ones at its end, and would
 * abort.
 */
function leaveDeadTerminals(): void {
  const terminals = [0, 1, 2].filter(isatty);
  process.once('exit', () => {
    for (const file of terminals) if (!isatty(file)) closeSync(file);
  });
}
