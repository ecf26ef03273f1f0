import { Html, html } from './html.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { vegaScripts } from './vega-scripts.ts';

/**
 * Nothing but the page itself: no request leaves it, whatever a title, a log or a spec holds. Vega compiles expressions,
 * hence `unsafe-eval`.
 */
const policy =
  "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; base-uri 'none'; form-action 'none'";

/** A part of a page with an address. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: readonly Html[];
}

export interface Page {
  readonly title: string;
  /** `running`: it loads itself again. */
  readonly state: string;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  readonly header: Html;
  readonly sections: readonly Section[];
  readonly footer: Html;
}

/** A page that needs no other file: its style, its scripts and, where it has charts, what draws them are in it. */
export function renderPage({ title, state, writtenAt, header, sections, footer }: Page): string {
  const hasCharts = sections.some(({ content }) => content.some(({ markup }) => markup.includes('class="spec"')));
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
<style>${new Html(pageStyle)}</style>
</head>
<body>
<a class="skip" href="#main">To the results</a>
${header}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main id="main" tabindex="-1">
${sections.map(
  ({ id, title, content }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`,
)}</main>
<footer>${footer}</footer>
${hasCharts && vegaScripts()}
<script>${new Html(pageScript)}</script>
</body>
</html>
`.markup;
}
