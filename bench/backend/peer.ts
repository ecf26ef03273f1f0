import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Side } from './samples.ts';

/** A Python program that answers every line it is sent with one line. */
export interface Peer extends AsyncDisposable {
  readonly pid: number;
  /** The line that it began with. */
  readonly greeting: string;
  ask(line: string): Promise<string>;
}

/**
 * PyTorch's sides of a comparison, one for each memory format. The peer answers the question with
 * its seconds.
 */
export const pytorchSides = (peer: Peer, question: string, label = ''): readonly Side[] =>
  ['contiguous', 'channels_last'].map((format) => ({
    name: `PyTorch ${peer.greeting} ${format}${label}`,
    pid: peer.pid,
    run: async () => Number(await peer.ask(`${question} ${format}`)),
  }));

/** Starts a peer and waits for its first line, which says that it is ready. */
export async function startPeer(
  script: URL,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
): Promise<Peer> {
  const child = spawn('/usr/bin/python3', [script.pathname, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${script.pathname} ended early; it needs python3-torch.`);
    return value;
  };
  return {
    pid: child.pid as number,
    greeting: await next(),
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await ended;
    },
  };
}
