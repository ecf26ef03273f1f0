import type { RunStage, StageContext } from '../../../stage.ts';
import { describeError, isForUser, UserError } from '../../../user-error.ts';
import { cacheOf } from '../../files/cache-paths.ts';
import { diskError } from '../../files/write-error.ts';
import { CheckpointFile } from '../../store/checkpoint-file.ts';
import { PieceFiles } from '../../store/piece-files.ts';
import { programContext } from './program-context.ts';
import type { StageMessage, StageRequest } from './stage-messages.ts';

/** Loads the `run.ts` of a kind. */
export type LoadRun = (kind: string, module: string | undefined) => Promise<RunStage<never>>;

/**
 * Serves requests, one after the other, in a process of stages. It kills its group when the
 * runner's channel closes.
 */
export function serveStage(loadRun: LoadRun): void {
  process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
  // The channel stays open until the runner ends this process.
  process.on('message', (request: StageRequest) => {
    send({ type: 'begun' });
    void answer(request, loadRun).then(send);
  });
  send({ type: 'ready' });
}

async function answer(request: StageRequest, loadRun: LoadRun): Promise<StageMessage> {
  try {
    const run = await loadRun(request.kind, request.module);
    await run(makeContext(request) as StageContext<never>);
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    return { type: 'done', memory: process.memoryUsage.rss() };
  } catch (cause) {
    const error = diskError(cause);
    if (error instanceof UserError) return { type: 'failed', message: error.message };
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return {
      type: 'failed',
      message: isForUser(error) ? describeError(error) : message,
      ...(stack && { stack }),
    };
  }
}

/** Resolves when everything printed is in the pipe. */
const flushed = (stream: NodeJS.WriteStream) =>
  new Promise<unknown>((resolve) => stream.write('', resolve));

function makeContext(request: StageRequest): StageContext {
  const { checkpoint, pieces, root } = request;
  const progress = throttle((progress) => send({ ...progress, type: 'progress' }));
  return {
    ...programContext(request),
    cpus: request.cpus,
    backend: request.backend,
    ...(checkpoint !== undefined && { checkpoints: new CheckpointFile(checkpoint, warn) }),
    ...(pieces !== undefined && { pieces: new PieceFiles(cacheOf(root), pieces, warn) }),
    // Loads Node's network modules, which few stages need.
    download: async (file) => {
      const { isInPackage, packageFile } = await import('../../store/package-file.ts');
      if (isInPackage(file)) return await packageFile(file, root);
      const { download } = await import('../../store/download.ts');
      return await download(cacheOf(root), file, process.env, progress);
    },
    progress,
    point: (point) => send({ ...point, type: 'point' }),
    log: print,
    info: (message) => {
      print(message);
      send({ type: 'info', message });
    },
    warn,
    highlight: (table) => send({ ...table, type: 'highlight' }),
    note: (name, value) => send({ type: 'note', name, value }),
  };
}

function warn(message: string): void {
  print(`warning: ${message}`);
  send({ type: 'warn', message });
}

/** Printed, so that the runner logs it in order with the lines of the stage's programs. */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function send(message: StageMessage): void {
  process.send?.(message);
}

/** Passes on at most ten reports a second, and always the last one. */
function throttle(send: StageContext['progress']): StageContext['progress'] {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - last < 100 && progress.done < progress.total) return;
    last = now;
    send(progress);
  };
}
