import {
  findPipelineFile,
  findRoot,
  onlyPipelineFile,
} from '../engine/config/loading/pipeline-files.ts';
import { cacheOf, inCache } from '../engine/files/cache-paths.ts';
import { namesIn } from '../engine/files/entries-in.ts';
import { memoryFile, type RunMemory, recall } from '../engine/store/run-memory.ts';
import { wantsColour } from '../reporting/terminal/colour.ts';
import { formatAllFresh } from '../reporting/terminal/format-all-fresh.ts';
import { guardStream } from '../reporting/terminal/terminal-text.ts';
import { ignoresHangup, surviveLostOutput } from './support/process-end.ts';

const argv = process.argv.slice(2);
surviveLostOutput(argv[0] !== 'run');
for (const stream of [process.stdout, process.stderr])
  guardStream(stream, wantsColour(stream, process.env));
if (ignoresHangup) process.on('SIGHUP', () => {});
// The common case first, before anything heavy is loaded: the same command as last time, and
// nothing has changed.
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
  if (command !== 'run' && !isPlan) return false;
  const cwd = currentFolder();
  const root = cwd === undefined ? undefined : findRoot(cwd);
  if (cwd === undefined || root === undefined) return false;
  const file = memoryFile(root, cwd, ['run', ...words]);
  const memory = await recall(file, { root, env: process.env }, (word) => findNow(word, root));
  if (memory === undefined) return false;
  return isPlan ? await printPlan(memory) : await printRun(memory, root);
}

async function printRun({ pipeline, stages }: RunMemory, root: string): Promise<true> {
  process.stdout.write(`${formatAllFresh(pipeline, stages, performance.now() / 1000)}\n`);
  // Only after the answer, and only if there may be something to clear: it loads more than the
  // answer takes.
  if (namesIn(inCache(cacheOf(root), 'work')).length > 0) {
    await (await import('../engine/publishing/leftovers.ts')).clearAfterKilledRuns(root);
  }
  return true;
}

async function printPlan({ pipeline, names }: RunMemory): Promise<boolean> {
  if (names === undefined) return false;
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

function findNow(word: string | undefined, root: string): string | undefined {
  if (word === undefined) return onlyPipelineFile(root);
  const file = findPipelineFile(word, process.cwd(), root);
  return file.ok ? file.value : undefined;
}
