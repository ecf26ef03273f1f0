import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { exitCodes } from './exit-codes.ts';

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
