import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Context } from 'hono';
import { sha256 } from '../../digest.ts';
import { assetFile, vegaFiles } from '../report/page-frame.ts';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * A file that the build makes for browsers, beside the built server or in `dist` of the sources.
 */
function builtFile(name: string): string {
  const beside = join(here, 'page', name);
  const fromSource = join(here, '../../../dist/page', name);
  return existsSync(beside) ? beside : fromSource;
}

/** The files that pages load, by name. */
const files: ReadonlyMap<string, string> = new Map(
  [
    ...vegaFiles(),
    ...['report-page.js', 'page.css'].map(assetFile),
    ...[
      'live-updates.js',
      'runs-table.js',
      'gallery.js',
      'compare-grid.js',
      'run-notes.js',
      'graph-view.js',
    ].map(builtFile),
  ].map((file) => [basename(file), file]),
);

/** A file as it is sent. Vega alone has 860 kB, so it is compressed once for all pages. */
interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly compressed: Uint8Array<ArrayBuffer>;
  /** Changes with the bytes, so that a browser keeps a file until a new version is installed. */
  readonly tag: string;
}

const assets = new Map<string, Asset>();

function assetOf(name: string, file: string): Asset {
  const known = assets.get(name);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(readFileSync(file));
  const compressed = new Uint8Array(gzipSync(bytes));
  const asset = { bytes, compressed, tag: sha256(bytes).slice(0, 16) };
  assets.set(name, asset);
  return asset;
}

/** Answers `/asset/<name>`: 304 where the browser has these bytes already. */
export function sendAsset(c: Context, name: string): Response {
  const file = files.get(name);
  if (file === undefined) return c.text('There is no such file.', 404);
  const { bytes, compressed, tag } = assetOf(name, file);
  c.header('Cache-Control', 'no-cache'); // asked for each time, and answered in no time
  c.header('ETag', `W/"${tag}"`);
  c.header('Vary', 'Accept-Encoding');
  if (c.req.header('If-None-Match')?.includes(tag) === true) return c.body(null, 304);
  const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
  c.header('Content-Type', `${type}; charset=utf-8`);
  const isCompressed = /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '');
  if (isCompressed) c.header('Content-Encoding', 'gzip');
  return c.body(isCompressed ? compressed : bytes);
}
