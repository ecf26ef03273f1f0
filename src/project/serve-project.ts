import { pipelineNames } from '../engine/config/loading/find-pipeline.ts';
import { formatDiagnostics } from '../engine/diagnostics/format-diagnostic.ts';
import type { Planner } from '../reporting/serve/graph-page.ts';
import { type LiveServer, startServer } from '../reporting/serve/serve.ts';
import { isForUser, UsageError } from '../user-error.ts';
import { fillDefaults } from './kinds/fill-defaults.ts';
import { OpenedProject } from './opened-project.ts';
import { PipelineError } from './pipeline-error.ts';
import { planNodes } from './workspace.ts';

export type { LiveServer };

export interface ServerOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** By default only this machine reaches the server. */
  readonly host?: string;
  /** What whoever opens a page must know. */
  readonly token?: string;
  /** Pages write nothing. So it is for other machines: all their notes would be this user's. */
  readonly readOnly?: boolean;
}

/**
 * Serves the pages of a project. Throws a {@link UsageError} where it cannot listen on the port.
 */
export async function serveProject(
  { root, env, warn }: OpenedProject,
  { port, host, token, readOnly = host !== undefined }: ServerOptions,
): Promise<LiveServer> {
  return await startServer({
    root,
    port,
    host,
    token,
    planner: plannerOf(root, warn),
    fill: fillDefaults,
    env,
    isWritable: !readOnly,
    warn,
  }).catch((error) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EADDRNOTAVAIL' && error.code !== 'EACCES')
      throw error;
    throw new UsageError(
      `Cannot listen on port ${port}: ${error.message}. Any that is free: --port 0`,
    );
  });
}

/** Plans as `restage plan` does; the mistakes of a file are text for its page. */
export const plannerOf = (root: string, warn: (message: string) => void): Planner => ({
  names: () => pipelineNames(root).map((name) => name.replace(/\.ya?ml$/, '')),
  plan: async (name) => {
    try {
      const file = pipelineNames(root).find((path) => path.replace(/\.ya?ml$/, '') === name)!;
      const project = new OpenedProject(root, { onWarning: warn });
      const pipeline = await project.load(file);
      return await planNodes(await pipeline.select({}));
    } catch (error) {
      if (error instanceof PipelineError) return formatDiagnostics(error.mistakes, false);
      if (isForUser(error)) return error.message;
      throw error;
    }
  },
});
