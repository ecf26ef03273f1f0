import { type Html, html, jsonScript } from './html.ts';
import type { ShownChart } from './report-model.ts';

/**
 * A phone's width in pixels: photographs that are wider scroll there, since smaller ones show
 * nothing.
 */
const narrowest = 390;

/** Says on narrow screens that a picture extends beyond the edge. */
const sideways = html`<span class="sideways">↔ scroll sideways</span>`;

/**
 * Pictures that the page's script inserts when the reader scrolls near them. Without scripts they
 * are there at once.
 */
export const later = (pictures: Html | readonly Html[]): Html =>
  html`<noscript>${pictures}</noscript>`;

/**
 * A chart: its picture, for paper and until it is drawn, with the spec that the page's script
 * draws. `words` stand instead of a picture.
 */
export function renderChart(
  name: string,
  href: string | undefined,
  chart: ShownChart,
  words?: Html,
): Html {
  const { title, subtitle, width, height, picture, isPlain, spec, forms = [], leftOut } = chart;
  const label = [title, subtitle].filter((part) => part !== '').join('. ');
  const links = href === undefined ? [] : forms;
  return html`<figure class="chart card" aria-label="${label}">
<div class="drawing${isPlain === true && ' plain'}" style="--natural:${width}px;--shape:${width}/${height}" tabindex="0" role="group" aria-label="${title}"><div class="later">${
    picture === undefined
      ? words !== undefined && later(words)
      : later(html`<img src="${picture}" width="${width}" height="${height}" alt="${label}">`)
  }</div>${spec !== undefined && html`<div class="live" hidden></div><script type="application/json" class="spec">${jsonScript(spec)}</script>`}</div>
<figcaption>${isPlain !== true && width > narrowest && sideways}<span class="grow">${name}</span>${leftOut !== undefined && html`<span>${leftOut}</span>`}${links.map(
    (form) =>
      html`<a class="screen" href="${href}/chart.${form}" aria-label="${title} as ${form}">${form}</a>`,
  )}</figcaption>
</figure>`;
}
