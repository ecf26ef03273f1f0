import type { Context } from 'hono';
import type { RunRecord } from '../../engine/store/runs/run-record.ts';
import { formatCountOf, formatList } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import { theme } from '../../learning/charts/theme.ts';
import { type Comparison, compareSubjects } from '../compare/compare-subjects.ts';
import { comparedCurves } from '../compare/compared-curves.ts';
import { comparisonCharts } from '../compare/comparison-charts.ts';
import {
  type ComparisonGrid,
  comparisonGrid,
  type SettingColumn,
} from '../compare/comparison-grid.ts';
import { comparisonLook } from '../compare/comparison-look.ts';
import { contentOf } from '../compare/comparison-page.ts';
import { subjectOfRun } from '../compare/comparison-subject.ts';
import { comparisonTables, shortLabel } from '../compare/comparison-tables.ts';
import type { CurvePanel } from '../compare/curve-groups.ts';
import { type SettingsCharts, settingsCharts } from '../compare/settings-charts.ts';
import { renderChart } from '../report/chart-figure.ts';
import { type Html, html } from '../report/html.ts';
import type { Section } from '../report/page-frame.ts';
import type { StageSettings } from './changed-settings.ts';
import { differencesSection } from './differences-section.ts';
import type { ImageStore } from './gallery-images.ts';
import type { RunIndex } from './run-index.ts';
import { membersComparison, runLabels } from './run-labels.ts';
import { findRow } from './run-members.ts';
import type { Sources } from './run-page.ts';
import { chartScripts, renderFrame, renderSections } from './served-page-frame.ts';
import { fileName } from './stored-report.ts';

/** What the script of the page draws. */
export interface GridData {
  readonly grid: ComparisonGrid;
  /** The place of the subject that somebody made the baseline; -1: of none. */
  readonly baseline: number;
  /** Colours and fonts of charts. */
  readonly theme: object;
  /** Charts of settings by metric, for a page without a server; else it asks for them. */
  readonly charts?: Readonly<Record<string, SettingsCharts>>;
  readonly curves: readonly CurvePanel[];
}

/** The most runs whose scores are read, and that are offered. */
const mostScored = 10;
const mostOffered = 60;
/** Tables with a column for each of more are folded: the first table has a row for each. */
const mostColumns = 6;
/** More names than this are folded. */
const mostNamed = 12;

/** A run that has ended, or a member of its matrix, and its record. */
interface Compared {
  readonly id: string;
  readonly run: string;
  readonly member?: string;
  /** What tells it from the others, or its time. */
  readonly label: string;
  readonly record: RunRecord;
  readonly axes: StageSettings;
}

/** What an address asks to compare. */
interface ComparisonOfRuns {
  readonly runs: readonly Compared[];
  /** The place of the run that the others are tested against; -1: no tests. */
  readonly base: number;
  /** `run`, or `member` where one is a member of a matrix. */
  readonly noun: string;
  readonly withScores: boolean;
  readonly comparison: Comparison;
  readonly grid: ComparisonGrid;
}

/**
 * Compares the runs that an address names; undefined where these are fewer than two. Numbers of
 * sealed images are a look, which is written first.
 */
async function comparisonOf(c: Context, sources: Sources): Promise<ComparisonOfRuns | undefined> {
  const { index, results, store, fill } = sources;
  const runs = comparedRuns([...askedRuns(c)], index);
  if (runs.length < 2) return undefined;
  const base = runs.findIndex(({ id }) => id === c.req.query('base'));
  const withScores = runs.length <= mostScored;
  const source = {
    readResult: results.read.bind(results),
    objectPath: store.objectPath.bind(store),
    fill,
  };
  const subjects = runs.map(({ label, record }) =>
    subjectOfRun(label, record, source, { withScores }),
  );
  const comparison = compareSubjects(subjects, base === -1 ? 'none' : base);
  const look = comparisonLook(subjects, comparison);
  if (look !== undefined) {
    const against = base === -1 ? '' : ` against ${runs[base]!.id}`;
    const by = `restage serve: compare ${runs.map(({ id }) => id).join(' ')}${against}`;
    await sources.recordLook({ by, kind: 'serve', ...look });
  }
  const grid = comparisonGrid(comparison, {
    runs: runs.map(({ run }) => run),
    axes: axisColumns(runs),
  });
  const noun = runs.some(({ id, run }) => id !== run) ? 'member' : 'run';
  return { runs, base, noun, withScores, comparison, grid };
}

