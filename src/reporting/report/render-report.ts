import { lastLines } from '../../engine/execution/processes/log-tail.ts';
import { formatCountOf, formatList, formatSeconds, shareDone } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { showNumber } from '../measured-number.ts';
import { formatCounts, runTones } from '../states.ts';
import { renderFindings } from './findings-section.ts';
import { type Html, html } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { renderMatrices } from './matrix-section.ts';
import { type Page, renderPage } from './page-frame.ts';
import { renderTable } from './render-table.ts';
import type { ReportModel, ReportStage } from './report-model.ts';
import { resultSections } from './results-sections.ts';
import { runningCurves, usageCharts } from './stage-curves.ts';
import { renderFacts, renderWhatRan } from './stage-sections.ts';
import type { Sweep } from './sweep-tables.ts';

const mostFailures = 10;
const mostWarnings = 4;

/** The whole page of a run: one file that needs no other. The same model gives the same text. */
export const renderReport = (model: ReportModel): string => renderPage(reportPage(model));

/** The parts of the page. A served page is renewed by its server, and does not reload. */
export function reportPage(model: ReportModel, reloads = model.state === 'running'): Page {
  const stages = finalsFirst(model);
  const warnings = allWarnings(model);
  return {
    title: `${model.pipeline}: ${model.state}`,
    state: model.state,
    writtenAt: model.writtenAt,
    header: renderHeader(model, warnings.length, reloads),
    sections: [
      { id: 'summary', title: 'Summary', content: stages.flatMap(renderSummary) },
      { id: 'progress', title: 'Progress', content: renderProgress(model) },
      { id: 'matrix', title: 'Matrix', content: renderMatrices(stages) },
      { id: 'findings', title: 'Findings', content: renderFindings(stages) },
      { id: 'sweeps', title: 'Sweeps', content: model.sweeps.map(renderSweep) },
      {
        id: 'selections',
        title: 'Selections after test numbers',
        content: renderLateSelections(model),
      },
      { id: 'looks', title: 'Looks at sealed images', content: renderLooks(model) },
      { id: 'warnings', title: 'Warnings', content: renderWarnings(warnings) },
      ...resultSections(stages),
      { id: 'usage', title: 'Use of the machine', content: usageCharts(model.usage ?? []) },
      { id: 'pipeline', title: 'What ran and why', content: renderWhatRan(model) },
      {
        id: 'provenance',
        title: 'Provenance',
        content: [html`<div class="card padded">${renderFacts(model.facts)}</div>`],
      },
    ],
    footer: html`Written by Restage at ${whenIs(model.writtenAt)}. The run is <code>${model.run}</code>; <code>restage explain</code>, <code>restage logs</code> and <code>restage history</code> show more about it.`,
  };
}

const renderSummary = ({ outputs }: ReportStage): readonly Html[] =>
  outputs.flatMap(({ preview }) =>
    preview?.as === 'summary'
      ? [
          html`<div class="card padded prose keep">${renderMarkdown(preview.text, preview.pictures)}</div>`,
        ]
      : [],
  );

const renderSweep = ({ title, columns, rows, text }: Sweep): Html =>
  html`${renderTable(columns, rows, title)}${text !== undefined && html`<p>${text}</p>`}`;

function renderLateSelections({ lateSelections }: ReportModel): readonly Html[] {
  if (lateSelections.length === 0) return [];
  const rows = lateSelections.map(({ stage, at, test }) => [
    stage,
    whenIs(at),
    test.stage,
    whenIs(test.at),
  ]);
  const why =
    'Numbers of the test split existed before these were chosen. If they influenced the choice, they are optimistic.';
  return [
    html`<p>${why}</p>${renderTable(['selection', 'made', 'first test numbers', 'since'], rows)}`,
  ];
}

function renderLooks({ looks = [] }: ReportModel): readonly Html[] {
  if (looks.length === 0) return [];
  const rows = looks.map(({ stage, of, line, before }) => [
    stage,
    formatList(of),
    before.images,
    before.scores,
    before.exposed,
    before.unsealed,
    line,
  ]);
  const columns = [
    'stage',
    'sealed',
    'looks at the images before',
    'at their scores before',
    'that took images out before',
    'broken seals before',
    'line',
  ];
  const why =
    'Every look at sealed images is a line of ledger.jsonl. A number that many looks came before may have been chosen by them.';
  return [html`<p>${why}</p>${renderTable(columns, rows)}`];
}

/**
 * The final stages, then the rest in the order of the file; during a run first what runs, and what
 * waits last.
 */
