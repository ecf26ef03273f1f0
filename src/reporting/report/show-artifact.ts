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

/**
 * The files that a chart's folder may hold: `chart.svg`, …. A project's own kind may write the spec
 * only.
 */
const chartForms = ['svg', 'png', 'vl.json'];

/**
 * The page links a larger spec or picture without showing it: a browser takes seconds to draw it.
 */
const mostChartBytes = 3 * 1024 ** 2;

/**
 * What the page shows of an artifact; undefined for one that is only named. A page never fails for
 * an artifact.
 */
export function showArtifact(
  type: ArtifactType,
  files: ArtifactFiles,
  room: PageRoom,
): ShownArtifact | undefined {
  try {
    return forms[type]?.(files, room);
  } catch {
    return undefined;
  }
}

type Show = (files: ArtifactFiles, room: PageRoom) => ShownArtifact | undefined;

const forms: Partial<Record<ArtifactType, Show>> = {
  chart: showChart,
  images: showImages,
  metrics: showMetrics,
  table: showTable,
  files: showFile,
};

/** Images evenly over the folder's sorted names, in their own format. */
function showImages(files: ArtifactFiles, room: PageRoom): ShownArtifact {
  const names = files
    .names()
    .filter(
      (name) => extname(name) !== '.svg' && imageTypes[extname(name).toLowerCase()] !== undefined,
    )
    .sort();
  const step = Math.max(1, names.length / mostImages);
  const wanted = Array.from(
    { length: Math.min(names.length, mostImages) },
    (_, i) => names[Math.floor(i * step)]!,
  );
  const images = wanted.flatMap((name) => {
    const { size } = statSync(files.path(name));
    if (size > mostImageBytes || !room.take('images', (size * 4) / 3)) return [];
    return { name, uri: files.uri(name) };
  });
  const reason =
    images.length < wanted.length
      ? '; those over 256 KiB, and what exceeds the page’s 6 MiB for images, are left out'
      : '';
  const leftOut =
    images.length < names.length
      ? `${images.length} of ${formatCount(names.length)} images are shown, evenly over their names${reason}.`
      : undefined;
  return { as: 'images', images, ...(leftOut !== undefined && { leftOut }) };
}

function showMetrics(files: ArtifactFiles): ShownArtifact | undefined {
  const parsed = parseMetrics(readFileSync(files.path(''), 'utf8'));
  if (!parsed.ok || parsed.value.values.size === 0) return undefined;
  const { values, intervals, confidence } = parsed.value;
  const metrics = Array.from(measuredNumbers(values, intervals), ([name, number]): ReportMetric => {
    const hasLevel = number.interval !== undefined && confidence !== undefined;
    return { name, ...number, ...(hasLevel && { confidence }) };
  });
  return { as: 'metrics', metrics };
}

function showTable(files: ArtifactFiles, room: PageRoom): ShownArtifact | undefined {
  if (files.extension !== '.csv') return undefined;
  const { text, whole } = readPart(files.path(''), mostBytes, 'beginning');
  const [header, ...records] = [...csvRecords(text)].map(({ fields }) => fields);
  if (header === undefined) return undefined;
  if (!room.take('tables', text.length)) {
    return {
      as: 'table',
      columns: header,
      rows: [],
      leftOut: 'Its rows are left out, as this page has no more room.',
    };
  }
  const complete = whole ? records : records.slice(0, -1);
  const rows = complete.slice(0, mostRows);
  const isAll = whole && rows.length === complete.length;
  const count = whole
    ? `${rows.length} of ${formatCount(complete.length)}`
    : `The first ${rows.length}`;
  return {
    as: 'table',
    columns: header,
    rows,
    ...(!isAll && { leftOut: `${count} rows are shown.` }),
  };
}

/** A folder with `summary.md`, as a `write-up` of that name leaves it, opens the page. */
function showSummary(files: ArtifactFiles, room: PageRoom): ShownArtifact | undefined {
  const { text } = readPart(files.path('summary.md'), mostBytes, 'beginning');
  const names = [...text.matchAll(/!\[[^\]]*\]\(([^)\s]+\.png)\)/g)].map(([, name]) => name!);
  const fitting = names.filter((name) =>
    room.take('charts', (statSync(files.path(name)).size * 4) / 3),
  );
  const pictures = fitting.map((name) => [name, files.uri(name)]);
  return { as: 'summary', text, pictures: Object.fromEntries(pictures) };
}

