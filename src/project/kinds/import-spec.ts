import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { basename } from 'node:path';
import { inspect } from 'node:util';

/**
 * An imported module of the project, and what its code did besides exporting, as verbs:
 * `prints "hello"`.
 */
export interface ImportedSpec {
  readonly exports: Readonly<Record<string, unknown>>;
  /** These had no effect, or were undone. */
  readonly effects: readonly string[];
}

/** The code of a spec that we import or have imported. */
interface SpecCode {
  readonly file: string;
  /** Takes an error that the code leaves behind: `leaves a rejected promise: …`. */
  onError: (message: string) => void;
}

/** The spec whose import leads to what runs now, through any timer, promise or callback. */
const owner = new AsyncLocalStorage<SpecCode>();

/**
 * All specs of this process. An error may come from one of its functions, long after the import.
 */
const specs: SpecCode[] = [];

/**
 * Where Node does not keep the context of a promise (24.0), an error during an import counts as the
 * spec's.
 */
let importing: SpecCode | undefined;

/**
 * The code of a module runs once. What came of it stays true for later commands of this process, as
 * in a watch.
 */
const imported = new Map<string, Promise<ImportedSpec>>();

/**
 * Imports the spec of a kind of the project in our process: its schema and its functions cannot be
 * sent from another one. Rejects if its code throws, leaves a rejected promise, ends the process,
 * or waits for something that never comes. What it prints is dropped, and its timers and listeners
 * of the process are removed. An error that comes later is a warning.
 *
 * Code that changes JavaScript's own objects, prints by a file descriptor, or never returns, is not
 * held back.
 */
export function importSpec(
  kind: string,
  url: string,
  warn: (message: string) => void,
): Promise<ImportedSpec> {
  const known = imported.get(url) ?? importApart(kind, url, warn);
  imported.set(url, known);
  return known;
}

async function importApart(
  kind: string,
  url: string,
  warn: (message: string) => void,
): Promise<ImportedSpec> {
  const spec: SpecCode = { file: basename(url), onError: () => {} };
  const failed = new Promise<never>((_, reject) => {
    spec.onError = (message) => reject(new Error(`its spec ${message}`));
  });
  let giveUp = () => {};
  const stuck = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error('its spec waits at top level for something that never comes'));
  });
  process.once('beforeExit', giveUp);
  if (specs.push(spec) === 1) catchErrors();
  importing = spec;
  const guards = [forbidEndings(), catchOutput(), catchListeners(), catchHandles()];
  const effects: string[] = [];
  try {
    const module: Promise<ImportedSpec['exports']> = owner.run(spec, () => import(url));
    const exports = await Promise.race([module, failed, stuck]);
    // Node tells about a rejected promise at the end of the turn.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), failed]);
    return { exports, effects };
  } finally {
    effects.push(...guards.flatMap((end) => end()));
    importing = undefined;
    spec.onError = (message) => warn(`The spec of the kind ${kind} ${message}`);
    process.off('beforeExit', giveUp);
  }
}

/**
 * Takes the errors of specs, for the life of the process. Any other ends it, as it would without
 * us.
 */
function catchErrors(): void {
  const specOf = (error: unknown) =>
    owner.getStore() ??
    specs.find(({ file }) => error instanceof Error && error.stack?.includes(file)) ??
    importing;
  const onRejection = (reason: unknown) => {
    const spec = specOf(reason);
    if (spec !== undefined) return spec.onError(`leaves a rejected promise: ${messageOf(reason)}`);
    letGo();
    Promise.reject(reason);
  };
  const onException = (error: unknown) => {
    const spec = specOf(error);
    if (spec !== undefined) return spec.onError(`throws in a callback: ${messageOf(error)}`);
    letGo();
    process.nextTick(() => {
      throw error;
    });
  };
  const letGo = () =>
    process.off('unhandledRejection', onRejection).off('uncaughtException', onException);
  process.on('unhandledRejection', onRejection).on('uncaughtException', onException);
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : inspect(error);

/** A guard of an import. Its end gives what it found. */
type EndOfGuard = () => readonly string[];

function forbidEndings(): EndOfGuard {
  const endings = ['exit', 'reallyExit', 'abort', 'kill'] as const;
  const originals = endings.map((name) => ({ name, original: Reflect.get(process, name) }));
  for (const name of endings) {
    Reflect.set(process, name, () => {
      throw new Error(
        `its spec calls process.${name}, which would end Restage. A spec only describes its kind`,
      );
    });
  }
  return () => {
    for (const { name, original } of originals) Reflect.set(process, name, original);
    return [];
  };
}

/** Characters of what a spec printed that a warning shows. */
const shownOutput = 60;

function catchOutput(): EndOfGuard {
  let output = '';
  const streams = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    const catching = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      if (owner.getStore() === undefined) return Reflect.apply(write, stream, [chunk, ...rest]);
      output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const written = rest.find((argument) => typeof argument === 'function');
      if (written !== undefined) process.nextTick(written);
      return true;
    };
    stream.write = catching;
    return { stream, write };
  });
  return () => {
    for (const { stream, write } of streams) stream.write = write;
    if (output === '') return [];
    const shown = JSON.stringify(output.slice(0, shownOutput));
    return [`prints ${output.length > shownOutput ? `${shown} …` : shown}`];
  };
}

function catchListeners(): EndOfGuard {
  const emitter: NodeJS.EventEmitter = process;
  const listeners = () =>
    emitter
      .eventNames()
      .flatMap((event) => emitter.rawListeners(event).map((listener) => ({ event, listener })));
  const before = new Set(listeners().map(({ listener }) => listener));
  return () => {
    const added = listeners().filter(({ listener }) => !before.has(listener));
    for (const { event, listener } of added) emitter.off(event, listener as () => void);
    const events = [...new Set(added.map(({ event }) => String(event)))];
    return events.length === 0 ? [] : [`listens to the process (${events.join(', ')})`];
  };
}

/** Timers, servers, watchers, processes: what would hold up the end of every command. */
function catchHandles(): EndOfGuard {
  const timers: NodeJS.Timeout[] = [];
  const handles: { readonly type: string; readonly handle: Handle }[] = [];
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (owner.getStore() === undefined) return;
      if (type === 'Timeout') timers.push(resource as NodeJS.Timeout);
      else if (isHandle(resource)) handles.push({ type, handle: resource });
    },
  });
  hook.enable();
  return () => {
    hook.disable();
    const running = timers.filter((timer) => !('_destroyed' in timer && timer._destroyed));
    running.forEach(clearTimeout);
    const open = handles.filter(({ handle }) => handle.hasRef());
    for (const { handle } of open) handle.unref();
    const types = [...new Set(open.map(({ type }) => type))];
    const started = running.length === 0 ? [] : ['starts a timer'];
    return types.length === 0
      ? started
      : [...started, `keeps something open (${types.join(', ')})`];
  };
}

/** What of a server, a pipe or a process keeps Node running, as `node:async_hooks` gives it. */
interface Handle {
  hasRef(): boolean;
  unref(): void;
}

const isHandle = (resource: object): resource is Handle =>
  'hasRef' in resource && 'unref' in resource;