function finalsFirst({ state, stages, finals }: ReportModel): readonly ReportStage[] {
  if (state === 'running') {
    const rankOf = (stage: ReportStage) => {
      if (stage.state === 'running') return 0;
      return stage.state === 'waiting' ? 2 : 1;
    };
    return stages.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
  const ranks = new Map(finals.map((name, index) => [name, index]));
  const of = ({ name }: ReportStage) => ranks.get(name) ?? finals.length;
  return stages.toSorted((a, b) => of(a) - of(b));
}

/**
 * A time in the machine's own time zone, with its offset, since the page cannot know the reader's.
 */
function whenIs(time: number): Html {
  const date = new Date(time);
  return html`<time datetime="${date.toISOString()}">${date.toLocaleString('sv-SE', { timeZoneName: 'short' })}</time>`;
}

function renderHeader(model: ReportModel, warnings: number, reloads: boolean): Html {
  const { pipeline, description, state, stages, startedAt, seconds, notAsked } = model;
  const isRunning = state === 'running';
  const byState = groupBy(stages, (stage) => stage.state);
  const counts = Object.fromEntries(Array.from(byState, ([name, { length }]) => [name, length]));
  return html`<header>
<h1>${pipeline}</h1>
${description !== undefined && html`<p class="lead">${description}</p>`}
<p class="status"><span class="badge ${runTones[state]}">${state}</span><span>${formatCountOf(stages.length, 'stage')}: ${formatCounts(counts)}</span>${
    warnings > 0 && html`<a href="#warnings">${formatCountOf(warnings, 'warning')}</a>`
  }<span>${isRunning ? 'for' : 'in'} ${formatSeconds(seconds)}</span><span class="nowrap">${whenIs(startedAt)}</span></p>
${notAsked > 0 && html`<p class="soft small">${formatCountOf(notAsked, 'more stage')} of this pipeline ${notAsked === 1 ? 'was' : 'were'} not asked for.</p>`}
${reloads && html`<p class="soft small" role="status">This page reloads during the run.</p><div id="stalled" class="card alert warn" hidden><p>It has not been updated for a while and stopped reloading: the run may have been killed. Load the page again to see.</p></div>`}
${renderFailures(stages)}
${renderAgain(model)}
</header>`;
}

/** How a run that did not come to its end goes on. */
function renderAgain({ state, pipeline }: ReportModel): Html {
  if (state === 'succeeded' || state === 'running') return html``;
  return html`<p>Run it again to resume, which repeats no stage that succeeded: <code>restage run ${shellQuote(`${pipeline}.yaml`)}</code></p>`;
}

function renderFailures(stages: readonly ReportStage[]): Html {
  const failed = stages.filter(({ state }) => state === 'failed');
  return html`${failed.slice(0, mostFailures).map(({ name, message = 'No reason given.', log }) => {
    const lines = lastLines(log?.text ?? '');
    const saysMore = lines.some((line) => !message.includes(line));
    return html`<div class="card alert" role="alert"><h3>${name} failed</h3><pre>${message}</pre>${
      saysMore &&
      html`<details class="more" open><summary>The end of its log</summary><pre>${lines.join('\n')}</pre></details>`
    }</div>`;
  })}${failed.length > mostFailures && html`<p>… and ${failed.length - mostFailures} more failed.</p>`}`;
}

type Warning = ReportModel['warnings'][number];

/**
 * The warnings of the run, and those recorded with results: they still hold where a stage is up to
 * date or restored.
 */
function allWarnings({ stages, warnings }: ReportModel): readonly Warning[] {
  const streamed = new Set(warnings.map(({ stage, message }) => JSON.stringify([stage, message])));
  const recorded = stages.flatMap(({ name, warnings: texts }) =>
    texts.map((message) => ({ stage: name, message })),
  );
  return [
    ...warnings,
    ...recorded.filter(({ stage, message }) => !streamed.has(JSON.stringify([stage, message]))),
  ];
}

/** Warnings that differ only in their numbers share a line, which unfolds. */
function renderWarnings(warnings: readonly Warning[]): readonly Html[] {
  const groups = groupBy(warnings, ({ message }) => message.replaceAll(/\d+(\.\d+)?/g, '#'));
  const line = ({ stage, message }: Warning) =>
    html`${stage !== undefined && html`<strong>${stage}</strong>: `}${message}`;
  const items = Array.from(groups.values(), (group) => {
    const { message } = group[0]!;
    const lines = group.map((warning) => html`<li>${line(warning)}</li>`);
    if (group.length === 1) return lines[0]!;
    const isSame = group.every((warning) => warning.message === message);
    const times = isSame ? ' ×' : ' with different numbers, such as:';
    return html`<li><details class="more"><summary><strong>${group.length}${times}</strong> ${message}</summary><ul>${lines}</ul></details></li>`;
  });
  if (items.length === 0) return [];
  const list = html`<ul>${items}</ul>`;
  const folded = html`<details class="more"><summary>${formatCountOf(warnings.length, 'warning')}, ${items.length} different ones</summary>${list}</details>`;
  return [html`<div class="card alert warn">${items.length > mostWarnings ? folded : list}</div>`];
}

/** Stages that work now: how far they are, the last values of their curves, and the curves. */
function renderProgress({ stages, secondsLeft }: ReportModel): readonly Html[] {
  const running = stages.filter(({ state }) => state === 'running');
  const charts = running.flatMap(runningCurves);
  const ended = stages.filter(({ state }) => state !== 'running' && state !== 'waiting').length;
  const left = secondsLeft === undefined ? '' : `, about ${formatSeconds(secondsLeft)} left`;
  return [
    ...(running.length > 0
      ? [
          html`<p><progress value="${(ended / stages.length).toFixed(4)}" max="1" aria-label="Progress of the run"></progress> ${ended} of ${formatCountOf(stages.length, 'stage')} ended${left}</p>`,
        ]
      : []),
    ...(running.length > 0 ? [html`<div class="half">${running.map(renderRunning)}</div>`] : []),
    ...(charts.length > 0 ? [html`<div class="charts below">${charts}</div>`] : []),
  ];
}

function renderRunning({ name, kind, progress, lastPoint: point }: ReportStage): Html {
  const percent = progress === undefined ? undefined : Math.floor(100 * shareDone(progress));
  return html`<div class="card padded"><strong>${name}</strong> <span class="soft small">${kind}</span>
${
  progress !== undefined &&
  html`<progress value="${shareDone(progress).toFixed(4)}" max="1" aria-label="Progress of ${name}">${percent} %</progress>
<p class="small soft">${percent} %${progress.note !== undefined && `, ${progress.note}`}${
    progress.secondsLeft !== undefined && `, about ${formatSeconds(progress.secondsLeft)} left`
  }</p>`
}${
  point !== undefined &&
  html`<p class="small">After ${point.unit} ${point.step}: ${Object.entries(point.values)
    .map(([curve, value]) => `${curve} ${showNumber(value)}`)
    .join(', ')}</p>`
}</div>`;
}
