import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { csvRecords } from '../../src/csv.ts';
import type { Json } from '../../src/json.ts';
import { type Metrics, parseMetrics } from '../../src/learning/metrics/metrics-file.ts';
import { StageError } from '../../src/stage.ts';

/** An artifact in the form that a place can read, recognised by the names of its files. */
export type Artifact =
  | { readonly as: 'values'; readonly json: Json; readonly metrics?: Metrics }
  | { readonly as: 'table'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly as: 'text'; readonly text: string }
  | { readonly as: 'figures'; readonly figures: readonly Figure[] };

/** A picture of the document. */
export interface Figure {
  /** Absolute path of the file. */
  readonly path: string;
  /** The title of a chart, or of the SVG of a drawing; else the file's name without extension. */
  readonly title: string;
}

const pictures = ['.svg', '.png', '.jpg', '.jpeg', '.webp', '.gif'];

/**
 * Reads JSON, CSV and text, a chart's picture, all pictures of a folder, and the facts of a model. Throws a {@link StageError}
 * of one clause for anything else.
 */
export function readArtifact(path: string): Artifact {
  if (statSync(path).isDirectory()) return readFolder(path);
  switch (extname(path)) {
    case '.json':
      return readJson(path);
    case '.csv':
      return readTable(path);
    case '.md':
    case '.txt':
      return readText(path);
    default:
      return readUnnamed(path);
  }
}

/** What a command wrote under a name without extension: JSON, else text. */
function readUnnamed(path: string): Artifact {
  try {
    return readJson(path);
  } catch {
    return readText(path);
  }
}

const readText = (path: string): Artifact => ({ as: 'text', text: readFileSync(path, 'utf8').trimEnd() });

function readFolder(path: string): Artifact {
  const names = (readdirSync(path, { recursive: true }) as string[]).sort();
  if (names.includes('chart.vl.json')) {
    const { title } = JSON.parse(readFileSync(join(path, 'chart.vl.json'), 'utf8'));
    const text = title?.text ?? title ?? 'Chart'; // a text, or lines of one
    return { as: 'figures', figures: [{ path: join(path, 'chart.png'), title: [text].flat().join(' ') }] };
  }
  const texts = names.filter((name) => /^[^/]+\.md$/.test(name));
  if (texts.length === 1) return readText(join(path, texts[0]!));
  if (names.includes('info.json')) return readJson(join(path, 'info.json'));
  const figures = names.filter((name) => pictures.includes(extname(name).toLowerCase()));
  // A picture in two formats is taken in the one that needs no fonts.
  const once = figures.filter((name) => extname(name) !== '.svg' || !figures.includes(name.replace(/svg$/, 'png')));
  if (once.length === 0)
    throw new StageError('expected JSON, CSV, Markdown, a chart, pictures or a model, got a folder without');
  const titled = once.map((name) => ({ path: join(path, name), title: titleOfDrawing(path, name, names) }));
  return { as: 'figures', figures: titled };
}

/** The title of the SVG, also if the picture is the PNG beside it. */
function titleOfDrawing(folder: string, name: string, names: readonly string[]): string {
  const svg = name.replace(/\.[^.]+$/, '.svg');
  const title = names.includes(svg) && /<title>([^<]*)<\/title>/.exec(readFileSync(join(folder, svg), 'utf8'))?.[1];
  if (typeof title !== 'string') return basename(name, extname(name));
  return title.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

function readJson(path: string): Artifact {
  const text = readFileSync(path, 'utf8');
  const metrics = parseMetrics(text);
  try {
    return { as: 'values', json: JSON.parse(text), ...(metrics.ok && { metrics: metrics.value }) };
  } catch (error) {
    throw new StageError(`expected JSON: ${(error as Error).message}`);
  }
}

function readTable(path: string): Artifact {
  const records = [...csvRecords(readFileSync(path, 'utf8'))];
  const wrong = records.find(({ problem }) => problem !== undefined);
  if (wrong !== undefined) throw new StageError(`line ${wrong.line}: ${wrong.problem}`);
  const [columns, ...rows] = records.map(({ fields }) => fields);
  if (columns === undefined) throw new StageError('expected a table with a header, got an empty file');
  return { as: 'table', columns, rows };
}