function showFile(files: ArtifactFiles, room: PageRoom): ShownArtifact | undefined {
  if (files.has('summary.md')) return showSummary(files, room);
  if (files.extension !== '.md') return showTable(files, room);
  const { text, whole } = readPart(files.path(''), mostBytes, 'beginning');
  if (!room.take('tables', text.length)) return undefined;
  return { as: 'markdown', text, ...(!whole && { leftOut: 'Its beginning is shown.' }) };
}

/**
 * A chart's spec and picture. The picture goes in as an image, where nothing runs: a command may
 * have drawn it.
 */
function showChart(files: ArtifactFiles, room: PageRoom): ShownArtifact | undefined {
  const text = files.has('chart.vl.json')
    ? readFileSync(files.path('chart.vl.json'), 'utf8')
    : undefined;
  const picture = pictureOf(files, room);
  // Serialised again without indentation.
  const compact = text === undefined ? undefined : JSON.stringify(JSON.parse(text));
  const carried =
    compact !== undefined &&
    compact.length <= mostChartBytes &&
    room.take('charts', compact.length);
  if (picture === undefined && compact === undefined) return undefined;
  const { width, height } = sizeOf(files);
  return {
    as: 'chart',
    ...readTitle(text),
    width,
    height,
    forms: chartForms.filter((form) => files.has(`chart.${form}`)),
    ...(compact !== undefined && {
      isPlain: !/"(?:mark|type)":"image"|data:image\//.test(compact),
    }),
    ...(picture !== undefined && { picture }),
    ...(carried && { spec: compact }),
    ...(compact !== undefined &&
      !carried && { leftOut: picture === undefined ? noRoom : pictureOnly }),
  };
}

function pictureOf(files: ArtifactFiles, room: PageRoom): string | undefined {
  for (const name of ['chart.svg', 'chart.png']) {
    const size = files.has(name) ? statSync(files.path(name)).size : Number.POSITIVE_INFINITY;
    if (size <= mostChartBytes && room.take('charts', (size * 4) / 3)) return files.uri(name);
  }
  return undefined;
}

/** The size in the SVG, in pixels; a common size for a chart without one. */
function sizeOf(files: ArtifactFiles): { readonly width: number; readonly height: number } {
  const text = files.has('chart.svg')
    ? readPart(files.path('chart.svg'), 4096, 'beginning').text
    : '';
  const head = /<svg[^>]*>/.exec(text)?.[0] ?? '';
  const attributeOf = (name: string) => Number(new RegExp(` ${name}="([\\d.]+)`).exec(head)?.[1]);
  return {
    width: Math.ceil(attributeOf('width') || 560),
    height: Math.ceil(attributeOf('height') || 360),
  };
}

/**
 * The files of an artifact as a page reads and carries them: a published one inline, a stored one
 * by its address.
 */
export interface ArtifactFiles {
  /** Such as `.csv`; of an artifact that is one file. */
  readonly extension: string;
  /** Relative names of what is in the folder, POSIX. */
  names(): readonly string[];
  has(name: string): boolean;
  /**
   * The path of a file of the folder, or of the artifact itself by the empty name. Throws where
   * there is none.
   */
  path(name: string): string;
  /** What a page writes as the source of a picture. */
  uri(name: string): string;
}

export const imageTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.svg': 'image/svg+xml',
};

/** A published artifact: its pictures stand in the page itself, which then needs no other file. */
export function publishedFiles(root: string): ArtifactFiles {
  const path = (name: string) => join(root, name);
  return {
    extension: extname(root),
    names: () => readdirSync(root, { recursive: true, encoding: 'utf8' }),
    has: (name) => existsSync(path(name)),
    path,
    uri: (name) => dataUri(imageTypes[extname(name).toLowerCase()]!, readFileSync(path(name))),
  };
}