const askedRuns = (c: Context): ReadonlySet<string> =>
  new Set((c.req.queries('runs') ?? []).flatMap((part) => part.split(',')));

/** The charts of settings against the metric that the address names; null where there are none. */
export async function settingsData(c: Context, sources: Sources): Promise<Response> {
  const compared = await comparisonOf(c, sources);
  const charts = compared && settingsCharts(compared.grid, c.req.query('y') ?? '', compared.noun);
  return c.json(charts ?? null);
}

/**
 * Runs beside one another: settings, numbers, curves, charts; and tests against `base` where the
 * address asks for it.
 */
export async function comparePage(
  c: Context,
  sources: Sources,
  images: ImageStore,
): Promise<Response> {
  const { project, isStatic } = sources;
  const compared = await comparisonOf(c, sources);
  if (compared === undefined)
    return c.html(
      renderFrame({
        title: 'Compare',
        at: '/compare',
        project,
        content: chooser(sources, askedRuns(c)),
      }),
    );
  const { runs, base, noun, withScores, comparison, grid } = compared;
  const charts = isStatic ? chartsByMetric(grid, noun) : undefined;
  return c.html(
    renderFrame({
      title: `${runs.length} ${noun}s compared`,
      at: '/compare',
      project,
      isStatic,
      hasImages: sources.imageRuns.size > 0,
      scripts: [...chartScripts, 'compare-grid.js'],
      data: {
        grid,
        baseline: runs.findIndex((row) => sources.notes.of(row)?.isBaseline === true),
        theme,
        curves: comparedCurves(comparison),
        ...(charts && { charts }),
      } satisfies GridData,
      content: [
        html`<h1>${formatCountOf(runs.length, noun)} compared</h1>`,
        namesOf(runs, noun),
        withScores && comparison.paired.length > 0
          ? testLinks(runs, { base, isStatic })
          : html`<p class="soft small">Tests and ROC curves compare at most ${mostScored} runs that scored the same images.</p>`,
        ...(isStatic ? [] : imageLinks(runs, sources)),
        html`<section aria-labelledby="grid-title"><h2 id="grid-title">Side by side</h2><div id="grid"></div></section>`,
        ...renderSections(
          sectionsOf(comparison, {
            differences: differencesOf(runs, sources, images),
            beside: withScores ? chartsBeside(runs, sources) : [],
          }),
        ),
      ],
    }),
  );
}

/** The charts of settings against each metric, for pages that no server makes. */
const chartsByMetric = (
  grid: ComparisonGrid,
  noun: string,
): Readonly<Record<string, SettingsCharts>> =>
  Object.fromEntries(
    grid.metrics.flatMap(({ name }) => {
      const charts = settingsCharts(grid, name, noun);
      return charts === undefined ? [] : [[name, charts] as const];
    }),
  );

/** What is compared, with links to the runs: folded where it would fill the screen. */
function namesOf(runs: readonly Compared[], noun: string): Html {
  const list = html`<ul class="names">${runs.map(({ run, label, record }) => html`<li><a href="/run/${run}">${shortLabel(label)}</a> <span class="soft">${record.pipeline}${shortLabel(label) !== shortLabel(run) && html`, ${shortLabel(run)}`}</span></li>`)}</ul>`;
  return runs.length <= mostNamed
    ? list
    : html`<details><summary>All ${formatCountOf(runs.length, noun)}</summary>${list}</details>`;
}

/** What a comparison has besides numbers. */
interface FurtherSections {
  readonly differences: readonly Section[];
  /** Charts that several runs have. */
  readonly beside: readonly Html[];
}

