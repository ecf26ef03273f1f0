import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { compress } from 'hono/compress';

/**
 * Serves a built site on a free port of this machine, compressed and kept for ten minutes, as
 * GitHub Pages does. `base` is where it lies on its server, with a slash before and after it.
 */
export function serveSite(
  folder: string,
  base: string,
): Promise<{ readonly port: number; close(): void }> {
  const app = new Hono();
  app.use(compress());
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'max-age=600');
  });
  app.use(
    serveStatic({
      root: folder,
      rewriteRequestPath: (path) => `/${path.slice(base.length)}`,
    }),
  );
  return new Promise((resolve) => {
    const options = { fetch: app.fetch, port: 0, hostname: '127.0.0.1' };
    const server = serve(options, ({ port }) => resolve({ port, close: () => server.close() }));
  });
}
