import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort, kill, whyNoCluster } from './slurm.ts';
import { removeBusyFolder } from './temporary-folder.ts';
import { until } from './until.ts';

/**
 * Why there is no Grid Engine for a test here; undefined where there is one. In CI, where it is
 * required, that is an error.
 */
export const noGridEngine: string | undefined = whyNoCluster(
  ['sge_qmaster', 'sge_execd', 'qsub'],
  'gridengine-master gridengine-exec gridengine-client',
);

/** A private Grid Engine of one node on this machine. Removed with `await using`. */
export class GridEngine implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'restage-grid-'));
  readonly env: Record<string, string>;

  private constructor(port: number) {
    this.env = {
      SGE_ROOT: join(this.folder, 'root'),
      SGE_CELL: 'default',
      SGE_QMASTER_PORT: String(port),
      SGE_EXECD_PORT: String(port + 1),
      PATH: `${process.env['PATH']}:/usr/sbin`,
    };
  }

  static async start(): Promise<GridEngine> {
    const port = await freePort();
    const engine = new GridEngine(port);
    const script = fileURLToPath(new URL('gridengine-up.sh', import.meta.url));
    execFileSync(script, [engine.folder, String(port)], { env: { ...process.env, ...engine.env } });
    return engine;
  }

  /** Waits until no job is left, a minute at most. */
  async idle(): Promise<void> {
    await until(
      () =>
        execFileSync('qstat', { encoding: 'utf8', env: { ...process.env, ...this.env } }) === '',
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pids = join(this.folder, 'pids');
    for (const name of readdirSync(pids)) kill(Number(readFileSync(join(pids, name), 'utf8')));
    await delay(300);
    removeBusyFolder(this.folder);
  }
}
