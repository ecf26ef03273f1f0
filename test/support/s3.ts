import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './slurm.ts';

/** The Python that has moto, an S3 server for tests. */
const python = ['/usr/bin/python3', 'python3'].find(hasMoto);
/**
 * Why there is no S3 server for a test here; undefined where there is one. In CI, where it is
 * required, that is an error.
 */
export const noS3: string | undefined =
  python === undefined
    ? 'moto is not installed: apt-get install python3-moto python3-flask python3-flask-cors'
    : undefined;
if (noS3 !== undefined && process.env['RESTAGE_S3'] === 'required') throw new Error(noS3);

function hasMoto(name: string): boolean {
  try {
    execFileSync(name, ['-c', 'import moto.server, flask, flask_cors'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * An S3 server on this machine with one empty bucket, `bucket`, which accepts any credentials.
 * Ended with `await using`.
 */
export class S3Server implements AsyncDisposable {
  readonly endpoint: string;
  readonly env = {
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
  };
  readonly child: ChildProcess;

  private constructor(port: number, env: Readonly<Record<string, string>>) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.child = spawn(python!, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<S3Server> {
    const server = new S3Server(await freePort(), env);
    for (let tries = 600; tries > 0; tries -= 1) {
      const made = await fetch(`${server.endpoint}/bucket`, { method: 'PUT' }).catch(
        () => undefined,
      );
      if (made?.ok === true) return server;
      await delay(200);
    }
    throw new Error('moto did not start');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
  }
}
