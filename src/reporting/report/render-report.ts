import { formatCountOf, formatSeconds } from '../../format-numbers.ts';
import { dataUri } from './data-uri.ts';
import { epochChart } from './epoch-chart.ts';
import { type Html, html } from './html.ts';
import { renderChart } from './render-chart.ts';
import { renderDataset } from './render-dataset.ts';
import { renderFindings } from './render-findings.ts';
import { renderMarkdown } from './render-markdown.ts';
import { renderPage, type Section } from './render-page.ts';
import { renderFacts, renderRunning, renderStage, renderWhatRan } from './render-stages.ts';
import { renderHighlights, renderMetrics, renderShownTable } from './render-table.ts';
import type { GraphDrawing, ReportModel, ReportOutput, ReportStage, Shown } from './report-model.ts';

/** The whole page of a run: one file that needs no other. The same model gives the same text. */
export function renderReport(model: ReportModel): string {
  const sections = sectionsOf(model).filter(({ content }) => content.length > 0);
  return renderPage({
    title: `${model.pipeline}: ${stateWords[model.state]}`,
    state: model.state,
    writtenAt: model.writtenAt,
    header: renderHeader(model),
    sections,
    footer: html`Written by Restage at ${whenIs(model.writtenAt)}. The run is <code>${model.run}</code>; <code>restage explain</code>, <code>restage logs</code> and <code>restage history</code> say more of it.`,
  });
}

const stateWords: Readonly<Record<ReportModel['state'], string>> = {
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  interrupted: 'interrupted',
};

/** The reader's own time zone is not known here, and the page says the same everywhere: the machine's, with its offset. */
function whenIs(time: number): Html {
  const date = new Date(time);
  return html`<time datetime="${date.toISOString()}">${date.toLocaleString('sv-SE', { timeZoneName: 'short' })}</time>`;
}

function renderHeader(model: ReportModel): Html {
  const { pipeline, description, state, stages, startedAt, writtenAt, notAsked } = model;
  const colour = { running: 'good', succeeded: 'good', failed: 'bad', interrupted: 'warn' }[state];
  const order: readonly ReportStage['state'][] = [
    'failed',
    'cancelled',
    'blocked',
    'ran',
    'restored',
    'up to date',
    'running',
    'waiting',
  ];
  const counts = order.flatMap((one) => {
    const count = stages.filter((stage) => stage.state === one).length;
    return count > 0 ? [`${count.toLocaleString('en-US')} ${one === 'cancelled' ? 'interrupted' : one}`] : [];
  });
  return html`<header>
<h1>${pipeline}</h1>
${description !== undefined && html`<p class="lead">${description}</p>`}
<p class="status"><span class="badge ${colour}">${stateWords[state]}</span><span>${formatCountOf(stages.length, 'stage')}: ${counts.join(', ')}</span><span>${
    state === 'running' ? 'for' : 'in'
  } ${formatSeconds(Math.max(0, writtenAt - startedAt) / 1000)}</span><span class="nowrap">${whenIs(startedAt)}</span></p>
${notAsked > 0 && html`<p class="soft small">${formatCountOf(notAsked, 'more stage')} of this pipeline ${notAsked === 1 ? 'was' : 'were'} not asked for.</p>`}
${state === 'running' && html`<p class="soft small" role="status">This page renews itself while the run goes on.</p><div id="stalled" class="card alert warn" hidden><p>It was not renewed for a while, and stopped asking: the run may have been killed. Load the page again to see.</p></div>`}
${renderProblems(model)}
</header>`;
}

/** What went wrong comes before what went well. */
function renderProblems({ stages, warnings }: ReportModel): Html {
  const failed = stages.filter(({ state }) => state === 'failed');
  // What a stage warned of when it ran is as true when it is up to date or restored.
  const all = [
    ...warnings,
    ...stages.flatMap(({ name, warnings: own }) =>
      own
        .filter((text) => !warnings.some(({ stage, message }) => stage === name && message === text))
        .map((message) => ({ stage: name, message })),
    ),
  ];
  return html`${failed
    .slice(0, 10)
    .map(
      ({ name, message, log }) =>
        html`<div class="card alert" role="alert"><h3>${name} failed</h3><pre>${message ?? 'No reason given.'}</pre>${
          log !== undefined &&
          html`<details class="more"><summary>The end of its log</summary><pre>${log.text.split('\n').slice(-20).join('\n')}</pre></details>`
        }</div>`,
    )}${failed.length > 10 && html`<p>… and ${failed.length - 10} more failed.</p>`}${
    all.length > 0 &&
    html`<div class="card alert warn"><h3>${formatCountOf(all.length, 'warning')}</h3><ul>${all
      .slice(0, 30)
      .map(
        ({ stage, message }) => html`<li>${stage !== undefined && html`<strong>${stage}</strong>: `}${message}</li>`,
      )}</ul></div>`
  }`;
}

function sectionsOf(model: ReportModel): readonly Section[] {
  const stages = finalsFirst(model);
  const running = renderRunning(stages);
  return [
    { id: 'progress', title: 'Progress', content: running.length > 0 ? [tiles(running), ...renderEpochs(stages)] : [] },
    { id: 'findings', title: 'Findings', content: renderFindings(stages) },
    { id: 'charts', title: 'Charts', content: renderCharts(stages) },
    { id: 'tables', title: 'Tables', content: renderTables(stages) },
    { id: 'data', title: 'Data', content: renderData(stages) },
    { id: 'pipeline', title: 'What ran and why', content: [...renderGraph(model), renderWhatRan(model)] },
    { id: 'stages', title: 'Stages', content: model.stages.map(renderStage) },
    {
      id: 'provenance',
      title: 'Provenance',
      content: [html`<div class="card padded">${renderFacts(model.facts)}</div>`],
    },
  ];
}

