import type { Context } from 'hono';
import { readPart } from '../../engine/files/read-part.ts';
import type { Noted } from '../../engine/notes/note-lines.ts';
import type { Notes } from '../../engine/notes/notes.ts';
import type { ScoreLook } from '../../engine/seals/score-looks.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import { plainText } from '../../plain-text.ts';
import { type Html, html } from '../report/html.ts';
import { withContent } from '../report/page-frame.ts';
import type { StageModel } from '../run-model.ts';
import { LiveRun } from './live-run.ts';
import type { RunIndex } from './run-index.ts';
import { membersComparison } from './run-labels.ts';
import type { SavedViews } from './saved-views.ts';
import { chartScripts, renderFrame, renderSections } from './served-page-frame.ts';
import type { ReportSources } from './stored-report.ts';

/** The end of a log that is shown, in bytes. */
const logBytes = 256 * 1024;

/** The sources of all pages. */
export interface Sources extends ReportSources {
  readonly index: RunIndex;
  readonly notes: Notes;
  readonly views: SavedViews;
  /** Writes into the ledger what pages compute of sealed scores, before they show it. */
  readonly recordLook: (look: ScoreLook) => Promise<void>;
  /** Whether pages may write notes and views. */
  readonly isWritable: boolean;
  /** Whether the pages become files that no server sends. */
  readonly isStatic: boolean;
  /** The runs with images in such a folder. */
  readonly imageRuns: ReadonlySet<string>;
  readonly project: string;
}

/** A run by the id in an address, which never becomes a path: it is compared with the known ids. */
export const findRun = (store: LocalStore, id: string): RunFolder | undefined =>
  store.runs().find((run) => run.id === id);

/** A run to be shown, compared with the run of the same pipeline before it. */
export function openRun(run: RunFolder, sources: Sources): LiveRun {
  sources.index.runs();
  const pipeline = run.readRecord()?.pipeline ?? run.pipeline() ?? '';
  const before = sources.index.before(run.id, pipeline);
  return new LiveRun(run, before?.record, sources);
}

/** The page of a run: its report, which follows the run. */
export async function runPage(c: Context, run: RunFolder, sources: Sources): Promise<Response> {
  const { isStatic } = sources;
  const live = openRun(run, sources);
  const { title, sections } = await live.page();
  const titled = withContent(sections).filter(({ id }) => id !== 'header');
  const own = [
    { id: 'lineage', title: 'Lineage' },
    { id: 'log', title: 'Log' },
  ];
  const listed = isStatic ? titled : [...titled, ...own];
  const contents = html`<nav id="contents" aria-label="Sections"><ul>${listed.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
  const members = membersComparison(sources.index.runs().find(({ id }) => id === run.id));
  const toMembers =
    members && html`<a href="${members.href}">Compare its ${members.count} members</a> `;
  const hasImages = !isStatic || sources.imageRuns.has(run.id);
  const links = html`<p class="links">Run <code>${run.id}</code> ${!isStatic && html`<a href="/compare?runs=${run.id}">Compare it with others</a> `}${!isStatic && toMembers}${hasImages && html`<a href="/images?run=${run.id}">Its images</a>`}</p>`;
  const data = notesOf(run.id, sources.notes);
  const { noted } = data;
  return c.html(
    renderFrame({
      title: noted?.name || title,
      at: '/' as const,
      project: sources.project,
      scripts: [...chartScripts, 'run-notes.js'],
      isWritable: sources.isWritable,
      isStatic,
      hasImages: sources.imageRuns.size > 0,
      data,
      content: [
        links,
        html`<div id="notes" class="links">${noted?.name} ${noted?.note}</div>`,
        contents,
        html`<div id="sections">${renderSections(sections)}</div>`,
        ...(isStatic
          ? []
          : [
              lineageSection(`/run/${run.id}/lineage`),
              logSection(`/run/${run.id}/log`, live.model.stages),
            ]),
      ],
      ...(!live.isOver && { follows: `/run/${run.id}/events?from=${live.offset}` }),
    }),
  );
}

/** The section of a run's page that its script fills from `address`. */
const lineageSection = (address: string): Html =>
  html`<section id="lineage" aria-labelledby="lineage-title" data-lineage="${address}"><h2 id="lineage-title">Lineage</h2><div></div></section>`;

/** The logs of all stages, which the page's script loads from `address`. */
function logSection(address: string, stages: readonly StageModel[]): Html {
  const inState = (state: StageModel['state']) => stages.find((stage) => stage.state === state);
  const chosen = inState('running') ?? inState('failed') ?? stages[0];
  const options = stages.map(
    (stage) => html`<option${stage === chosen && html` selected`}>${stage.name}</option>`,
  );
  return html`<section id="log" aria-labelledby="log-title" data-log="${address}"><h2 id="log-title">Log</h2>
<form class="line"><label>Stage <select name="stage">${options}</select></label> <label>Lines with <input type="search" name="find"></label></form>
<pre tabindex="0" role="group" aria-label="Log of the stage"></pre></section>`;
}

/** What the script of a run's page shows of its notes. */
export interface RunNotes {
  readonly run: string;
  readonly noted: Noted | null;
  /** Tags of all runs. */
  readonly knownTags: readonly string[];
}

function notesOf(run: string, notes: Notes): RunNotes {
  const tags = new Set([...notes.noted.values()].flatMap((noted) => noted.tags));
  return { run, noted: notes.of({ run }) ?? null, knownTags: [...tags].sort() };
}

/** The end of a stage's log in this run, or the log of its result if it did not run now. */
export function runLog(c: Context, run: RunFolder, sources: Sources): Response {
  const stage = c.req.query('stage') ?? '';
  const digest = run.readRecord()?.stages[stage]?.result;
  const object = sources.results.read(digest)?.record.log;
  const file = run.attempts(stage).at(-1)?.log ?? (object && sources.store.objectPath(object));
  if (file === undefined) return c.text('');
  try {
    const { text, whole } = readPart(file, logBytes, 'end');
    return c.text(plainText(whole ? text : text.slice(text.indexOf('\n') + 1)));
  } catch {
    return c.text('The store no longer holds this log.');
  }
}
