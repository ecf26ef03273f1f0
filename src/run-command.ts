import { execFile } from 'node:child_process';
import type { Environment } from './environment.ts';

/** A command that hangs is given up after this long, in milliseconds. */
const patience = 60_000;

export interface CommandOutput {
  readonly ok: boolean;
  readonly out: string;
  /** What it printed as an error, in one line, or why it did not run. */
  readonly error: string;
}

interface CommandOptions {
  readonly env: Environment;
  readonly cwd?: string;
  /** What it reads as its standard input; nothing by default. */
  readonly input?: string;
}

/** Runs a command in the C locale, whose words are known. Never rejects. */
export function runCommand(
  program: string,
  args: readonly string[],
  { env, cwd = '/', input = '' }: CommandOptions,
): Promise<CommandOutput> {
  const options = {
    cwd,
    env: { ...env, LC_ALL: 'C' },
    timeout: patience,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
  } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, out, stderr) => {
      const isMissing = error?.code === 'ENOENT';
      const printed = stderr.trim().replaceAll('\n', '; ');
      const why = isMissing
        ? `there is no command \`${program}\` on this machine`
        : printed || (error?.message ?? '');
      resolve({
        ok: error === null,
        out,
        error: error?.killed === true ? `${program} did not answer` : why,
      });
    });
    child.stdin?.on('error', () => {}); // it ended without reading, and its exit code says why
    child.stdin?.end(input);
  });
}
