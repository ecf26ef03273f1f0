import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { csvRecords } from '../../src/csv.ts';
import type { Json } from '../../src/json.ts';
import { type Metrics, parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { err, ok, type Result } from '../../src/result.ts';

/** An artifact as a place can read it, told by what its files are called. */
export type Readable =
  | { readonly as: 'values'; readonly json: Json; readonly metrics?: Metrics }
  | { readonly as: 'table'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly as: 'text'; readonly text: string }
  | { readonly as: 'figures'; readonly figures: readonly Figure[] };

/** A picture that a document shows. */
export interface Figure {
  /** Absolute path of the file. */
  readonly path: string;
  /** Of a chart its title, of a drawing that of its SVG; else the file's name without extension. */
  readonly title: string;
}

const pictures = ['.svg', '.png', '.jpg', '.jpeg', '.webp', '.gif'];

/** Reads JSON, CSV and text, a chart's picture, all pictures of a folder, and what a model says of itself. */
export function readArtifact(path: string): Result<Readable, string> {
  if (statSync(path).isDirectory()) return readFolder(path);
  switch (extname(path)) {
    case '.json':
      return readValues(path);
    case '.csv':
      return readTable(path);
    case '.md':
    case '.txt':
      return ok({ as: 'text', text: readFileSync(path, 'utf8').trimEnd() });
    default:
      return readUnnamed(path);
  }
}

/** What a command wrote under a name without extension: JSON, else text. */
function readUnnamed(path: string): Result<Readable, string> {
  const values = readValues(path);
  return values.ok ? values : ok({ as: 'text', text: readFileSync(path, 'utf8').trimEnd() });
}

function readFolder(path: string): Result<Readable, string> {
  const names = (readdirSync(path, { recursive: true }) as string[]).sort();
  if (names.includes('chart.vl.json')) {
    const spec = JSON.parse(readFileSync(join(path, 'chart.vl.json'), 'utf8'));
    return ok({ as: 'figures', figures: [{ path: join(path, 'chart.png'), title: titleOf(spec.title) }] });
  }
  const texts = names.filter((name) => /^[^/]+\.md$/.test(name));
  if (texts.length === 1) return ok({ as: 'text', text: readFileSync(join(path, texts[0]!), 'utf8').trimEnd() });
  if (names.includes('info.json')) return readValues(join(path, 'info.json'));
  const figures = names.filter((name) => pictures.includes(extname(name).toLowerCase()));
  // Of a picture in two formats, the one that needs no fonts.
  const once = figures.filter((name) => extname(name) !== '.svg' || !figures.includes(name.replace(/svg$/, 'png')));
  if (once.length === 0) return err('expected JSON, CSV, Markdown, a chart, pictures or a model, got a folder without');
  return ok({
    as: 'figures',
    figures: once.map((name) => ({ path: join(path, name), title: titleOfDrawing(path, name, names) })),
  });
}

/** What the SVG calls itself, also where the picture that is shown is the PNG beside it. */
function titleOfDrawing(folder: string, name: string, names: readonly string[]): string {
  const svg = name.replace(/\.[^.]+$/, '.svg');
  const title = names.includes(svg)
    ? /<title>([^<]*)<\/title>/.exec(readFileSync(join(folder, svg), 'utf8'))?.[1]
    : undefined;
  return (
    title?.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))) ?? basename(name, extname(name))
  );
}

/** A title is a text, or lines of one. */
function titleOf(title: unknown): string {
  const text = typeof title === 'object' && title !== null && 'text' in title ? title.text : title;
  return [text ?? 'Chart'].flat().join(' ');
}

function readValues(path: string): Result<Readable, string> {
  const text = readFileSync(path, 'utf8');
  const metrics = parseMetrics(text);
  try {
    return ok({ as: 'values', json: JSON.parse(text), ...(metrics.ok && { metrics: metrics.value }) });
  } catch (error) {
    return err(`expected JSON: ${(error as Error).message}`);
  }
}

function readTable(path: string): Result<Readable, string> {
  const records = [...csvRecords(readFileSync(path, 'utf8'))];
  const wrong = records.find(({ problem }) => problem !== undefined);
  if (wrong !== undefined) return err(`line ${wrong.line}: ${wrong.problem}`);
  const [columns, ...rows] = records.map(({ fields }) => fields);
  return columns === undefined
    ? err('expected a table with a header, got an empty file')
    : ok({ as: 'table', columns, rows });
}
