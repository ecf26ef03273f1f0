import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Budgets } from './budget.ts';
import { dataUri } from './data-uri.ts';
import type { Shown } from './report-model.ts';

const noRoom = 'It is left out, as this page has no more room; its files are linked.';
const pictureOnly = 'It is shown as a picture only: its data are too many for this page.';

/** What a chart's folder may hold: `chart.svg`, …. A kind of one's own may leave the spec alone. */
const chartForms = ['svg', 'png', 'vl.json'];

/** A larger spec or picture is left to its file: a browser takes seconds to draw it. */
const mostBytes = 3 * 1024 ** 2;

/**
 * A chart's folder: the spec, for touching, and the picture that stands there before, on paper and without scripts. The
 * picture goes in as an image, in which nothing runs and no id meets another's; so a command may have drawn it.
 */
export function showChart(folder: string, { charts }: Budgets): Shown | undefined {
  const specFile = join(folder, 'chart.vl.json');
  const text = existsSync(specFile) ? readFileSync(specFile, 'utf8') : undefined;
  const spec = text === undefined ? undefined : (JSON.parse(text) as Spec);
  const picture = pictureOf(folder, charts);
  // Written anew, since the file is laid out for eyes.
  const compact = spec === undefined ? undefined : JSON.stringify(spec);
  const carried = compact !== undefined && compact.length <= mostBytes && charts.take(compact.length);
  if (picture === undefined && compact === undefined) return undefined;
  const { width, height } = sizeOf(folder);
  return {
    as: 'chart',
    title: titleOf(spec, 'text') || 'Chart',
    subtitle: titleOf(spec, 'subtitle'),
    width,
    height,
    forms: chartForms.filter((form) => existsSync(join(folder, `chart.${form}`))),
    ...(compact !== undefined && { isPlain: !/"(?:mark|type)":"image"|data:image\//.test(compact) }),
    ...(picture !== undefined && { picture }),
    ...(carried && { spec: compact }),
    ...(compact !== undefined && !carried && { leftOut: picture === undefined ? noRoom : pictureOnly }),
  };
}

interface Spec {
  readonly title?: string | readonly string[] | { readonly text?: unknown; readonly subtitle?: unknown };
}

/** A title may be a text, lines of it, or an object of both. */
function titleOf(spec: Spec | undefined, part: 'text' | 'subtitle'): string {
  const title: unknown = spec?.title;
  const isPlain = typeof title === 'string' || Array.isArray(title);
  const found = isPlain ? (part === 'text' ? title : '') : (title as Record<string, unknown> | undefined)?.[part];
  if (Array.isArray(found)) return found.filter((line) => typeof line === 'string').join(' ');
  return typeof found === 'string' ? found : '';
}

function pictureOf(folder: string, charts: Budgets['charts']): string | undefined {
  for (const [name, type] of [
    ['chart.svg', 'image/svg+xml'],
    ['chart.png', 'image/png'],
  ] as const) {
    const file = join(folder, name);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY;
    if (size <= mostBytes && charts.take((size * 4) / 3)) return dataUri(type, readFileSync(file));
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
