import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Hono } from 'hono';
import { sha256 } from '../../digest.ts';
import { addRoutes, openSources, type PageOptions } from './serve.ts';

/** The most bytes of a linked file that are copied. Pictures are copied whatever they have. */
const largestLinked = 2 * 1024 * 1024;

/** Extensions of files that are copied. Pages and drawings of stages could run scripts there. */
const copied: ReadonlySet<string> = new Set(
  '.csv .json .jsonl .md .txt .log .yaml .yml .png .jpg .jpeg .webp .gif .pdf'.split(' '),
);

/** What a static folder shows. */
export interface StaticContent {
  /** Ids of runs, the newest first. */
  readonly runs: readonly string[];
  /** Runs, or members of their matrices, that are compared. */
  readonly compared: readonly string[];
  /** Of these, the one against which the others are tested; absent: no tests. */
  readonly base?: string | undefined;
}

/**
 * Writes the pages of some runs into an empty folder, which needs no server: the same pages as the
 * server sends, with everything that they load beside them.
 */
export async function writeStaticFolder(
  folder: string,
  { runs, compared, base }: StaticContent,
  options: PageOptions,
): Promise<void> {
  const sources = openSources(options, { only: new Set(runs) });
  await sources.index.wholeTable('runs');
  const app = new Hono();
  addRoutes(app, sources, { names: () => [], plan: async () => '' });
  const writer = new FolderWriter(folder, app, new Set(runs));
  await writer.page('/', 'index.html');
  for (const id of runs) await writer.page(`/run/${id}`, `run-${id}.html`);
  const query = new URLSearchParams({ runs: compared.join(',') });
  if (base !== undefined) query.set('base', base);
  await writer.page(`/compare?${query.toString()}`, 'compare.html');
}

/** Fetches pages of an app and what they load, each once, and writes them with names of files. */
class FolderWriter {
  readonly #folder: string;
  readonly #app: Hono;
  readonly #runs: ReadonlySet<string>;
  /** The files that were written, by their address; undefined for what is left out. */
  readonly #files = new Map<string, string | undefined>();

  constructor(folder: string, app: Hono, runs: ReadonlySet<string>) {
    this.#folder = folder;
    this.#app = app;
    this.#runs = runs;
  }

  async page(address: string, name: string): Promise<void> {
    const answer = await this.#app.request(address);
    if (answer.status !== 200)
      throw new Error(`Internal error: ${address} answers ${answer.status}`);
    this.#write(name, await this.#withFiles(await answer.text()));
  }

  /**
   * A page whose links and pictures name files of the folder. Every quote in a text of a page is
   * escaped, so that only our own markup has such attributes.
   */
  async #withFiles(page: string): Promise<string> {
    const attribute = / (href|src)="(\/[^"]*)"/g;
    const targets = new Map<string, string | undefined>();
    for (const [, name, address] of page.matchAll(attribute)) {
      const key = `${name} ${address}`;
      if (!targets.has(key)) targets.set(key, await this.#target(name!, address!));
    }
    return page.replace(attribute, (_, name: string, address: string) => {
      const target = targets.get(`${name} ${address}`);
      return target === undefined ? '' : ` ${name}="${target}"`;
    });
  }

  /** What stands for an address; undefined if the folder has nothing for it. */
  async #target(attribute: string, address: string): Promise<string | undefined> {
    const [path = ''] = address.replaceAll('&#38;', '&').split(/[?#]/);
    if (path === '/') return 'index.html';
    if (path === '/compare') return address === path ? 'compare.html' : undefined;
    const [, run] = /^\/run\/([^/]+)$/.exec(path) ?? [];
    if (run !== undefined) return this.#runs.has(run) ? `run-${run}.html` : undefined;
    if (path.startsWith('/asset/')) return await this.#file(path, path.slice(1));
    if (!path.startsWith('/object/')) return undefined;
    const isPicture = attribute === 'src';
    const extension = extname(path).toLowerCase();
    if (isPicture && extension === '.svg') return await this.#inlined(path);
    if (!copied.has(extension)) return undefined;
    const name = `files/${sha256(path).slice(0, 16)}${extension}`;
    return await this.#file(path, name, isPicture ? Number.POSITIVE_INFINITY : largestLinked);
  }

  /** A drawing within the page, where it cannot run scripts. */
  async #inlined(path: string): Promise<string | undefined> {
    const answer = await this.#app.request(path);
    if (answer.status !== 200) return undefined;
    const bytes = Buffer.from(await answer.arrayBuffer());
    return `data:image/svg+xml;base64,${bytes.toString('base64')}`;
  }

  async #file(
    path: string,
    name: string,
    most = Number.POSITIVE_INFINITY,
  ): Promise<string | undefined> {
    if (this.#files.has(path)) return this.#files.get(path);
    const answer = await this.#app.request(path);
    const size = Number(answer.headers.get('Content-Length') ?? 0);
    const isWanted = answer.status === 200 && size <= most;
    if (isWanted) this.#write(name, new Uint8Array(await answer.arrayBuffer()));
    else await answer.body?.cancel();
    this.#files.set(path, isWanted ? name : undefined);
    return this.#files.get(path);
  }

  #write(name: string, content: string | Uint8Array): void {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
