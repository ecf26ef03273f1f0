import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CurvePoint, Highlight, Progress } from '../../stage.ts';
import { extensionOf } from '../config/file-names.ts';
import type { Stage } from '../config/pipeline.ts';
import type { Grant } from './admission.ts';
import type { StageRequest } from './stage-messages.ts';
import type { StageEnd, StageProcess, StartStage } from './stage-process.ts';

/** What an attempt left besides its outputs. */
export interface AttemptRecord {
  readonly highlights: Highlight[];
  readonly warnings: string[];
  readonly notes: Record<string, string | number>;
}

export interface AttemptOptions {
  readonly root: string;
  readonly stage: Stage;
  /** The built file of a project's own kind. */
  readonly module: string | undefined;
  readonly inputs: StageRequest['inputs'];
  /** Puts the project's paths in place of private ones, in what the stage says. */
  readonly translate: (text: string) => string;
  /** What programs of the stage are started by, to be watched. */
  readonly launcher?: readonly string[] | undefined;
  readonly grant: Grant;
  readonly backend: string;
  /** Absolute path of the stage's checkpoint; absent where it keeps none. */
  readonly checkpoint?: string | undefined;
  /** A folder of this attempt's own, empty, on the cache's file system: `out/` for outputs, `scratch/`. */
  readonly folder: string;
  readonly logFile: string;
  readonly start: StartStage;
  /** Aborted by an interrupt: the stage is asked to end. */
  readonly signal: AbortSignal;
  /** Aborted by a second one: it ends. */
  readonly kill: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onPoint: (point: CurvePoint) => void;
  readonly onNotice: (line: string) => void;
  readonly onOutput: (text: string) => void;
}

/** After a gentle stop, the group has this long to end. */
const graceMs = 5_000;

/** Private absolute path of an output during an attempt; it keeps the extension that the stage may go by. */
export function privatePath(folder: string, output: Stage['outputs'][number]): string {
  return join(folder, 'out', `${output.port}${extensionOf(output.path)}`);
}

/** Runs one attempt of a stage in its own process and folder. The caller reads and then removes the folder. */
export async function attempt(options: AttemptOptions): Promise<{ end: StageEnd; record: AttemptRecord }> {
  const { stage, folder } = options;
  const record: AttemptRecord = { highlights: [], warnings: [], notes: {} };
  mkdirSync(join(folder, 'out'));
  mkdirSync(join(folder, 'scratch'));

  const running = options.start({
    request: {
      kind: stage.kind,
      ...(options.module !== undefined && { module: options.module }),
      settings: stage.settings,
      inputs: options.inputs,
      outputs: Object.fromEntries(stage.outputs.map((output) => [output.port, privatePath(folder, output)])),
      cpus: options.grant.cpu,
      backend: options.backend,
      ...(options.checkpoint !== undefined && { checkpoint: options.checkpoint }),
      scratch: join(folder, 'scratch'),
      root: options.root,
      ...(options.launcher !== undefined && { launcher: options.launcher }),
    },
    env: environment(stage, options.grant),
    logFile: options.logFile,
    timeout: stage.timeout,
    translate: options.translate,
    onOutput: options.onOutput,
    onMessage: (message) => {
      switch (message.type) {
        case 'progress':
          return options.onProgress(withoutType(message));
        case 'point':
          return options.onPoint(withoutType(message));
        case 'info':
          return options.onNotice(message.message);
        case 'warn':
          return void record.warnings.push(message.message);
        case 'highlight':
          return void record.highlights.push(withoutType(message));
        case 'note':
          record.notes[message.name] = message.value;
      }
    },
  });
  return { end: await stopWhenAborted(running, options), record };
}

function withoutType<T extends object>({ type: _, ...content }: T & { readonly type: string }): T {
  return content as unknown as T;
}

/** A stage sees the whole environment; that it asks for no more cores than it was given, most libraries read there. */
function environment(stage: Stage, grant: Grant): NodeJS.ProcessEnv {
  const declared = Object.fromEntries(Object.entries(stage.env).filter(([, value]) => value !== null)) as Record<
    string,
    string
  >;
  return { ...process.env, OMP_NUM_THREADS: String(grant.cpu), ...declared };
}

async function stopWhenAborted(
  running: StageProcess,
  { signal, kill }: Pick<AttemptOptions, 'signal' | 'kill'>,
): Promise<StageEnd> {
  let killer: NodeJS.Timeout | undefined;
  const end = () => running.stop('SIGKILL', 'interrupted');
  const ask = () => {
    running.stop('SIGTERM', 'interrupted');
    killer = setTimeout(end, graceMs);
  };
  if (signal.aborted) ask();
  signal.addEventListener('abort', ask, { once: true });
  kill.addEventListener('abort', end, { once: true });
  try {
    return await running.ended;
  } finally {
    signal.removeEventListener('abort', ask);
    kill.removeEventListener('abort', end);
    clearTimeout(killer);
  }
}
