import { formatCountOf } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { headlineMetrics } from '../../learning/metrics/metric-catalogue.ts';
import { groupSummaryTables, isChoice, isData } from '../group-summary-tables.ts';
import { showNumber } from '../measured-number.ts';
import { baseName } from '../stage-base-name.ts';
import { later, renderChart } from './chart-figure.ts';
import { findingOf } from './findings-section.ts';
import { type Html, html } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { type Section, withContent } from './page-frame.ts';
import { fileLink, renderDataset, renderShownTable, renderSummaryTable } from './render-table.ts';
import type { ReportOutput, ReportStage, ShownArtifact } from './report-model.ts';
import { endedCurves } from './stage-curves.ts';
import { renderStage, stateBadge } from './stage-sections.ts';

/** Above this many stages, a pipeline that includes others is shown by experiment. */
const mostFlat = 24;

/**
 * Charts, tables, pictures and details of all stages; a large pipeline with includes is folded by
 * experiment.
 */
export function resultSections(stages: readonly ReportStage[]): readonly Section[] {
  const experiments = groupBy(stages, ({ name }) => experimentOf(name));
  if (stages.length > mostFlat && experiments.size > 1) {
    const content = Array.from(experiments, ([name, experimentStages]) =>
      renderExperiment(name, experimentStages, stages),
    );
    return [{ id: 'experiments', title: 'Experiments', content }];
  }
  return [
    ...shownSections(stages, stages),
    { id: 'stages', title: 'Stages', content: stages.map((stage) => renderStage(stage)) },
  ];
}

/**
 * The name under which the stage's pipeline was included; empty for a stage of the run's own
 * pipeline.
 */
