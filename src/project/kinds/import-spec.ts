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
  /** What its code did so far besides exporting. */
  readonly did: {
    output: string;
    readonly listeners: { readonly event: string | symbol; readonly listener: () => void }[];
    readonly timers: NodeJS.Timeout[];
    readonly handles: { readonly type: string; readonly handle: Handle }[];
  };
}

/** The spec whose import leads to what runs now, through any timer, promise or callback. */
const owner = new AsyncLocalStorage<SpecCode>();

/**
 * All specs of this process. An error may come from one of its functions, long after the import.
 */
const specs: SpecCode[] = [];

/**
 * The specs that are imported now: several projects of a process may do so at once. Where Node does
 * not keep the context of a promise (24.0), an error during an import counts as that of the last
 * one.
 */
const importing = new Set<SpecCode>();
/** Ends the guards that hold as long as specs are imported. */
let endGuards = () => {};

/**
 * The code of a module runs once. What came of it stays true for later commands of this process, as
 * in a watch.
 */
const imported = new Map<string, Promise<ImportedSpec>>();

/** Milliseconds that the top level of a spec may wait, such as for a request. */
const patience = 60_000;

/**
 * Imports the spec of a kind of the project in our process: its schema and its functions cannot be
 * sent from another one. Rejects if its code throws, leaves a rejected promise, ends the process,
 * or waits for something that does not come within a minute. What it prints is dropped, and its
 * timers and listeners of the process are removed. An error that comes later is a warning.
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
  const spec: SpecCode = {
    file: basename(url),
    onError: () => {},
    did: { output: '', listeners: [], timers: [], handles: [] },
  };
  const failed = new Promise<never>((_, reject) => {
    spec.onError = (message) => reject(new Error(`its spec ${message}`));
  });
  let giveUp = () => {};
  const stuck = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error('its spec waits at top level for something that never comes'));
  });
  // In a command, nothing is left to run; the program of a library goes on.
  process.once('beforeExit', giveUp);
  const limit = setTimeout(giveUp, patience).unref();
  if (specs.push(spec) === 1) catchErrors();
  if (importing.add(spec).size === 1) endGuards = guard();
  try {
    const module: Promise<ImportedSpec['exports']> = owner.run(spec, () => import(url));
    const exports = await Promise.race([module, failed, stuck]);
    // Node tells about a rejected promise at the end of the turn.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), failed]);
    return { exports, effects: undo(spec) };
  } finally {
    undo(spec);
    importing.delete(spec);
    if (importing.size === 0) endGuards();
    spec.onError = (message) => warn(`The spec of the kind ${kind} ${message}`);
    process.off('beforeExit', giveUp);
    clearTimeout(limit);
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
    [...importing].at(-1);
  const onRejection = (reason: unknown) => {
    const spec = specOf(reason);
    if (spec !== undefined) return spec.onError(`leaves a rejected promise: ${messageOf(reason)}`);
    if (process.listenerCount('unhandledRejection') > 1) return; // a program of others takes it
    letGo();
    Promise.reject(reason);
  };
  const onException = (error: unknown) => {
    const spec = specOf(error);
    if (spec !== undefined) return spec.onError(`throws in a callback: ${messageOf(error)}`);
    if (process.listenerCount('uncaughtException') > 1) return; // as above
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

/** The spec whose import leads to what runs now; undefined for the code of anybody else. */
function present(): SpecCode | undefined {
  const spec = owner.getStore();
  return spec !== undefined && importing.has(spec) ? spec : undefined;
}

/** Holds back what specs do during their import, and nothing that others do. Returns its end. */
function guard(): () => void {
  const ends = [forbidEndings(), catchOutput(), catchListeners(), catchHandles()];
  return () => {
    for (const end of ends) end();
  };
}

function forbidEndings(): () => void {
  const endings = ['exit', 'reallyExit', 'abort', 'kill'] as const;
  const originals = endings.map((name) => ({ name, original: Reflect.get(process, name) }));
  for (const { name, original } of originals) {
    Reflect.set(process, name, (...args: readonly unknown[]) => {
      if (present() === undefined) return Reflect.apply(original, process, args);
      throw new Error(
        `its spec calls process.${name}, which would end Restage. A spec only describes its kind`,
      );
    });
  }
  return () => {
    for (const { name, original } of originals) Reflect.set(process, name, original);
  };
}

function catchOutput(): () => void {
  const streams = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    const catching = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      const spec = present();
      if (spec === undefined) return Reflect.apply(write, stream, [chunk, ...rest]);
      spec.did.output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const written = rest.find((argument) => typeof argument === 'function');
      if (written !== undefined) process.nextTick(written);
      return true;
    };
    stream.write = catching;
    return { stream, write };
  });
  return () => {
    for (const { stream, write } of streams) stream.write = write;
  };
}

function catchListeners(): () => void {
  const onListener = (event: string | symbol, listener: () => void) => {
    present()?.did.listeners.push({ event, listener });
  };
  process.on('newListener', onListener);
  return () => process.off('newListener', onListener);
}

/** Timers, servers, watchers, processes: what would hold up the end of every command. */
function catchHandles(): () => void {
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      const did = present()?.did;
      if (type === 'Timeout') did?.timers.push(resource as NodeJS.Timeout);
      else if (isHandle(resource)) did?.handles.push({ type, handle: resource });
    },
  });
  hook.enable();
  return () => void hook.disable();
}

/** Characters of what a spec printed that a warning shows. */
const shownOutput = 60;

/** Undoes what the code of a spec did besides exporting, and says what it was. */
function undo({ did }: SpecCode): readonly string[] {
  const { output, listeners, timers, handles } = did;
  const quoted = JSON.stringify(output.slice(0, shownOutput));
  const printed = output.length > shownOutput ? `${quoted} …` : quoted;
  const emitter: NodeJS.EventEmitter = process;
  for (const { event, listener } of listeners) emitter.off(event, listener);
  const events = [...new Set(listeners.map(({ event }) => String(event)))];
  const running = timers.filter((timer) => !('_destroyed' in timer && timer._destroyed));
  running.forEach(clearTimeout);
  const open = handles.filter(({ handle }) => handle.hasRef());
  for (const { handle } of open) handle.unref();
  const types = [...new Set(open.map(({ type }) => type))];
  return [
    ...(output === '' ? [] : [`prints ${printed}`]),
    ...(events.length === 0 ? [] : [`listens to the process (${events.join(', ')})`]),
    ...(running.length === 0 ? [] : ['starts a timer']),
    ...(types.length === 0 ? [] : [`keeps something open (${types.join(', ')})`]),
  ];
}

/** What of a server, a pipe or a process keeps Node running, as `node:async_hooks` gives it. */
interface Handle {
  hasRef(): boolean;
  unref(): void;
}

const isHandle = (resource: object): resource is Handle =>
  'hasRef' in resource && 'unref' in resource;
