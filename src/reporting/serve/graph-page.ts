import type { Context } from 'hono';
import { describeReasons } from '../../engine/plan/describe-decision.ts';
import type { PlannedPending, PlannedStage } from '../../engine/plan/plan.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { groupBy } from '../../group-by.ts';
import type { StageGraph } from '../../learning/charts/draw-graph.ts';
import { suggest } from '../../suggest.ts';
import { describePending, describePlanned } from '../report/describe-stage.ts';
import { Html, html } from '../report/html.ts';
import { experimentOf } from '../report/results-sections.ts';
import { drawFitting } from '../report/stage-graph.ts';
import { renderStage } from '../report/stage-sections.ts';
import { countActs, plannedStates } from '../states.ts';
import { lostPage } from './lost-page.ts';
import type { Sources } from './run-page.ts';
import { renderFrame } from './served-page-frame.ts';
import type { Objects } from './stored-objects.ts';
import { fileName } from './stored-report.ts';

/** A stage of a plan, known or pending. */
export type PlannedNode = PlannedStage | PlannedPending;

/** Reads and plans the project's pipelines, as `restage plan` does. */
export interface Planner {
  /** Such as `experiments/a`. */
  names(): readonly string[];
  /** The plan, or every mistake of the file as text. */
  plan(name: string): Promise<readonly PlannedNode[] | string>;
}

/**
 * More stages than this are one box for each pipeline that is included, until the address unfolds
 * it.
 */
const mostFlat = 24;

function badgeOf(state: PlannedNode['decision']['state']): Html {
  const { act, tone } = plannedStates[state];
  return html`<span class="badge ${tone}">${act}</span>`;
}

/**
 * A pipeline by state: what a run would do now, and why. `open` in the address names the included
 * ones that are unfolded.
 */
export async function graphPage(
  c: Context,
  { project, objects, store }: Sources,
  planner: Planner,
): Promise<Response> {
  const names = planner.names();
  const last = store.runs()[0]?.pipeline();
  const usual = names.find((candidate) => candidate === last) ?? names[0];
  const askedName = c.req.query('pipeline') ?? usual;
  const name = names.find((candidate) => candidate === askedName);
  const choices = names.map(
    (choice) => html`<option${choice === name && html` selected`}>${choice}</option>`,
  );
  const form = html`<h1>Graph</h1><form class="line at-once" action="/graph"><label>Pipeline <select name="pipeline">${choices}</select></label><noscript><button>Show</button></noscript></form>`;
  const page = (content: readonly Html[], status: 200 | 404 = 200) =>
    c.html(
      renderFrame({
        title: name ?? 'Graph',
        at: '/graph',
        project,
        content: [form, ...content],
        // The second opens the stage to which a box of the graph leads.
        scripts: ['graph-view.js', 'report-page.js'],
      }),
      status,
    );
  if (askedName === undefined) {
    const content = html`<h1>Graph</h1><p>There is no pipeline in <code>pipelines/</code> yet. <code>restage init</code> writes a first one.</p>`;
    return c.html(renderFrame({ title: 'Graph', at: '/graph', project, content }));
  }
  if (name === undefined && names.length === 0) {
    const why = 'pipelines/ has none yet.';
    return lostPage(c, project, `There is no pipeline ${askedName}.`, why);
  }
  if (name === undefined)
    return page(
      [html`<p>There is no pipeline ${askedName}. ${suggest(askedName, names)}</p>`],
      404,
    );
  const planned = await planner.plan(name);
  if (typeof planned === 'string')
    return page([
      html`<div class="card alert"><h3>It has mistakes</h3><pre tabindex="0">${planned}</pre></div>`,
    ]);
  if (planned.length === 0)
    return page([html`<p>It has no stages of its own: other pipelines extend it.</p>`]);
  const open = new Set((c.req.query('open') ?? '').split(' '));
  const addressOf = (opened: Iterable<string>) =>
    `/graph?${new URLSearchParams({ pipeline: name, open: [...opened].filter(Boolean).join(' ') })}`;
  const isOpen = (experiment: string) =>
    experiment === '' || planned.length <= mostFlat || open.has(experiment);
  const graph = foldedGraph(planned, isOpen, (experiment) => addressOf([...open, experiment]));
  const fold = [...open]
    .filter(Boolean)
    .map(
      (group) =>
        html`<a href="${addressOf([...open].filter((openGroup) => openGroup !== group))}">Fold ${group}</a> `,
    );
  const svg = new Html((await drawFitting(graph)).svg);
  return page([
    html`<p>What a run would do with ${formatCountOf(planned.length, 'stage')}: ${countActs(planned.map(({ decision }) => decision))}.${planned.length > mostFlat && ' Arrows that follow from others are left out; the list below has all inputs.'}</p>`,
    html`<p class="links">${fold}</p>`,
    html`<form class="line" id="graph-tools"><label>Find <input type="search" name="find"></label><span class="small" role="status"></span><label>Zoom <select name="zoom"><option value="">fit</option><option value="0.5">50 %</option><option value="1">100 %</option><option value="1.5">150 %</option></select></label></form>`,
    html`<div class="card graph" tabindex="0" role="group" aria-label="Graph of the stages; the list below has them too">${svg}</div>`,
    html`<section aria-labelledby="stages-title"><h2 id="stages-title">Stages</h2>${experiments(planned, objects)}</section>`,
  ]);
}

