import { pipelineNames } from '../../engine/config/loading/pipeline-files.ts';
import { formatDiagnostics } from '../../engine/diagnostics/format-diagnostic.ts';
import { fillDefaults } from '../../project/kinds/fill-defaults.ts';
import { OpenedProject } from '../../project/opened-project.ts';
import { PipelineError } from '../../project/pipeline-error.ts';
import { select } from '../../project/selection.ts';
import { planSelection } from '../../project/workspace.ts';
import type { Planner } from '../../reporting/serve/graph-page.ts';
import { type LiveServer, startServer } from '../../reporting/serve/serve.ts';
import { isForUser, UsageError } from '../../user-error.ts';
import { warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';

interface ServeOptions {
  readonly port: number;
  readonly host?: string;
  readonly token?: string;
}

/** The least number of characters in a token: nobody can guess that many random ones. */
const shortest = 12;

export async function serveCommand(options: ServeOptions): Promise<void> {
  const { host, token } = options;
  if (host !== undefined && token === undefined) {
    throw new UsageError(
      '--host lets others reach this server, unencrypted: give them a --token, and whoever knows it sees every run and image',
    );
  }
  if (token !== undefined && token.length < shortest) {
    throw new UsageError(
      `--token takes ${shortest} characters or more: whoever guesses it sees every run and image`,
    );
  }
  const server = await openServer(currentRoot(), options);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
    process.stderr.write('Ctrl-C ends it. Runs continue without it.\n');
  });
  await server.close();
}

/**
 * Starts the server and prints its address. Throws a {@link UsageError} where it cannot listen on
 * the port.
 */
export async function openServer(
  root: string,
  { port, host, token }: ServeOptions,
): Promise<LiveServer> {
  const server = await startServer({
    root,
    port,
    host,
    token,
    planner: plannerOf(root),
    fill: fillDefaults,
    warn: warnOnStderr,
  }).catch((error) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EADDRNOTAVAIL' && error.code !== 'EACCES')
      throw error;
    throw new UsageError(
      `Cannot listen on port ${port}: ${error.message}. Any that is free: --port 0`,
    );
  });
  const { SSH_CONNECTION: connection } = process.env;
  if (host === undefined && connection !== undefined) {
    const tunnel = `ssh -N -L ${server.port}:127.0.0.1:${server.port} ${connection.split(' ')[2]}`;
    process.stderr.write(`On your own machine first:  ${tunnel}\n`);
  }
  process.stderr.write(`Open  ${server.address}\n`);
  return server;
}

/** Plans as `restage plan` does; the mistakes of a file are text for its page. */
export const plannerOf = (root: string): Planner => ({
  names: () => pipelineNames(root).map((name) => name.replace(/\.ya?ml$/, '')),
  plan: async (name) => {
    try {
      const file = pipelineNames(root).find((path) => path.replace(/\.ya?ml$/, '') === name)!;
      const project = new OpenedProject(root, { onWarning: warnOnStderr });
      const { checked } = await project.load(file);
      return await planSelection(select(checked, {}));
    } catch (error) {
      if (error instanceof PipelineError) return formatDiagnostics(error.mistakes, false);
      if (isForUser(error)) return error.message;
      throw error;
    }
  },
});
