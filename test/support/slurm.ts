import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { removeBusyFolder } from './temporary-folder.ts';

/**
 * Why there is no Slurm for a test here; undefined where there is one. In CI, where it is required,
 * that is an error.
 */
export const noSlurm: string | undefined = whyNoCluster(
  ['slurmctld', 'slurmd', 'sbatch', 'munged'],
  'slurmctld slurmd slurm-client munge',
);

/** Why no private scheduler can be started here from these programs of Debian's packages. */
export function whyNoCluster(programs: readonly string[], packages: string): string | undefined {
  const isRoot = process.getuid?.() === 0;
  const missing = programs.filter((name) => !isInstalled(name));
  if (isRoot && missing.length === 0) return undefined;
  const why = isRoot
    ? `${missing.join(', ')} not installed: apt-get install ${packages}`
    : 'only root can start a private scheduler';
  if (process.env['RESTAGE_CLUSTERS'] === 'required') throw new Error(why);
  return why;
}

function isInstalled(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], {
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * A private Slurm on this machine, whose nodes have their own hostnames and share everything else.
 * Removed with `await using`.
 */
export class Slurm implements AsyncDisposable {
  readonly folder: string;
  readonly env: Record<string, string>;

  private constructor(folder: string) {
    this.folder = folder;
    this.env = { SLURM_CONF: join(folder, 'slurm.conf'), PATH: `${process.env['PATH']}:/usr/sbin` };
  }

  static async start(nodes = 2, env: Readonly<Record<string, string>> = {}): Promise<Slurm> {
    const slurm = new Slurm(mkdtempSync(join(tmpdir(), 'restage-slurm-')));
    const script = fileURLToPath(new URL('slurm-up.sh', import.meta.url));
    const port = await freePort();
    execFileSync(script, [slurm.folder, String(port), String(nodes)], {
      env: { ...process.env, ...slurm.env, ...env },
    });
    return slurm;
  }

  /** Runs one of Slurm's commands. Returns what it prints. */
  command(name: string, ...args: readonly string[]): string {
    return execFileSync(name, args, { encoding: 'utf8', env: { ...process.env, ...this.env } });
  }

  /** The process number of a daemon, such as `slurmd.n1`. */
  daemon(name: string): number {
    return Number(readFileSync(join(this.folder, 'pids', name), 'utf8'));
  }

  /** Starts the daemon of a node again. */
  restart(node: string): void {
    const env = { ...process.env, ...this.env };
    const daemon = spawn(join(this.folder, 'node'), [node], {
      detached: true,
      stdio: 'ignore',
      env,
    });
    writeFileSync(join(this.folder, 'pids', `slurmd.${node}`), String(daemon.pid));
    daemon.unref();
  }

  which(name: string): string {
    return this.command('sh', '-c', `command -v ${name}`).trim();
  }

  /** The processes of workers whose batch lies in a folder. */
  processes(folder: string): readonly number[] {
    return workersIn(folder);
  }

  /** The shells of stages in a project whose program holds a text. */
  stages(root: string, text: string): readonly number[] {
    return shellsIn(root, text);
  }

  /** The processes of stages in a project that Restage itself computes, such as trainings. */
  trainings(root: string): readonly number[] {
    return processesWith(
      (words, folder) => folder === root && words.some((word) => word.endsWith('stage-main.js')),
    );
  }

  /** The processes that execute a step of a detached run in a project. */
  steps(root: string): readonly number[] {
    const isStep = (words: readonly string[], folder: string) =>
      words.includes('--detach') && folder === root;
    return processesWith(isStep).filter((pid) =>
      readFileSync(`/proc/${pid}/environ`, 'utf8').includes('RESTAGE_STEP='),
    );
  }

  /** Cancels all jobs, and waits up to half a minute, or up to `seconds`, until none is left. */
  async idle(seconds = 30): Promise<void> {
    this.command('scancel', '--user=root');
    for (
      let tries = 10 * seconds;
      tries > 0 && this.command('squeue', '-h').trim() !== '';
      tries -= 1
    )
      await delay(100);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.idle(5);
    } catch {
      // Its controller is gone.
    }
    const names = readdirSync(join(this.folder, 'pids')).sort((a) => (a === 'munged' ? 1 : -1));
    for (const name of names) kill(this.daemon(name));
    await delay(300);
    removeBusyFolder(this.folder);
  }
}

/** The processes of workers whose batch lies in a folder, of any scheduler. */
export const workersIn = (folder: string): readonly number[] =>
  processesWith(
    (words) =>
      words.some((word) => word.endsWith('job-main.js')) && words.at(-1)!.startsWith(folder),
  );

/** The shells of stages in a project whose program holds a text. */
export const shellsIn = (root: string, text: string): readonly number[] =>
  processesWith(
    (words, folder) => folder === root && words.some((word) => word.includes(text)),
    'sh',
  );

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** A free port; the next ones are most likely free as well. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(Math.min(port, 60_000)));
    });
  });
}

function processesWith(
  matches: (words: readonly string[], folder: string) => boolean,
  program = 'node',
): readonly number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
      return words[0]?.endsWith(program) === true &&
        matches(words, readlinkSync(`/proc/${pid}/cwd`))
        ? [Number(pid)]
        : [];
    } catch {
      return []; // it has ended, or is no process
    }
  });
}
