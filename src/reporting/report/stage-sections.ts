import { formatCount, formatCountOf, formatFew, formatSeconds } from '../../format-numbers.ts';
import type { Json } from '../../json.ts';
import type { Curve } from '../../reported-curves.ts';
import { showNumber } from '../measured-number.ts';
import { type StageState, stageTones } from '../states.ts';
import { dataUri, type Html, html } from './html.ts';
import { fileLink, renderMetrics, renderShownTable, renderTable } from './render-table.ts';
import type { GraphDrawing, ReportModel, ReportStage, Setting } from './report-model.ts';

export const stateBadge = (state: StageState): Html =>
  html`<span class="badge ${stageTones[state]}">${state}</span>`;

const stageId = (name: string): string => `stage-${name}`;

export function renderWhatRan(model: ReportModel): readonly Html[] {
  const longest = Math.max(...model.stages.map(({ seconds }) => seconds), 0.001);
  const rows = model.stages.map(({ name, kind, state, reasons, message, seconds }) => [
    html`<a href="#${encodeURIComponent(stageId(name))}">${name}</a>`,
    kind,
    stateBadge(state),
    message?.split('\n')[0] ?? (state === 'up to date' ? 'nothing changed' : formatFew(reasons, 1)),
    seconds > 0 ? formatSeconds(seconds) : '–',
    seconds > 0
      ? html`<span class="bar" style="width:${Math.max(0.5, (100 * seconds) / longest).toFixed(1)}%"></span>`
      : '',
  ]);
  const table = renderTable(['stage', 'kind', 'how it ended', 'why', 'time', ''], rows);
  return [...renderGraph(model), html`<div class="tall">${table}</div>`];
}

function renderGraph({ graph, stages }: ReportModel): readonly Html[] {
  if (graph === undefined) return [];
  const uriOf = ({ svg }: GraphDrawing): string => dataUri('image/svg+xml', Buffer.from(svg));
  const { wide, narrow } = graph;
  return [
    html`<div class="card graph keep" tabindex="0" role="group" aria-label="Graph of the stages"><picture><source media="(max-width: 640px)" srcset="${uriOf(narrow)}"><img src="${uriOf(wide)}" style="--wide:${wide.width}px;--narrow:${narrow.width}px" alt="Graph of the ${formatCountOf(stages.length, 'stage')}; the table below lists them, and each names what it reads."></picture></div><p></p>`,
  ];
}

/** `badge` shows its state; an output without an address is only named. */
export function renderStage(stage: ReportStage, badge = stateBadge(stage.state)): Html {
  const {
    name,
    kind,
    slot,
    seconds,
    description,
    reasons,
    message,
    inputs,
    outputs,
    warnings,
    log,
    record,
  } = stage;
  const list = (title: string, lines: readonly string[]) =>
    lines.length > 0 &&
    html`<h4>${title}</h4><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
  const ports = inputs.map(({ port, from }) => [port, from.join(', ')]);
  const files = outputs.map(({ port, type, path, href }) => [
    port,
    type,
    href === '' ? path : html`<a href="${href}">${path}</a>`,
  ]);
  return html`<details class="stage card" id="${stageId(name)}"><summary><h3>${name}</h3><span class="soft small">${slot === undefined ? kind : `${kind}, ${slot}`}</span>${badge}<span class="soft small">${
    seconds > 0 && formatSeconds(seconds)
  }</span></summary><div class="inside">
${description !== undefined && html`<p>${description}</p>`}
${message !== undefined && html`<pre>${message}</pre>`}
${list('Why', reasons)}
${list('Warnings', warnings)}
<div class="half"><div>${renderChanges(stage)}${renderSettings(stage.settings)}</div>
<div>${ports.length > 0 && html`<h4>Inputs</h4>${renderTable(['port', 'reads'], ports)}`}
<h4>Outputs</h4>${renderTable(['port', 'type', 'where'], files)}
${record.length > 0 && html`<h4>How its result came about</h4>${renderFacts(record)}`}</div></div>
${outputs.flatMap(({ port, href, preview }) => {
  if (preview?.as === 'metrics')
    return [html`<h4>Numbers of ${port}</h4>${renderMetrics(preview.metrics)}`];
  if (preview?.as !== 'table' || stage.summaryTables.length === 0 || preview.rows.length === 0)
    return [];
  return [renderShownTable(preview, html`${port} ${fileLink(href)}`)];
})}
${stage.curves.length > 0 && html`<h4>Curves</h4>${renderCurveTable(stage.curves)}`}
${
  log !== undefined &&
  html`<h4>Log${log.cut && ' (its end; the whole: restage logs)'}</h4><pre tabindex="0" role="group" aria-label="Log of ${name}">${log.text}</pre>`
}
</div></details>
`;
}

export const renderFacts = (facts: readonly (readonly [name: string, value: string])[]): Html =>
  html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

/** The first, last, least and greatest value of every curve of a stage. */
function renderCurveTable(curves: readonly Curve[]): Html {
  const rows = curves.map(({ name, unit, count, points }) => {
    const measured = points.flatMap(([step, value]) => (value === null ? [] : [{ step, value }]));
    const ordered = measured.toSorted((a, b) => a.value - b.value);
    const at = (point: { step: number; value: number } | undefined) =>
      point === undefined ? '–' : `${showNumber(point.value)} at ${formatCount(point.step)}`;
    return [
      name,
      unit,
      formatCount(count),
      ...[measured[0], measured.at(-1), ordered[0], ordered.at(-1)].map(at),
    ];
  });
  return renderTable(['curve', 'by', 'points', 'first', 'last', 'least', 'greatest'], rows);
}

function renderChanges({ changes, state }: ReportStage): Html {
  if (changes === undefined && state === 'waiting') return html``;
  const heading = html`<h4>Since its last result</h4>`;
  if (changes === undefined)
    return html`${heading}<p class="soft small">There was none before.</p>`;
  if (changes.length === 0) return html`${heading}<p class="soft small">Nothing differs.</p>`;
  const rows = changes.map(({ path, before, after }) => [
    html`<code>${path}</code>`,
    html`<del>${showJson(before)}</del>`,
    html`<ins>${showJson(after)}</ins>`,
  ]);
  return html`${heading}${renderTable(['value', 'before', 'now'], rows)}`;
}

function renderSettings(settings: readonly Setting[]): Html {
  if (settings.length === 0) return html``;
  const cells = (some: readonly Setting[]) =>
    some.map(({ path, value }) => [path, showJson(value)]);
  const table = (some: readonly Setting[]) => renderTable(['setting', 'value'], cells(some));
  const written = settings.filter((setting) => setting.written);
  const defaults = settings.filter((setting) => !setting.written);
  return html`<h4>Settings</h4>${written.length > 0 && table(written)}${
    defaults.length > 0 &&
    html`<details class="more"><summary>${defaults.length} at ${defaults.length === 1 ? 'its' : 'their'} default</summary>${table(defaults)}</details>`
  }`;
}

function showJson(value: Json | undefined): string {
  if (value === undefined) return '—';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 400 ? `${text.slice(0, 399)}…` : text;
}