export const experimentOf = (stage: string): string =>
  stage.replace(/\[.*$/, '').split('/').slice(0, -1).join('/');

function renderExperiment(
  name: string,
  stages: readonly ReportStage[],
  all: readonly ReportStage[],
): Html {
  const sections = shownSections(stages, all);
  const states = [...new Set(stages.map(({ state }) => state))];
  const charts = stages
    .flatMap(({ outputs }) => outputs)
    .filter(({ preview }) => preview?.as === 'chart').length;
  const notes = [
    formatCountOf(stages.length, 'stage'),
    ...(charts > 0 ? [formatCountOf(charts, 'chart')] : []),
    ...headline(stages),
  ];
  return html`<details class="stage experiment card" id="experiment-${name}"><summary><h3>${name === '' ? 'The pipeline’s own stages' : name}</h3>${states.map(stateBadge)}<span class="soft small">${notes.join(' · ')}</span></summary><div class="inside">
${sections.map(({ title, content }) => html`<h3>${title}</h3>${content}`)}
<h3>Stages</h3>${stages.map((stage) => renderStage(stage))}</div></details>
`;
}

function headline(stages: readonly ReportStage[]): readonly string[] {
  const findings = stages.flatMap(findingOf);
  for (const { name, title } of headlineMetrics) {
    const splitValues = findings.flatMap(({ split, metrics }) => {
      const value = metrics.get(name)?.value;
      return value == null ? [] : [{ split, value }];
    });
    if (splitValues.length === 0) continue;
    const values = splitValues.map(({ value }) => value);
    const low = showNumber(Math.min(...values));
    const high = showNumber(Math.max(...values));
    const splits = [...new Set(splitValues.map(({ split }) => split))].join(', ');
    return [`${title} ${low === high ? low : `${low} to ${high}`} on ${splits}`];
  }
  return [];
}

/** The charts, tables and data of some stages; `all` are those of the run. */
function shownSections(
  stages: readonly ReportStage[],
  all: readonly ReportStage[],
): readonly Section[] {
  return withContent([
    { id: 'charts', title: 'Charts', content: renderCharts(stages, all) },
    { id: 'tables', title: 'Tables', content: renderTables(stages) },
    { id: 'data', title: 'Data', content: renderData(stages) },
  ]);
}

/** Of the charts that all instances of a matrix have, so many are in sight; others are folded. */
const mostAlike = 2;

function renderCharts(
  stages: readonly ReportStage[],
  all: readonly ReportStage[],
): readonly Html[] {
  const groups = groupBy(
    shownAs(stages, 'chart'),
    ({ stage, output: { port } }) => `${baseName(stage.name)}.${port}`,
  );
  const drawn = Array.from(groups, ([name, group]) => {
    const charts = group.map(({ stage, output, preview }) =>
      renderChart(nameOf(stage, output), output.href, preview),
    );
    const isLong = charts.length > mostAlike + 1;
    return { name, first: isLong ? charts.slice(0, mostAlike) : charts, charts };
  });
  const first = [...drawn.flatMap((group) => group.first), ...endedCurves(stages, all)];
  const folded = drawn.flatMap(({ name, first, charts }) => {
    const others = charts.slice(first.length);
    return others.length === 0
      ? []
      : [
          html`<details class="more" id="charts-${name}"><summary>${formatCountOf(others.length, 'more chart')} ${name}, one for each member of the matrix</summary><div class="charts">${others}</div></details>`,
        ];
  });
  return first.length === 0 ? [] : [html`<div class="charts">${first}</div>`, ...folded];
}

function shownAs<As extends ShownArtifact['as']>(stages: readonly ReportStage[], as: As) {
  return stages.flatMap((stage) =>
    stage.outputs.flatMap((output) =>
      output.preview?.as === as
        ? [{ stage, output, preview: output.preview as Extract<ShownArtifact, { as: As }> }]
        : [],
    ),
  );
}

const nameOf = (stage: ReportStage, { port }: ReportOutput): string => `${stage.name}.${port}`;

/**
 * The summary tables of stages, or the files of a stage that has none: each number
 * appears once.
 */
function renderTables(stages: readonly ReportStage[]): readonly Html[] {
  const summaryTables = groupSummaryTables(
    stages.map(({ name, summaryTables }) => ({
      name,
      // Choices stand with the findings.
      summaryTables: summaryTables.filter((table) => !isChoice(table) && !isData(table)),
    })),
  );
  const silent = stages.filter(({ summaryTables }) => summaryTables.length === 0);
  const caption = (stage: ReportStage, output: ReportOutput) =>
    html`${nameOf(stage, output)} ${fileLink(output.href)}`;
  const all = [
    ...summaryTables.map(renderSummaryTable),
    ...shownAs(silent, 'markdown').map(
      ({ stage, output, preview }) =>
        html`<div><h3>${caption(stage, output)}</h3>${renderMarkdown(preview.text)}${preview.leftOut !== undefined && html`<p class="soft small">${preview.leftOut}</p>`}</div>`,
    ),
    ...shownAs(silent, 'table')
      .filter(({ output, preview }) => output.counts === undefined && preview.rows.length > 0)
      .map(({ stage, output, preview }) => renderShownTable(preview, caption(stage, output))),
  ];
  return all.length > 0 ? [html`<div class="half">${all}</div>`] : [];
}

function renderData(stages: readonly ReportStage[]): readonly Html[] {
  const counts = shownAs(stages, 'table').flatMap(({ stage, output, preview }) =>
    output.counts === undefined
      ? []
      : [renderDataset(stage.name, output.href, { ...preview, counts: output.counts })],
  );
  // The table of the file has what the summary table of such a stage has, and more.
  const uncounted = stages.filter(
    ({ outputs }) => !outputs.some(({ preview, counts }) => preview?.as === 'table' && counts),
  );
  const data = groupSummaryTables(
    uncounted.map(({ name, summaryTables }) => ({
      name,
      summaryTables: summaryTables.filter(isData),
    })),
  ).map(renderSummaryTable);
  const images = shownAs(stages, 'images')
    .filter(({ preview }) => preview.images.length > 0)
    .map(
      ({
        stage,
        output,
        preview,
      }) => html`<div class="card keep padded"><h3>${nameOf(stage, output)}</h3>
<div class="images later">${later(preview.images.map(({ name, uri }) => html`<img src="${uri}" alt="${name}" title="${name}">`))}</div>
${preview.leftOut !== undefined && html`<p class="soft small">${preview.leftOut}</p>`}</div>`,
    );
  return counts.length + data.length + images.length > 0
    ? [html`<div class="stack">${counts}${data}${images}</div>`]
    : [];
}
