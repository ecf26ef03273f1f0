import { setFlagsFromString } from 'node:v8';
import type { OpenedProject } from '../../project/opened-project.ts';
import { type LiveServer, type ServerOptions, serveProject } from '../../project/serve-project.ts';
import { UsageError } from '../../user-error.ts';
import { openHere } from '../support/open-here.ts';

/** The least number of characters in a token: nobody can guess that many random ones. */
const shortest = 12;

export async function serveCommand(options: ServerOptions): Promise<void> {
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
  // The server lives for days: garbage is collected once the heap has grown by a fifth, where Node
  // waits until it has grown several times. With 10,000 members 50 MB less, in the same time.
  setFlagsFromString('--heap-growing-percent=20');
  const server = await openServer(openHere(), options);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
    process.stderr.write('Ctrl-C ends it. Runs continue without it.\n');
  });
  await server.close();
}

/** Starts the server and prints its address. */
export async function openServer(
  project: OpenedProject,
  options: ServerOptions,
): Promise<LiveServer> {
  const server = await serveProject(project, options);
  const { SSH_CONNECTION: connection } = process.env;
  if (options.host === undefined && connection !== undefined) {
    const tunnel = `ssh -N -L ${server.port}:127.0.0.1:${server.port} ${connection.split(' ')[2]}`;
    process.stderr.write(`On your own machine first:  ${tunnel}\n`);
  }
  process.stderr.write(`Open  ${server.address}\n`);
  return server;
}
