import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { Hono } from 'hono';
import { sha256 } from '../../digest.ts';
import type { ImageFiles, KeptMap } from './gallery-images.ts';
import type { Sources } from './run-page.ts';
import { addRoutes, openSources, type PageOptions } from './serve.ts';
import {
  type ChosenImages,
  chooseImages,
  type ImageAddresses,
  imageAddresses,
  staticImagesPage,
} from './static-images.ts';

/** The most bytes of a linked file that are copied. Pictures are copied whatever they have. */
const largestLinked = 2 * 1024 * 1024;

/** Extensions of files that are copied. Pages and drawings of stages could run scripts there. */
const copied: ReadonlySet<string> = new Set(
  '.csv .json .jsonl .md .txt .log .yaml .yml .png .jpg .jpeg .webp .gif .pdf'.split(' '),
);

/** The extensions of pictures by what a server says of them. */
const extensions: ReadonlyMap<string, string> = new Map([
  ['image/png', '.png'],
  ['image/jpeg', '.jpg'],
  ['image/webp', '.webp'],
  ['image/gif', '.gif'],
  ['image/avif', '.avif'],
  ['image/bmp', '.bmp'],
]);

/** What a static folder shows. */
export interface StaticContent {
  /** Ids of runs, the newest first. */
  readonly runs: readonly string[];
  /** Runs, or members of their matrices, that are compared. */
  readonly compared: readonly string[];
  /** Of these, the one against which the others are tested; absent: no tests. */
  readonly base?: string | undefined;
  /** A filter of images, as their page has it; absent: no images. */
  readonly images?: string | undefined;
}

/**
 * Writes the pages of some runs into an empty folder, and returns the number of images that went
 * with them. The folder
 * needs no server: these are the pages that the server sends, with everything that they load.
 */
export async function writeStaticFolder(
  folder: string,
  { runs, compared, base, images: filter }: StaticContent,
  options: PageOptions,
): Promise<number> {
  const opened = openSources(options, { only: new Set(runs) });
  await opened.index.wholeTable('runs');
  const chosen =
    filter === undefined ? [] : await chooseImages(appOf(opened), opened, { runs, filter });
  const sources = { ...opened, imageRuns: new Set(chosen.map(({ run }) => run)) };
  const pages = new Map(chosen.toReversed().map(({ run, page }) => [run, page]));
  const writer = new FolderWriter(folder, appOf(sources), { runs: new Set(runs), images: pages });
  await writer.page('/', 'index.html');
  for (const id of runs) await writer.page(`/run/${id}`, `run-${id}.html`);
  const query = new URLSearchParams({ runs: compared.join(',') });
  if (base !== undefined) query.set('base', base);
  await writer.page(`/compare?${query.toString()}`, 'compare.html');
  for (const images of chosen) await writer.images(sources, chosen, images);
  return writer.pictures;
}

function appOf(sources: Sources): Hono {
  const app = new Hono();
  addRoutes(app, sources, { names: () => [], plan: async () => '' });
  return app;
}

/** The pages of a folder that others link. */
interface LinkedPages {
  readonly runs: ReadonlySet<string>;
  /** The first page of images of each run, the newest run first. */
  readonly images: ReadonlyMap<string, string>;
}

/** Fetches pages of an app and what they load, each once, and writes them with names of files. */
class FolderWriter {
  readonly #folder: string;
  readonly #app: Hono;
  readonly #linked: LinkedPages;
  readonly #pictures = new Set<string>();
  /** The files that were written, by their address; undefined for what is left out. */
  readonly #files = new Map<string, string | undefined>();

  constructor(folder: string, app: Hono, linked: LinkedPages) {
    this.#folder = folder;
    this.#app = app;
    this.#linked = linked;
  }

  /** The number of images that were written. */
  get pictures(): number {
    return this.#pictures.size;
  }

  /** A page of images with their files: thumbnails, the images themselves, and their maps. */
  async images(sources: Sources, all: readonly ChosenImages[], shown: ChosenImages): Promise<void> {
    const files: ImageFiles[] = [];
    for (const addresses of imageAddresses(shown)) files.push(await this.#imageFiles(addresses));
    const page = staticImagesPage(sources, all, shown, files);
    this.#write(shown.page, await this.#withFiles(page));
  }

  async #imageFiles(addresses: ImageAddresses | undefined): Promise<ImageFiles> {
    if (addresses === undefined) return { maps: [] };
    const image = await this.#picture(addresses.image);
    if (image === undefined) return { maps: [] };
    this.#pictures.add(addresses.image);
    const thumb = await this.#picture(addresses.thumb);
    const answer = await this.#app.request(addresses.maps);
    const kept = (await answer.json()) as readonly KeptMap[];
    const maps: KeptMap[] = [];
    for (const { label, src } of kept) {
      const file = await this.#picture(src);
      if (file !== undefined) maps.push({ label, src: file });
    }
    return { image, thumb, maps };
  }

  /** A picture under the digest of its bytes: a small original is its own thumbnail. */
  async #picture(address: string): Promise<string | undefined> {
    if (this.#files.has(address)) return this.#files.get(address);
    const answer = await this.#app.request(address);
    const extension = extensions.get(answer.headers.get('Content-Type') ?? '');
    let name: string | undefined;
    if (answer.status === 200 && extension !== undefined) {
      const bytes = new Uint8Array(await answer.arrayBuffer());
      name = `images/${sha256(bytes).slice(0, 24)}${extension}`;
      this.#write(name, bytes);
    }
    this.#files.set(address, name);
    return name;
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
    if (path === '/images') {
      const query = new URLSearchParams(address.split('?')[1] ?? '');
      const [first] = this.#linked.images.values();
      return address === path ? first : this.#linked.images.get(query.get('run') ?? '');
    }
    const [, run] = /^\/run\/([^/]+)$/.exec(path) ?? [];
    if (run !== undefined) return this.#linked.runs.has(run) ? `run-${run}.html` : undefined;
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
