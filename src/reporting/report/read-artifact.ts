import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { csvRecords } from '../../csv.ts';
import { readPart } from '../../engine/files/read-part.ts';
import { formatCount } from '../../format-numbers.ts';
import { readTitle } from '../../learning/charts/chart-title.ts';
import { parseMetrics } from '../../learning/metrics/metrics-file.ts';
import type { ArtifactType } from '../../stage.ts';
import { measuredNumbers } from '../measured-number.ts';
import { dataUri } from './html.ts';
import type { PageRoom } from './page-room.ts';
import type { ReportMetric, ShownArtifact } from './report-model.ts';

const mostRows = 60;
const mostImages = 24;
const mostImageBytes = 256 * 1024;
const mostBytes = 256 * 1024;

const noRoom = 'It is left out, as this page has no more room; its files are linked.';
const pictureOnly = 'It is shown as a picture only: its data are too many for this page.';

/** What a chart's folder may hold: `chart.svg`, …. A kind of one's own may leave the spec alone. */
const chartForms = ['svg', 'png', 'vl.json'];

/** A larger spec or picture is left to its file: a browser takes seconds to draw it. */
const mostChartBytes = 3 * 1024 ** 2;

const imageTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};

/** What the page shows of an artifact; undefined for one that is only named. A page never fails for an artifact. */
export function showArtifact(type: ArtifactType, path: string, room: PageRoom): ShownArtifact | undefined {
  try {
    return forms[type]?.(path, room);
  } catch {
    return undefined;
  }
}

type Show = (path: string, room: PageRoom) => ShownArtifact | undefined;

const forms: Partial<Record<ArtifactType, Show>> = {
  ...{ chart: showChart, images: showImages, metrics: showMetrics, table: showTable, files: showFile },
};

/** Evenly over the folder's sorted names, as the files are. */
function showImages(folder: string, room: PageRoom): ShownArtifact {
  const names = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => imageTypes[extname(name).toLowerCase()] !== undefined)
    .sort();
  const step = Math.max(1, names.length / mostImages);
  const wanted = Array.from({ length: Math.min(names.length, mostImages) }, (_, i) => names[Math.floor(i * step)]!);
  const images = wanted.flatMap((name) => {
    const file = join(folder, name);
    const { size } = statSync(file);
    if (size > mostImageBytes || !room.take('images', (size * 4) / 3)) return [];
    return { name, uri: dataUri(imageTypes[extname(name).toLowerCase()]!, readFileSync(file)) };
  });
  const leftOut =
    images.length < names.length
      ? `${images.length} of ${formatCount(names.length)} images are shown, evenly over their names${images.length < wanted.length ? '; those over 256 KiB, and what exceeds the page’s 6 MiB for images, are left out' : ''}.`
      : undefined;
  return { as: 'images', images, ...(leftOut !== undefined && { leftOut }) };
}

function showMetrics(path: string): ShownArtifact | undefined {
  const parsed = parseMetrics(readFileSync(path, 'utf8'));
  if (!parsed.ok || parsed.value.values.size === 0) return undefined;
  const { values, intervals, confidence } = parsed.value;
  const metrics = Array.from(measuredNumbers(values, intervals), ([name, number]): ReportMetric => {
    const hasLevel = number.interval !== undefined && confidence !== undefined;
    return { name, ...number, ...(hasLevel && { confidence }) };
  });
  return { as: 'metrics', metrics };
}

function showTable(path: string, room: PageRoom): ShownArtifact | undefined {
  if (extname(path) !== '.csv') return undefined;
  const { text, whole } = readPart(path, mostBytes, 'beginning');
  const [header, ...records] = [...csvRecords(text)].map(({ fields }) => fields);
  if (header === undefined) return undefined;
  if (!room.take('tables', text.length)) {
    return { as: 'table', columns: header, rows: [], leftOut: 'Its rows are left out, as this page has no more room.' };
  }
  const complete = whole ? records : records.slice(0, -1);
  const rows = complete.slice(0, mostRows);
  const isAll = whole && rows.length === complete.length;
  const count = whole ? `${rows.length} of ${formatCount(complete.length)}` : `The first ${rows.length}`;
  return { as: 'table', columns: header, rows, ...(!isAll && { leftOut: `${count} rows are shown.` }) };
}

/** A folder with `summary.md`, as a `write-up` of that name leaves it, opens the page. */
function showSummary(folder: string, room: PageRoom): ShownArtifact | undefined {
  const { text } = readPart(join(folder, 'summary.md'), mostBytes, 'beginning');
  const names = [...text.matchAll(/!\[[^\]]*\]\(([^)\s]+\.png)\)/g)].map(([, name]) => name!);
  const fitting = names.filter((name) => room.take('charts', (statSync(join(folder, name)).size * 4) / 3));
  const pictures = fitting.map((name) => [name, dataUri('image/png', readFileSync(join(folder, name)))]);
  return { as: 'summary', text, pictures: Object.fromEntries(pictures) };
}

function showFile(path: string, room: PageRoom): ShownArtifact | undefined {
  if (existsSync(join(path, 'summary.md'))) return showSummary(path, room);
  if (extname(path) !== '.md') return showTable(path, room);
  const { text, whole } = readPart(path, mostBytes, 'beginning');
  if (!room.take('tables', text.length)) return undefined;
  return { as: 'markdown', text, ...(!whole && { leftOut: 'Its beginning is shown.' }) };
}

/** A chart's spec and picture. The picture goes in as an image, where nothing runs: a command may have drawn it. */
function showChart(folder: string, room: PageRoom): ShownArtifact | undefined {
  const specFile = join(folder, 'chart.vl.json');
  const text = existsSync(specFile) ? readFileSync(specFile, 'utf8') : undefined;
  const picture = pictureOf(folder, room);
  // Serialised again without indentation.
  const compact = text === undefined ? undefined : JSON.stringify(JSON.parse(text));
  const carried = compact !== undefined && compact.length <= mostChartBytes && room.take('charts', compact.length);
  if (picture === undefined && compact === undefined) return undefined;
  const { width, height } = sizeOf(folder);
  return {
    as: 'chart',
    ...{ ...readTitle(text), width, height },
    forms: chartForms.filter((form) => existsSync(join(folder, `chart.${form}`))),
    ...(compact !== undefined && { isPlain: !/"(?:mark|type)":"image"|data:image\//.test(compact) }),
    ...(picture !== undefined && { picture }),
    ...(carried && { spec: compact }),
    ...(compact !== undefined && !carried && { leftOut: picture === undefined ? noRoom : pictureOnly }),
  };
}

function pictureOf(folder: string, room: PageRoom): string | undefined {
  for (const [name, type] of [
    ['chart.svg', 'image/svg+xml'],
    ['chart.png', 'image/png'],
  ] as const) {
    const file = join(folder, name);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY;
    if (size <= mostChartBytes && room.take('charts', (size * 4) / 3)) return dataUri(type, readFileSync(file));
  }
  return undefined;
}

/** As the SVG says; of a chart without one, a common size. */
function sizeOf(folder: string): { readonly width: number; readonly height: number } {
  const file = join(folder, 'chart.svg');
  const head = existsSync(file) ? (/<svg[^>]*>/.exec(readFileSync(file, 'utf8').slice(0, 4096))?.[0] ?? '') : '';
  const [width, height] = ['width', 'height'].map((name) => Number(new RegExp(` ${name}="([\\d.]+)`).exec(head)?.[1]));
  return { width: Math.ceil(width || 560), height: Math.ceil(height || 360) };
}
