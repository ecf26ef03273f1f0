import { formatSeconds, shareDone } from '../../format-numbers.ts';
import type { Json } from '../../json.ts';
import { formatNumber } from './format-number.ts';
import { type Html, html } from './html.ts';
import { renderMetrics, renderTable } from './render-table.ts';
import type { ReportModel, ReportStage, Setting } from './report-model.ts';

/** How a stage stands, in a word and a colour. */
const words: Readonly<Record<ReportStage['state'], readonly [word: string, colour: '' | 'good' | 'bad' | 'warn']>> = {
  ran: ['ran', 'good'],
  restored: ['restored', 'good'],
  'up to date': ['up to date', ''],
  failed: ['failed', 'bad'],
  blocked: ['not run', 'warn'],
  cancelled: ['interrupted', 'warn'],
  running: ['running', 'good'],
  waiting: ['waiting', ''],
};

const renderState = (state: ReportStage['state']): Html =>
  html`<span class="badge ${words[state][1]}">${words[state][0]}</span>`;

/** Names a stage's part of the page. */
const stageId = (name: string): string => `stage-${name}`;

/** What ran, why, and how long it took. */
export function renderWhatRan({ stages }: ReportModel): Html {
  const longest = Math.max(...stages.map(({ seconds }) => seconds), 0.001);
  return html`<div class="scroll card" tabindex="0" role="group" aria-label="What ran"><table class="bars">
<thead><tr><th scope="col">stage</th><th scope="col">kind</th><th scope="col">how it ended</th><th scope="col">why</th><th scope="col" class="number">time</th><th scope="col"><span aria-hidden="true"></span></th></tr></thead>
<tbody>
${stages.map(
  ({
    name,
    kind,
    state,
    reasons,
    message,
    seconds,
  }) => html`<tr><th scope="row"><a href="#${encodeURIComponent(stageId(name))}">${name}</a></th><td>${kind}</td><td>${renderState(state)}</td><td class="soft">${
    message?.split('\n')[0] ?? whyIn(reasons, state)
  }</td><td class="number">${seconds > 0 ? formatSeconds(seconds) : '–'}</td><td>${
    seconds > 0 && html`<span class="bar" style="width:${Math.max(0.5, (100 * seconds) / longest).toFixed(1)}%"></span>`
  }</td></tr>
`,
)}</tbody></table></div>`;
}

function whyIn(reasons: readonly string[], state: ReportStage['state']): string {
  const [first, ...more] = reasons;
  if (first === undefined) return state === 'up to date' ? 'nothing changed' : '';
  return more.length > 0 ? `${first} and ${more.length} more` : first;
}

/** Everything of one stage, to be opened. */
export function renderStage(stage: ReportStage): Html {
  const { name, kind, state, seconds, description, reasons, message, inputs, outputs, warnings, log, record } = stage;
  return html`<details class="stage card" id="${stageId(name)}"><summary><h3>${name}</h3><span class="soft small">${kind}</span>${renderState(state)}<span class="soft small">${
    seconds > 0 && formatSeconds(seconds)
  }</span></summary><div class="inside">
${description !== undefined && html`<p>${description}</p>`}
${message !== undefined && html`<pre>${message}</pre>`}
${reasons.length > 0 && html`<h4>Why</h4><ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}
${warnings.length > 0 && html`<h4>Warnings</h4><ul>${warnings.map((line) => html`<li>${line}</li>`)}</ul>`}
<div class="half"><div>${renderChanges(stage)}${renderSettings(stage.settings)}</div>
<div>${
    inputs.length > 0 &&
    html`<h4>Inputs</h4>${renderTable(
      undefined,
      ['port', 'reads'],
      inputs.map(({ port, from }) => [port, from.join(', ')]),
    )}`
  }
<h4>Outputs</h4><div class="scroll card"><table><thead><tr><th scope="col">port</th><th scope="col">type</th><th scope="col">where</th></tr></thead><tbody>
${outputs.map(
  ({
    port,
    type,
    path,
    href,
  }) => html`<tr><th scope="row">${port}</th><td>${type}</td><td><a href="${href}">${path}</a></td></tr>
`,
)}</tbody></table></div>
${record.length > 0 && html`<h4>How its result came about</h4>${renderFacts(record)}`}</div></div>
${outputs.flatMap(({ port, shown }) => (shown?.as === 'metrics' ? [html`<h4>Numbers of ${port}</h4>${renderMetrics(shown.metrics)}`] : []))}
${
  log !== undefined &&
  html`<h4>Log${log.cut && ' (its end; the whole: restage logs)'}</h4><pre tabindex="0" role="group" aria-label="Log of ${name}">${log.text}</pre>`
}
</div></details>
`;
}

export const renderFacts = (facts: readonly (readonly [name: string, value: string])[]): Html =>
  html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

function renderChanges({ changes, state }: ReportStage): Html {
  if (changes === undefined)
    return html`${state !== 'waiting' && html`<h4>Since its last result</h4><p class="soft small">There was none before.</p>`}`;
  if (changes.length === 0) return html`<h4>Since its last result</h4><p class="soft small">Nothing differs.</p>`;
  return html`<h4>Since its last result</h4><div class="scroll card changed"><table><thead><tr><th scope="col">value</th><th scope="col">before</th><th scope="col">now</th></tr></thead><tbody>
${changes.map(
  ({ path, before, after }) =>
    html`<tr><th scope="row"><code>${path}</code></th><td><del>${showJson(before)}</del></td><td><ins>${showJson(after)}</ins></td></tr>
`,
)}</tbody></table></div>`;
}

function renderSettings(settings: readonly Setting[]): Html {
  if (settings.length === 0) return html``;
  const table = (some: readonly Setting[]) =>
    renderTable(
      undefined,
      ['setting', 'value'],
      some.map(({ path, value }) => [path, showJson(value)]),
    );
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

/** Stages that work now: how far they are, and the last values of their curves. */
export function renderRunning(stages: readonly ReportStage[]): readonly Html[] {
  return stages
    .filter(({ state }) => state === 'running')
    .map(({ name, kind, progress, points }) => {
      const point = points.at(-1);
      const share = progress === undefined ? undefined : shareDone(progress);
      return html`<div class="card padded"><strong>${name}</strong> <span class="soft small">${kind}</span>
${
  share !== undefined &&
  html`<progress value="${share.toFixed(4)}" max="1" aria-label="Progress of ${name}">${Math.floor(100 * share)} %</progress>
<p class="small soft">${Math.floor(100 * share)} %${progress?.note !== undefined && `, ${progress.note}`}${
    progress?.secondsLeft !== undefined && `, about ${formatSeconds(progress.secondsLeft)} left`
  }</p>`
}${
  point !== undefined &&
  html`<p class="small">After ${point.unit} ${point.step}: ${Object.entries(point.values)
    .map(([curve, value]) => `${curve} ${formatNumber(value)}`)
    .join(', ')}</p>`
}</div>`;
    });
}
