import { join } from 'node:path';
import { type InputArtifact, type RunStage, type StageContext, StageError } from '../../stage.ts';
import { CheckpointFile } from '../store/checkpoint-file.ts';
import type { StageMessage, StageRequest } from './stage-messages.ts';

/** Finds the code of a kind; `module` is the built file of a project's own one. */
export type LoadRun = (kind: string, module: string | undefined) => Promise<RunStage<never>>;

/**
 * The life of a stage's own process: takes one request from its parent, runs the kind, answers, ends.
 *
 * When the channel to the parent closes, the parent is dead: the whole process group goes with it. The group is our own,
 * since the parent starts us detached. The parent's watcher does the same where this process is busy or killed too.
 */
export function serveStage(loadRun: LoadRun): void {
  process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
  process.once('message', (request: StageRequest) => {
    void answer(request, loadRun).then((message) => {
      // The channel stays open until the parent has read the answer: the parent ends us.
      send(message);
    });
  });
  send({ type: 'ready' });
}

async function answer(request: StageRequest, loadRun: LoadRun): Promise<StageMessage> {
  try {
    const run = await loadRun(request.kind, request.module);
    await run(makeContext(request) as StageContext<never>);
    return { type: 'done' };
  } catch (error) {
    if (error instanceof StageError) return { type: 'failed', message: error.message };
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return stack === undefined ? { type: 'failed', message } : { type: 'failed', message, stack };
  }
}

/** The context of a running stage, over the channel to its parent. */
function makeContext(request: StageRequest): StageContext {
  const inputs = (port: string): readonly InputArtifact[] => request.inputs[port] ?? [];
  const progress = throttle((progress) => send({ type: 'progress', ...progress }));
  return {
    settings: request.settings,
    inputs,
    input: (port) => {
      const [first] = inputs(port);
      if (first === undefined)
        throw new Error(`Internal error: ${request.kind} reads port ${port}, which is not connected`);
      return first;
    },
    output: (port) => {
      const path = request.outputs[port];
      if (path === undefined) throw new Error(`Internal error: ${request.kind} has no output ${port}`);
      return path;
    },
    inputPorts: Object.keys(request.inputs),
    outputPorts: Object.keys(request.outputs),
    cpus: request.cpus,
    backend: request.backend,
    ...(request.checkpoint !== undefined && { checkpoints: new CheckpointFile(request.checkpoint, warn) }),
    scratch: request.scratch,
    root: request.root,
    ...(request.launcher !== undefined && { launcher: request.launcher }),
    // Few stages need what it loads of Node for the network.
    download: async (file) =>
      await (await import('../store/download.ts')).download(join(request.root, 'cache'), file, progress),
    progress,
    point: (point) => send({ type: 'point', ...point }),
    log: (line) => void process.stdout.write(`${line}\n`),
    info: (line) => {
      process.stdout.write(`${line}\n`);
      send({ type: 'info', message: line });
    },
    warn,
    highlight: (table) => send({ type: 'highlight', ...table }),
    note: (name, value) => send({ type: 'note', name, value }),
  };
}

function warn(line: string): void {
  process.stdout.write(`warning: ${line}\n`);
  send({ type: 'warn', message: line });
}

function send(message: StageMessage): void {
  process.send?.(message);
}

/** Passes on at most ten a second, and always the one that completes. */
function throttle(send: StageContext['progress']): StageContext['progress'] {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - last < 100 && progress.done < progress.total) return;
    last = now;
    send(progress);
  };
}
