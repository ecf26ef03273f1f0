import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Html, html } from './html.ts';

/** The page requests nothing, whatever is in it. Vega compiles expressions, hence `unsafe-eval`. */
const policy =
  "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; base-uri 'none'; form-action 'none'";

/** A part of a page with a heading, which the bar links. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: readonly Html[];
}

/** The content of a page. `writtenAt` is in milliseconds since the epoch. */
export interface Page {
  readonly title: string;
  /** A page that is `running` loads itself again. */
  readonly state: string;
  readonly writtenAt: number;
  readonly header: Html;
  /** Those without content are left out. */
  readonly sections: readonly Section[];
  readonly footer: Html;
}

/**
 * A page that needs no other file: its style, its scripts and, where it has charts, what draws them
 * are in it.
 */
export function renderPage({ title, state, writtenAt, header, sections, footer }: Page): string {
  const filled = withContent(sections);
  const hasCharts = filled.some(({ content }) =>
    content.some(({ markup }) => markup.includes('class="spec"')),
  );
  return html`<!doctype html>
<html lang="en" data-state="${state}" data-written="${writtenAt}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Restage">
${state === 'running' && html`<noscript><meta http-equiv="refresh" content="10"></noscript>`}
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(asset('page.css'))}</style>
</head>
<body>
<a class="skip" href="#main">To the results</a>
${header}
<nav aria-label="Sections"><ul>${filled.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main id="main" tabindex="-1">
${filled.map(renderSection)}</main>
<footer>${footer}</footer>
${hasCharts && vegaScripts()}
<script>${new Html(asset('report-page.js'))}</script>
</body>
</html>
`.markup;
}

/** The sections that have content. */
export const withContent = (sections: readonly Section[]): readonly Section[] =>
  sections.filter(({ content }) => content.length > 0);

export const renderSection = ({ id, title, content }: Section): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`;

const here = dirname(fileURLToPath(import.meta.url));

/**
 * The style or the script of the page: they lie beside this module's source, which the package
 * holds, too.
 */
export function assetFile(name: string): string {
  const beside = join(here, name);
  const fromDist = join(here, '../src/reporting/report', name);
  return existsSync(beside) ? beside : fromDist;
}

const asset = (name: string): string => readFileSync(assetFile(name), 'utf8');

/** What draws charts, in the order in which they need one another. */
export const vegaFiles = (): readonly string[] =>
  ['vega', 'vega-lite', 'vega-embed'].map((name) =>
    join(dirname(fileURLToPath(import.meta.resolve(name))), `${name}.min.js`),
  );

let scripts: Html | undefined;

/** These as text, from the installed packages. */
function vegaScripts(): Html {
  const inline = (file: string) => `<script>${inScript(readFileSync(file, 'utf8'))}</script>`;
  scripts ??= new Html(vegaFiles().map(inline).join('\n'));
  return scripts;
}

function inScript(code: string): string {
  return code
    .replace(/^\/\/# sourceMappingURL=.*$/m, '')
    .replace(/<(\/script|!--|script)/gi, '\\x3c$1')
    .trim();
}
