import { serveManual } from '../../project/serve-manual.ts';

export async function docsCommand({ port }: { readonly port: number }): Promise<void> {
  const server = await serveManual(port);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
    process.stderr.write(`Open  ${server.address}\nCtrl-C ends it.\n`);
  });
  await server.close();
}
