import { type Html, html, jsonScript } from '../report/html.ts';
import { renderSection, type Section, withContent } from '../report/page-frame.ts';

/** The files of static pages load from their own folder only. */
const staticPolicy =
  "default-src 'none'; script-src 'self' file:; style-src 'self' file: 'unsafe-inline'; img-src 'self' file: data: blob:; base-uri 'none'; form-action 'none'";

/** Those that every static folder has. */
const staticPages: ReadonlySet<string> = new Set(['/', '/compare']);

/** The pages by their address, in the order of the bar. */
const pages = {
  '/': 'Runs',
  '/compare': 'Compare',
  '/images': 'Images',
  '/graph': 'Graph',
} as const;

interface Frame {
  readonly title: string;
  /** The page of the bar that it belongs to, if any. */
  readonly at: keyof typeof pages | undefined;
  readonly project: string;
  readonly content: Html | readonly Html[];
  /** Scripts of the page by name; `live-updates.js` is on all pages. */
  readonly scripts?: readonly string[];
  /** The address of the page's events; absent where nothing can change. */
  readonly follows?: string | undefined;
  /** The data that the page's script reads. */
  readonly data?: unknown;
  /** Whether the page has forms that write. */
  readonly isWritable?: boolean;
  /** Whether it becomes a file that no server sends: without events and graphs. */
  readonly isStatic?: boolean;
  /** Whether the folder of such files has images. */
  readonly hasImages?: boolean;
}

/**
 * A whole page: the bar, the banner for a lost connection, the content, and links to styles and
 * scripts.
 */
export function renderFrame({
  title,
  at,
  project,
  content,
  scripts = [],
  follows,
  data,
  isWritable = false,
  isStatic = false,
  hasImages = false,
}: Frame): string {
  return html`<!doctype html>
<html lang="en" data-served${follows !== undefined && !isStatic && html` data-follows="${follows}"`}${isWritable && html` data-writable`}${isStatic && html` data-static`}>
<head>
<meta charset="utf-8">
${isStatic && html`<meta http-equiv="Content-Security-Policy" content="${staticPolicy}">`}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${project}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/asset/page.css">
</head>
<body>
<a class="skip" href="#main">To the content</a>
<div class="pages"><nav aria-label="Pages"><ul>${Object.entries(pages)
    .filter(([href]) => !isStatic || staticPages.has(href) || (href === '/images' && hasImages))
    .map(
      ([href, name]) =>
        html`<li><a href="${href}"${href === at && html` aria-current="page"`}>${name}</a></li>`,
    )}<li class="project">${project}</li></ul></nav></div>
<div id="lost" class="card alert" role="alert" hidden></div>
<main id="main" tabindex="-1">
${content}
</main>
${data !== undefined && html`<script type="application/json" id="page-data">${jsonScript(JSON.stringify(data))}</script>`}
${['live-updates.js', ...scripts].map((name) => html`<script src="/asset/${name}" defer></script>\n`)}</body>
</html>
`.markup;
}

/** The scripts of a page with charts. */
export const chartScripts = [
  'vega.min.js',
  'vega-lite.min.js',
  'vega-embed.min.js',
  'report-page.js',
];

/** Renders sections, which may come and go during a run; those without content are left out. */
export const renderSections = (sections: readonly Section[]): readonly Html[] =>
  withContent(sections).map(renderSection);
