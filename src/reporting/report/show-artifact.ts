import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { csvRecords } from '../../csv.ts';
import { parseMetrics } from '../../learning/metrics/metrics-file.ts';
import type { ArtifactType } from '../../stage.ts';
import type { Budgets } from './budget.ts';
import { dataUri } from './data-uri.ts';
import type { Metric, Shown } from './report-model.ts';
import { showChart } from './show-chart.ts';

/** Rows shown of one table; the rest is in the file. */
const mostRows = 60;
/** Images shown of one folder, and the largest that is shown. */
const mostImages = 24;
const mostImageBytes = 256 * 1024;
/** What is read of a table or a text: its beginning. */
const mostBytes = 256 * 1024;

const imageTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};

/**
 * What the page shows of an artifact at an absolute path; undefined for one that it only names: a type without a form
 * for eyes, or a file that is gone or not in its form. A page never fails for what is in an artifact.
 */
export function showArtifact(type: ArtifactType, path: string, budgets: Budgets): Shown | undefined {
  try {
    switch (type) {
      case 'chart':
        return showChart(path, budgets);
      case 'images':
        return showImages(path, budgets);
      case 'metrics':
        return showMetrics(path);
      case 'table':
        return showTable(path, budgets);
      case 'files':
        return showFile(path, budgets);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

/** Evenly over the folder's sorted names, as the files are. */
function showImages(folder: string, { images: budget }: Budgets): Shown {
  const names = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => imageTypes[extname(name).toLowerCase()] !== undefined)
    .sort();
  const step = Math.max(1, names.length / mostImages);
  const wanted = Array.from({ length: Math.min(names.length, mostImages) }, (_, i) => names[Math.floor(i * step)]!);
  const images = wanted.flatMap((name) => {
    const file = join(folder, name);
    const { size } = statSync(file);
    if (size > mostImageBytes || !budget.take((size * 4) / 3)) return [];
    return { name, uri: dataUri(imageTypes[extname(name).toLowerCase()]!, readFileSync(file)) };
  });
  const leftOut =
    images.length < names.length
      ? `${images.length} of ${names.length.toLocaleString('en-US')} images are shown, evenly over their names${images.length < wanted.length ? '; those over 256 KiB, and what exceeds the page’s 6 MiB for images, are left out' : ''}.`
      : undefined;
  return { as: 'images', images, ...(leftOut !== undefined && { leftOut }) };
}

function showMetrics(path: string): Shown | undefined {
  const metrics = readMetrics(path);
  return metrics.length > 0 ? { as: 'metrics', metrics } : undefined;
}

/** The numbers of a metrics file; none of one that is no such file. */
function readMetrics(path: string): readonly Metric[] {
  const parsed = parseMetrics(readFileSync(path, 'utf8'));
  if (!parsed.ok) return [];
  const { values, intervals, confidence } = parsed.value;
  return [...values].map(([name, value]) => {
    const interval = intervals.get(name);
    const level = confidence === undefined ? {} : { confidence };
    return { name, value, ...(interval !== undefined && { interval, ...level }) };
  });
}

function showTable(path: string, { tables }: Budgets): Shown | undefined {
  if (extname(path) !== '.csv') return undefined;
  const { text, whole } = readBeginning(path);
  const [header, ...records] = [...csvRecords(text)].map(({ fields }) => fields);
  if (header === undefined) return undefined;
  if (!tables.take(text.length)) {
    return { as: 'table', columns: header, rows: [], leftOut: 'Its rows are left out, as this page has no more room.' };
  }
  const complete = whole ? records : records.slice(0, -1);
  const rows = complete.slice(0, mostRows);
  const isAll = whole && rows.length === complete.length;
  const count = whole ? `${rows.length} of ${complete.length.toLocaleString('en-US')}` : `The first ${rows.length}`;
  return { as: 'table', columns: header, rows, ...(!isAll && { leftOut: `${count} rows are shown.` }) };
}

function showFile(path: string, budgets: Budgets): Shown | undefined {
  if (extname(path) === '.csv') return showTable(path, budgets);
  if (extname(path) !== '.md') return undefined;
  const { text, whole } = readBeginning(path);
  if (!budgets.tables.take(text.length)) return undefined;
  return { as: 'markdown', text, ...(!whole && { leftOut: 'Its beginning is shown.' }) };
}

/** Of a file that may be large. */
function readBeginning(path: string): { readonly text: string; readonly whole: boolean } {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(mostBytes);
    const read = readSync(file, bytes, 0, mostBytes, 0);
    return { text: bytes.toString('utf8', 0, read), whole: read < mostBytes };
  } finally {
    closeSync(file);
  }
}