/** The tables and charts of a comparison. */
function sectionsOf(
  comparison: Comparison,
  { differences, beside }: FurtherSections,
): readonly Section[] {
  // The page's script draws training curves.
  const areas = comparisonCharts({ ...comparison, histories: [], curves: [] });
  const charts = areas.map(({ name, spec }) => {
    const preview = {
      as: 'chart',
      title: name,
      subtitle: '',
      width: 560,
      height: 420,
      isPlain: true,
    } as const;
    return renderChart(name, undefined, {
      ...preview,
      spec: JSON.stringify({ ...spec, config: theme }),
    });
  });
  const isWide = comparison.subjects.length > mostColumns;
  const tables = comparisonTables(comparison).map((table, i): Section => {
    const folded = isWide && table.rows.length > 0 ? 'A column for each' : table.folded;
    const content = [contentOf({ ...table, ...(folded !== undefined && { folded }) })];
    return { id: `table-${i + 1}`, title: table.title, content };
  });
  return [
    ...tables.filter(({ id }) => id === 'table-1'),
    ...differences,
    {
      id: 'roc',
      title: 'ROC curves',
      content: charts.length > 0 ? [html`<div class="charts">${charts}</div>`] : [],
    },
    ...tables.filter(({ id }) => id !== 'table-1'),
    {
      id: 'charts',
      title: 'Charts side by side',
      content: beside,
    },
  ];
}

/** What differs between two whole runs besides numbers, from the earlier to the later. */
function differencesOf(
  runs: readonly Compared[],
  { results }: Sources,
  images: ImageStore,
): readonly Section[] {
  if (runs.length !== 2 || runs.some(({ id, run }) => id !== run)) return [];
  const byTime = runs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const [earlier, later] = byTime.map(({ label, record }) => ({
    label: shortLabel(label),
    record,
    results: new Map(
      Object.entries(record.stages).flatMap(([stage, { result }]) => {
        const stored = results.read(result);
        return stored === undefined ? [] : [[stage, stored] as const];
      }),
    ),
  }));
  return [differencesSection(earlier!, later!, images)];
}

/** The runs and members of these ids that have ended, with labels that differ. */
function comparedRuns(ids: readonly string[], index: RunIndex): readonly Compared[] {
  const all = index.runs();
  const rows = ids.flatMap((id) => {
    const row = findRow(all, id);
    return row?.record === undefined ? [] : [{ ...row, record: row.record }];
  });
  const names = index.names(rows);
  const times = new Map(groupBy(names, (name) => name));
  const isShort = new Set(rows.map(({ id }) => shortLabel(id))).size === rows.length;
  return rows.map(({ id, run, member, record, axes }, i) => {
    const name = names[i]!;
    const isOnly = name !== '' && times.get(name)!.length === 1;
    const label = isOnly ? name : `${name} ${isShort ? shortLabel(id) : id}`.trim();
    return { id, run, record, axes, label, ...(member !== undefined && { member }) };
  });
}

/** The values of each axis of members, which have one of each. */
function axisColumns(rows: readonly Compared[]): readonly SettingColumn[] {
  const members = rows.filter(({ id, run }) => id !== run);
  const names = new Set(members.flatMap(({ axes }) => [...axes.values.keys()]));
  return [...names].map((name) => ({
    name,
    isAxis: true,
    values: rows.map(({ axes }) => {
      const [value, ...others] = axes.values.get(name) ?? [];
      return value === undefined || others.length > 0 ? null : value;
    }),
  }));
}

