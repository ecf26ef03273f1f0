import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { kill, whyNoCluster } from './slurm.ts';
import { removeBusyFolder } from './temporary-folder.ts';

/**
 * Why there is no HTCondor for a test here; undefined where there is one. In CI, where it is
 * required, that is an error.
 */
export const noCondor: string | undefined = whyNoCluster(
  ['condor_master', 'condor_submit'],
  'condor',
);

/** The user `nobody`, since HTCondor takes no jobs of root. */
const user = { uid: 65534, gid: 65534 };

/**
 * A private HTCondor of one machine with 4 cores, 8000 MB and no graphics card. Its jobs belong to
 * `nobody`, so projects that use it leave root. Removed with `await using`.
 */
export class Condor implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'restage-condor-'));
  readonly env: Record<string, string> = {
    CONDOR_CONFIG: join(this.folder, 'condor_config'),
    PATH: `${process.env['PATH']}:/usr/sbin`,
  };

  static start(): Condor {
    const condor = new Condor();
    const script = fileURLToPath(new URL('condor-up.sh', import.meta.url));
    const options = { env: { ...process.env, ...condor.env }, cwd: '/', ...user };
    chownSync(condor.folder, user.uid, user.gid);
    execFileSync('bash', ['-s', condor.folder], { ...options, input: readFileSync(script) });
    return condor;
  }

  /** Runs one of HTCondor's commands as the owner of the jobs. Returns what it prints. */
  command(name: string, ...args: readonly string[]): string {
    const env = { ...process.env, ...this.env };
    return execFileSync(name, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      cwd: '/',
      ...user,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.command('condor_rm', '-all');
      this.command('condor_off', '-fast', '-master');
    } catch {
      // Its daemons are gone.
    }
    const master = Number(readFileSync(join(this.folder, 'pids', 'master'), 'utf8'));
    for (let tries = 100; tries > 0 && isAlive(master); tries -= 1) await delay(100);
    kill(master);
    removeBusyFolder(this.folder);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
