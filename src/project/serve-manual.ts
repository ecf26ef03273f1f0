import { type ManualServer, startManual } from '../reporting/manual/manual-server.ts';
import { UsageError } from '../user-error.ts';

export type { ManualServer };

/**
 * Serves the documentation of this version to browsers on this machine. Throws a {@link UsageError}
 * where it cannot listen on the port.
 */
export async function serveManual(port: number): Promise<ManualServer> {
  return await startManual(port).catch((error) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    throw new UsageError(
      `Cannot listen on port ${port}: ${error.message}. Any that is free: --port 0`,
    );
  });
}
