import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { sha256 } from '../../digest.ts';
import { packageRoot } from '../../package-root.ts';
import { Html, html } from '../report/html.ts';
import { Manual, type ManualFile, type ManualPage } from './manual.ts';
import { manualGroups } from './manual-pages.ts';
import { renderBlocks } from './render-blocks.ts';
import { searchManual } from './search-manual.ts';

/** Pages load the server's style and pictures, and nothing else. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const style = styleFile();

function styleFile(): ManualFile {
  const bytes = readFileSync(join(packageRoot, 'src/reporting/manual/manual.css'));
  return { type: 'text/css; charset=utf-8', bytes, digest: sha256(bytes) };
}

/** A browser keeps a file under an address with its digest, and asks again under any other. */
function send(c: Context, { type, bytes, digest }: ManualFile): Response {
  const isKept = c.req.query('v') === digest;
  c.header('Cache-Control', isKept ? 'public, max-age=31536000, immutable' : 'no-cache');
  return c.body(new Uint8Array(bytes), 200, { 'Content-Type': type });
}

/** The documentation, as answers to requests. It needs no network, and writes nothing. */
export function manualApp(manual = new Manual(packageRoot)): Hono {
  const app = new Hono();
  app.use(compress());
  app.use(async (c, next) => {
    c.header('Content-Security-Policy', policy);
    c.header('X-Content-Type-Options', 'nosniff');
    await next();
  });
  app.get('/manual.css', (c) => send(c, style));
  app.get('/files/*', (c) => {
    const picture = manual.picture(c.req.path.slice('/files/'.length));
    return picture === undefined ? c.notFound() : send(c, picture);
  });
  app.get('/search', (c) => c.html(searchPage(manual, c.req.query('q') ?? '')));
  app.get('/:address?', (c) => answer(c, manual));
  app.notFound((c) => c.html(lostPage(manual), 404));
  return app;
}

/** A server of the documentation that listens on this machine alone. */
export interface ManualServer {
  readonly address: string;
  close(): Promise<void>;
}

/** `port` 0: any that is free. Rejects with the system's error where it cannot listen on it. */
export async function startManual(port: number): Promise<ManualServer> {
  const app = manualApp();
  const server = await new Promise<Server>((resolve, reject) => {
    const options = { fetch: app.fetch, port, hostname: '127.0.0.1', overrideGlobalObjects: false };
    const started = serve(options, () => resolve(started as Server));
    started.on('error', reject);
  });
  const bound = server.address() as { readonly port: number };
  return {
    address: `http://127.0.0.1:${bound.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page by its address here, or as the site has it: `tutorial`, or `tutorial.html`. */
function answer(c: Context, manual: Manual) {
  const address = (c.req.param('address') ?? 'readme').replace(/\.html$/, '');
  const page = manual.page(address === 'index' ? 'readme' : address);
  return page === undefined ? c.notFound() : c.html(pageOf(manual, page));
}

function pageOf(manual: Manual, page: ManualPage): string {
  const place = manual.pages.indexOf(page);
  const before = manual.pages[place - 1];
  const after = manual.pages[place + 1];
  const content = html`${renderBlocks(page.blocks, manual.targetsOf(page))}
<p class="turn">${before !== undefined && html`<a rel="prev" href="/${before.address}">← ${before.title}</a>`}${after !== undefined && html`<a rel="next" href="/${after.address}">${after.title} →</a>`}</p>`;
  return frame(manual, { title: page.title, query: '', current: page, content });
}

function searchPage(manual: Manual, query: string): string {
  const hits = searchManual(manual.pages, query);
  const found = hits.map(
    ({ page, heading, address, excerpt }) =>
      html`<li><a href="${address}">${heading}</a> <span class="soft">${page}</span><br>${excerpt}</li>`,
  );
  const content = html`<h1>Search</h1>
${hits.length === 0 ? html`<p>No section has all of these words.</p>` : html`<ol class="hits">${found}</ol>`}`;
  return frame(manual, { title: 'Search', query, content });
}

const lostPage = (manual: Manual): string =>
  frame(manual, {
    title: 'No such page',
    query: '',
    content: html`<h1>No such page</h1><p>The contents are on the side; the search knows every section.</p>`,
  });

interface Framed {
  readonly title: string;
  readonly query: string;
  readonly current?: ManualPage;
  readonly content: Html;
}

function frame(manual: Manual, { title, query, current, content }: Framed): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Restage</title>
<meta name="description" content="${title}: the documentation of Restage">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/manual.css?v=${style.digest}">
</head>
<body>
<a class="skip" href="#main">To the page</a>
<header><a class="name" href="/">Restage</a>
<form role="search" action="/search"><label for="q">Search</label><input id="q" name="q" type="search" value="${query}"></form></header>
<div class="columns">
<nav aria-label="Contents"><details open><summary>Contents</summary>${contents(manual, current)}</details></nav>
<main id="main" tabindex="-1">
${content}
</main>
</div>
</body>
</html>
`.markup;
}

/**
 * The groups with their chapters, and with the pages of the chapter that the current one is in,
 * which is marked.
 */
function contents(manual: Manual, current: ManualPage | undefined): readonly Html[] {
  const link = (page: ManualPage) =>
    html`<a href="/${page.address}"${page === current && new Html(' aria-current="page"')}>${page.title}</a>`;
  return manualGroups.map(({ title, chapters }) => {
    const items = chapters.map((files) => {
      const [first, ...parts] = manual.pagesOf(files);
      const isOpen = current !== undefined && files.includes(current.file) && parts.length > 0;
      const below = html`<ul>${parts.map((page) => html`<li>${link(page)}</li>`)}</ul>`;
      return html`<li>${link(first)}${isOpen && below}</li>`;
    });
    return html`<h2>${title}</h2><ul>${items}</ul>`;
  });
}
