import { writeSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { type RecalledRun, recallRun } from '../project/recall-run.ts';
import { formatAllFresh } from '../reporting/terminal/format-all-fresh.ts';
import { terminalText } from '../reporting/terminal/terminal-text.ts';
import { describeSystemError, isTooManyFiles } from '../user-error.ts';

// The start of every command, one small CommonJS file. It answers the commonest command, a `run`
// in which nothing has changed, before Node loads anything: its loader of ES modules, streams and
// performance hooks would take longer than the answer.

/** What Node's types lack: it is there from Node 22.1 on. */
interface CompileCache {
  enableCompileCache?(folder: string): unknown;
}

void start(process.argv.slice(2));

async function start(argv: readonly string[]): Promise<void> {
  const recalled = await recallCommand(argv);
  if (argv[0] === 'run' && recalled !== undefined && answers(recalled)) return;
  // Compiled code is kept between commands. Who can write there can also change the code itself; in
  // the folder that Node would choose, among temporary files, anybody could put theirs first.
  const { enableCompileCache }: CompileCache = module as typeof module & CompileCache;
  enableCompileCache?.(join(__dirname, 'compile-cache'));
  try {
    await (await import('./main.ts')).main(argv, recalled);
  } catch (error) {
    // Each module is a file to open.
    if (!isTooManyFiles(error)) throw error;
    writeSync(2, `error: ${describeSystemError(error)}\n`);
    process.exitCode = 1;
  }
}

/** What a `run` remembers, or a `plan` without options, which has the same answer. */
async function recallCommand([command, ...words]: readonly string[]): Promise<
  RecalledRun | undefined
> {
  const isPlan = command === 'plan' && !words.some((word) => word.startsWith('-'));
  const folder = command === 'run' || isPlan ? currentFolder() : undefined;
  return folder === undefined ? undefined : await recallRun(folder, words, process.env);
}

/** Undefined where it was removed: the command itself says so. */
function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/**
 * Prints the line of a run that has nothing to do. False where that takes more than a plain write:
 * what killed runs left must be cleared, and output may be lost.
 */
function answers({ pipeline, stages, hasLeftovers }: RecalledRun): boolean {
  if (hasLeftovers) return false;
  const line = `${formatAllFresh(pipeline, stages, process.uptime())}\n`;
  try {
    writeSync(1, terminalText(line, false));
    return true;
  } catch {
    return false;
  }
}
