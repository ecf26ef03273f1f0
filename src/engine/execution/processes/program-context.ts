import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ownVariables } from '../../../environment.ts';
import type { InputArtifact, ProgramContext } from '../../../stage.ts';
import { cacheOf, inCache } from '../../files/cache-paths.ts';
import { LineReader, linkTarget } from '../../files/read-part.ts';
import { mostMessage, type StageRequest } from './stage-messages.ts';

/** The context of a stage, as far as the request gives it. */
export function programContext(request: StageRequest): ProgramContext {
  const { kind, settings, scratch, root, launcher, code } = request;
  const inputs = (port: string): readonly InputArtifact[] => request.inputs[port] ?? [];
  return {
    settings,
    inputs,
    input: (port) => {
      const [first] = inputs(port);
      if (first === undefined)
        throw new Error(`Internal error: ${kind} reads port ${port}, which is not connected`);
      return first;
    },
    output: (port) => {
      const path = request.outputs[port];
      if (path === undefined) throw new Error(`Internal error: ${kind} has no output ${port}`);
      return path;
    },
    inputPorts: Object.keys(request.inputs),
    outputPorts: Object.keys(request.outputs),
    scratch,
    root,
    environments: inCache(realCache(root), 'environments'),
    ...(launcher !== undefined && { launcher }),
    ...(code !== undefined && { code }),
  };
}

/**
 * The cache of a project. On a host of a place it is a link to one for all, in whose packages the
 * scripts hold its own path.
 */
function realCache(root: string): string {
  const cache = cacheOf(root);
  return resolve(root, linkTarget(cache) ?? cache);
}

/** Milliseconds between two looks at what a program has appended. */
const interval = 200;

// Both files lie beside the folder for scratch, which most programs do not need: making it would
// take as long as they do.

/**
 * The file to which a program appends its messages. A file serves every language, and every process
 * that it starts.
 */
export const eventsFile = ({ scratch }: StageRequest): string => `${scratch}-events.jsonl`;

/**
 * Environment variables that tell a program about its stage. Writes the file that one of them
 * names.
 */
export function programVariables(request: StageRequest): Readonly<Record<string, string>> {
  const { scratch, settings, inputs, lists, outputs, cpus, checkpoint } = request;
  const stage = `${scratch}-stage.json`;
  writeFileSync(stage, JSON.stringify({ settings, inputs, lists, outputs, cpus }));
  return {
    [ownVariables.stage]: stage,
    [ownVariables.events]: eventsFile(request),
    ...(checkpoint !== undefined && { [ownVariables.checkpoint]: checkpoint }),
  };
}

/** Receives the lines of a file. */
export interface LineListener {
  receive(line: string): void;
  /**
   * Called once at a line that is longer than a message may be. It and what follows are not read.
   */
  tooLong(): void;
}

/**
 * Passes on every line that is appended to a file. The function returned reads the rest and stops.
 */
export function followLines(path: string, listener: LineListener): () => void {
  const lines = new LineReader(path, mostMessage);
  const read = (rest: boolean) => {
    for (let before = -1; before < lines.offset; ) {
      before = lines.offset;
      for (const line of lines.read(rest)) listener.receive(line);
    }
    if (lines.isTooLong) listener.tooLong();
  };
  const timer = setInterval(() => read(false), interval);
  return () => {
    clearInterval(timer);
    read(true);
  };
}