/** A form of the last runs, for an address that names fewer than two. */
function chooser({ index }: Sources, askedRuns: ReadonlySet<string>): Html {
  const runs = index.runs().filter(({ record }) => record !== undefined);
  const offered = runs.slice(0, mostOffered);
  const labels = runLabels(index);
  const rows = offered.map((run) => {
    const { id } = run;
    const members = membersComparison(run);
    return html`<li><label><input type="checkbox" name="runs" value="${id}"${askedRuns.has(id) && html` checked`}> ${labels.get(id) ?? id}</label>${members && html` <a href="${members.href}">Compare its ${members.count} members</a>`}</li>`;
  });
  const [only] = offered;
  if (runs.length < 2 && membersComparison(only) === undefined)
    return html`<h1>Compare</h1><p>Two runs that have ended can be compared; there ${runs.length === 0 ? 'is none' : 'is one'} yet.</p>`;
  const lost = [...askedRuns].filter((id) => !offered.some((run) => run.id === id.split('~')[0]));
  const news = lost.length > 0 && html`<p>There is no run ${formatList(lost)} that has ended.</p>`;
  return html`<h1>Compare</h1>${news}<p>Tick two runs or more here, or in the table of <a href="/">all runs</a>.</p>
<form action="/compare"><button>Compare</button><ul class="choices">${rows}</ul></form>`;
}

/** Paired tests take seconds, so they are a link: each run against one. */
function testLinks(
  runs: readonly Compared[],
  { base, isStatic }: { readonly base: number; readonly isStatic: boolean },
): Html {
  if (isStatic) {
    return base === -1
      ? html``
      : html`<p>Tests, image by image, are against <strong>${shortLabel(runs[base]!.label)}</strong>.</p>`;
  }
  const ids = runs.map(({ id }) => id).join(',');
  return html`<p class="links">Test the others, image by image, against: ${runs.map(
    ({ id, label }, i) =>
      i === base
        ? html`<strong>${shortLabel(label)}</strong> `
        : html`<a href="/compare?runs=${ids}&amp;base=${id}">${shortLabel(label)}</a> `,
  )}</p>`;
}

/** The images of two runs side by side, for each stage that scored them in both. */
function imageLinks(runs: readonly Compared[], { results }: Sources): readonly Html[] {
  if (runs.length !== 2 || runs.some(({ id, run }) => id !== run)) return [];
  const [first, second] = runs as [Compared, Compared];
  const scoring = ({ record }: Compared) =>
    Object.entries(record.stages).flatMap(([name, { result }]) =>
      Object.values(results.read(result)?.outputs ?? {}).some(({ type }) => type === 'scores')
        ? [name]
        : [],
    );
  const shared = scoring(first).filter((name) => scoring(second).includes(name));
  return shared.map((name) => {
    const query = new URLSearchParams({
      run: first.id,
      stage: name,
      other: `${second.id}:${name}`,
    });
    return html`<p class="links"><a href="/images?${query.toString()}">The same images by both ${name}</a></p>`;
  });
}

/**
 * Each chart that two runs or more have, as pictures in a row: ROC, confusion and whatever else
 * they drew.
 */
function chartsBeside(runs: readonly Compared[], { results, objects }: Sources): readonly Html[] {
  const all = runs.flatMap(({ label, record }) =>
    Object.entries(record.stages).flatMap(([stage, { result }]) =>
      Object.entries(results.read(result)?.outputs ?? {}).flatMap(([port, artifact]) => {
        if (artifact.type !== 'chart') return [];
        const files = objects.list(artifact, fileName(port, port, artifact));
        const name = ['chart.svg', 'chart.png'].find(files.has);
        return name === undefined
          ? []
          : [{ label, chart: `${stage}.${port}`, uri: files.uri(name) }];
      }),
    ),
  );
  return Array.from(groupBy(all, ({ chart }) => chart)).flatMap(([chart, charts]) => {
    if (charts.length < 2) return [];
    const figures = charts.map(
      ({ label, uri }) =>
        html`<figure class="card"><div class="drawing"><img loading="lazy" src="${uri}" alt="${chart} of ${shortLabel(label)}"></div><figcaption>${shortLabel(label)}</figcaption></figure>`,
    );
    const isSame = new Set(charts.map(({ uri }) => uri)).size === 1;
    return [
      html`<details class="stage card" id="chart-${chart}"><summary><h3>${chart}</h3>${isSame && html`<span class="soft small">the same in all</span>`}</summary><div class="inside beside" tabindex="0" role="group" aria-label="${chart} of each run">${figures}</div></details>`,
    ];
  });
}
