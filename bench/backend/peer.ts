import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A Python program that answers every line it is sent with one line. */
export interface Peer extends AsyncDisposable {
  readonly pid: number;
  /** The line that it began with. */
  readonly greeting: string;
  ask(line: string): Promise<string>;
}

/** Starts a peer and waits for its first line, which says that it is ready. */
export async function startPeer(script: URL, env: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<Peer> {
  const child = spawn('/usr/bin/python3', [script.pathname, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
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