const tiles = (content: readonly Html[]): Html => html`<div class="half">${content}</div>`;

/** What the run is for, then the rest in the order of the file. */
function finalsFirst({ stages, finals }: ReportModel): readonly ReportStage[] {
  const place = new Map(finals.map((name, index) => [name, index]));
  const of = ({ name }: ReportStage) => place.get(name) ?? finals.length;
  return [...stages].sort((a, b) => of(a) - of(b));
}

function renderEpochs(stages: readonly ReportStage[]): readonly Html[] {
  const charts = stages.flatMap(({ name, state, points }) => {
    const spec = state === 'running' ? epochChart(name, points) : undefined;
    if (spec === undefined) return [];
    const chart = {
      as: 'chart',
      title: `${name} so far`,
      subtitle: '',
      width: 560,
      height: 420,
      isPlain: true,
    } as const;
    return renderChart(name, undefined, { ...chart, spec: JSON.stringify(spec) });
  });
  return charts.length > 0 ? [html`<div class="charts" style="margin-top:1rem">${charts}</div>`] : [];
}

/** Each output with its form, by the form. */
function shownAs<As extends Shown['as']>(stages: readonly ReportStage[], as: As) {
  return stages.flatMap((stage) =>
    stage.outputs.flatMap((output) =>
      output.shown?.as === as ? [{ stage, output, shown: output.shown as Extract<Shown, { as: As }> }] : [],
    ),
  );
}

const nameOf = (stage: ReportStage, { port }: ReportOutput): string => `${stage.name}.${port}`;

function renderCharts(stages: readonly ReportStage[]): readonly Html[] {
  const charts = shownAs(stages, 'chart').map(({ stage, output, shown }) =>
    renderChart(nameOf(stage, output), output.href, shown),
  );
  return charts.length > 0 ? [html`<div class="charts">${charts}</div>`] : [];
}

/** Files of numbers that are listed; of more, each is with its stage. */
const mostMetrics = 6;

function renderTables(stages: readonly ReportStage[]): readonly Html[] {
  const caption = (stage: ReportStage, output: ReportOutput) =>
    html`${nameOf(stage, output)} <a class="small" href="${output.href}">${output.path.split('/').at(-1)!}</a>`;
  const tables = shownAs(stages, 'table').filter(({ shown }) => !isStatistics(shown) && shown.rows.length > 0);
  const all = [
    ...renderHighlights(stages.map(withoutCounts)),
    ...shownAs(stages, 'markdown').map(
      ({ stage, output, shown }) =>
        html`<div><h3>${caption(stage, output)}</h3>${renderMarkdown(shown.text)}${shown.leftOut !== undefined && html`<p class="soft small">${shown.leftOut}</p>`}</div>`,
    ),
    ...tables.map(({ stage, output, shown }) => renderShownTable(shown, caption(stage, output))),
  ];
  const metrics = shownAs(stages, 'metrics').map(
    ({ stage, output, shown }) =>
      html`<details class="stage card" id="metrics-${nameOf(stage, output)}"><summary><h3>All numbers of ${nameOf(stage, output)}</h3></summary><div class="inside">${renderMetrics(shown.metrics, caption(stage, output))}</div></details>`,
  );
  return [
    ...(all.length > 0 ? [html`<div class="half">${all}</div>`] : []),
    ...(metrics.length <= mostMetrics ? metrics : []),
  ];
}

/** Counts of images are told with the data, where a stage left them as a table, too. */
function withoutCounts(stage: ReportStage): ReportStage {
  const counts = stage.outputs.flatMap(({ shown }) =>
    shown?.as === 'table' && isStatistics(shown) ? shown.columns : [],
  );
  const highlights = stage.highlights.filter(({ columns }) => columns.some((name) => !counts.includes(name)));
  return { ...stage, highlights };
}

/** What `load-dataset` counts: told with the data. */
const isStatistics = ({ columns }: Extract<Shown, { as: 'table' }>): boolean =>
  ['split', 'class', 'images'].every((name) => columns.includes(name));

function renderData(stages: readonly ReportStage[]): readonly Html[] {
  const sheets = shownAs(stages, 'table')
    .filter(({ shown }) => isStatistics(shown))
    .map(({ stage, output, shown }) => renderDataset(stage.name, output.href, shown));
  const images = shownAs(stages, 'images')
    .filter(({ shown }) => shown.images.length > 0)
    .map(
      ({
        stage,
        output,
        shown,
      }) => html`<div class="card keep"><h3 style="margin:.7rem .8rem 0">${nameOf(stage, output)}</h3>
<div class="images">${shown.images.map(({ name, uri }) => html`<img src="${uri}" alt="${name}" title="${name}" loading="lazy">`)}</div>
${shown.leftOut !== undefined && html`<p class="soft small" style="margin:0 .8rem .7rem">${shown.leftOut}</p>`}</div>`,
    );
  return sheets.length + images.length > 0 ? [html`<div class="stack">${sheets}${images}</div>`] : [];
}

function renderGraph({ graph, stages }: ReportModel): readonly Html[] {
  if (graph === undefined) return [];
  const { wide, narrow } = graph;
  const sizes = `--wide:${wide.width}px;--narrow:${narrow.width}px`;
  return [
    html`<div class="card graph keep" tabindex="0" role="group" aria-label="Graph of the stages"><picture><source media="(max-width: 640px)" srcset="${uriOf(narrow)}"><img src="${uriOf(wide)}" style="${sizes}" alt="Graph of the ${formatCountOf(stages.length, 'stage')}; the table below lists them, and each names what it reads."></picture></div><p></p>`,
  ];
}

const uriOf = ({ svg }: GraphDrawing): string => dataUri('image/svg+xml', Buffer.from(svg));
