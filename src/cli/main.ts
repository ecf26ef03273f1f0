import { recallRun } from '../project/recall-run.ts';
import { wantsColour } from '../reporting/terminal/colour.ts';
import { formatAllFresh } from '../reporting/terminal/format-all-fresh.ts';
import { guardStream } from '../reporting/terminal/terminal-text.ts';
import { ignoresHangup, surviveLostOutput } from './support/process-end.ts';

const argv = process.argv.slice(2);
surviveLostOutput(argv[0] !== 'run');
for (const stream of [process.stdout, process.stderr])
  guardStream(stream, wantsColour(stream, process.env));
if (ignoresHangup) process.on('SIGHUP', () => {});
// The common case first, before anything heavy is loaded.
if (!(await answerFromMemory(argv))) {
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(argv);
}

/**
 * Answers `run` and, where it has no options, `plan` from what the same run remembers. False where
 * something has changed, or nothing is remembered.
 */
async function answerFromMemory([command, ...words]: readonly string[]): Promise<boolean> {
  const isPlan = command === 'plan' && !words.some((word) => word.startsWith('-'));
  const folder = command === 'run' || isPlan ? currentFolder() : undefined;
  if (folder === undefined) return false;
  const run = await recallRun(folder, words, process.env);
  if (run === undefined) return false;
  const { pipeline, stages, names, clear } = run;
  if (isPlan) return names !== undefined && (await printPlan(pipeline, names));
  process.stdout.write(`${formatAllFresh(pipeline, stages, performance.now() / 1000)}\n`);
  await clear();
  return true;
}

async function printPlan(pipeline: string, names: readonly string[]): Promise<true> {
  const { formatPlan } = await import('../reporting/terminal/format-plan.ts');
  const lines = names.map((stage) => ({ stage, state: 'up to date', notes: [] }) as const);
  process.stdout.write(formatPlan(pipeline, lines, wantsColour(process.stdout, process.env)));
  return true;
}

/** Undefined where it was removed: the command itself says so. */
function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