/**
 * The graph with a box for each stage, or for each included pipeline that is folded, which unfolds
 * it.
 */
function foldedGraph(
  planned: readonly PlannedNode[],
  isOpen: (experiment: string) => boolean,
  unfold: (experiment: string) => string,
): StageGraph {
  const boxOf = (name: string) => (isOpen(experimentOf(name)) ? name : experimentOf(name));
  const boxes = groupBy(planned, ({ stage }) => boxOf(stage.name));
  const nodes = Array.from(boxes, ([box, members]): StageGraph['nodes'][number] => {
    const [state, ...others] = new Set(members.map(({ decision }) => decision.state));
    const [first] = members as [PlannedNode];
    const isFolded = box !== first.stage.name;
    return {
      name: box,
      kind: isFolded ? formatCountOf(members.length, 'stage') : first.stage.kind,
      ...(others.length === 0 && state !== undefined && { state, word: plannedStates[state].act }),
      href: isFolded ? unfold(box) : `#stage-${encodeURIComponent(box)}`,
    };
  });
  const edges = planned.flatMap(({ stage: { name, inputs } }) =>
    inputs
      .flatMap(({ items }) => items)
      .flatMap((item) => {
        if (
          item.from !== 'stage' ||
          !boxes.has(boxOf(item.stage)) ||
          boxOf(item.stage) === boxOf(name)
        )
          return [];
        const label =
          isOpen(experimentOf(item.stage)) && isOpen(experimentOf(name))
            ? { label: item.port }
            : {};
        return [{ from: boxOf(item.stage), to: boxOf(name), ...label }];
      }),
  );
  return { nodes, edges: planned.length <= mostFlat ? edges : withoutImplied(edges) };
}

/**
 * Leaves out each arrow that other arrows imply as a path: with all of them, hundreds hide the
 * boxes.
 */
function withoutImplied(edges: StageGraph['edges']): StageGraph['edges'] {
  const byStart = [...groupBy(edges, ({ from }) => from)];
  const next = new Map(byStart.map(([from, edges]) => [from, new Set(edges.map(({ to }) => to))]));
  for (const { from, to } of edges) {
    const direct = next.get(from)!;
    direct.delete(to);
    const reached = new Set(direct);
    for (const box of reached) for (const after of next.get(box) ?? []) reached.add(after);
    if (!reached.has(to)) direct.add(to);
  }
  return edges.filter(({ from, to }) => next.get(from)!.has(to));
}

/** Settings, inputs, outputs and reasons of every stage, folded by included pipeline. */
function experiments(planned: readonly PlannedNode[], objects: Objects): readonly Html[] {
  const groups = groupBy(planned, ({ stage }) => experimentOf(stage.name));
  return Array.from(groups, ([experiment, members]) => {
    const stages = members.map((member) => plannedStage(member, objects));
    if (experiment === '' || planned.length <= mostFlat) return html`${stages}`;
    const states = [...new Set(members.map(({ decision }) => decision.state))];
    return html`<details class="stage experiment card" id="experiment-${experiment}"><summary><h3>${experiment}</h3>${states.map(badgeOf)}<span class="soft small">${formatCountOf(members.length, 'stage')}</span></summary><div class="inside">${stages}</div></details>`;
  });
}

function plannedStage(planned: PlannedNode, objects: Objects): Html {
  const { stage, decision } = planned;
  const described = 'awaited' in stage ? describePending(stage) : describePlanned(stage, '');
  const stored = ('examined' in planned ? planned.examined?.result?.outputs : undefined) ?? {};
  const outputs = described.outputs.map((output) => {
    const artifact = stored[output.port];
    return {
      ...output,
      href:
        artifact === undefined
          ? ''
          : objects.list(artifact, fileName(output.path, output.port, artifact)).href,
    };
  });
  const rest = {
    state: 'waiting' as const,
    curves: [],
    seconds: 0,
    summaryTables: [],
    warnings: [],
    record: [],
  };
  return renderStage(
    { ...described, ...rest, outputs, reasons: describeReasons(decision) },
    badgeOf(decision.state),
  );
}
