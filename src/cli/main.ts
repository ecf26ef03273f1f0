import {
  findPipelineFile,
  findRoot,
  onlyPipelineFile,
} from '../engine/config/loading/pipeline-files.ts';
import { cacheOf, inCache } from '../engine/files/cache-paths.ts';
import { namesIn } from '../engine/files/entries-in.ts';
import { memoryFile, recall } from '../engine/store/run-memory.ts';
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
if (!(await recallCommand(argv))) {
  const { runCli } = await import('./cli.ts');
  process.exitCode = await runCli(argv);
}

async function recallCommand(argv: readonly string[]): Promise<boolean> {
  if (argv[0] !== 'run') return false;
  const cwd = currentFolder();
  const root = cwd === undefined ? undefined : findRoot(cwd);
  if (cwd === undefined || root === undefined) return false;
  const memory = await recall(memoryFile(root, cwd, argv), { root, env: process.env }, (word) =>
    findNow(word, root),
  );
  if (memory === undefined) return false;
  process.stdout.write(
    `${formatAllFresh(memory.pipeline, memory.stages, performance.now() / 1000)}\n`,
  );
  // Only after the answer, and only if there may be something to clear: it loads more than the
  // answer takes.
  if (namesIn(inCache(cacheOf(root), 'work')).length > 0) {
    await (await import('../engine/publishing/leftovers.ts')).clearAfterKilledRuns(root);
  }
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
