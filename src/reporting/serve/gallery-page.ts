import type { Context } from 'hono';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import { shortLabel } from '../compare/comparison-tables.ts';
import { type Html, html } from '../report/html.ts';
import type { ImageStore, Picture } from './gallery-images.ts';
import { stagesWithMap } from './gallery-points.ts';
import { imageTable, outputOf, resultsOf, withImageTags } from './gallery-table.ts';
import { lostRunPage } from './lost-page.ts';
import { runLabels } from './run-labels.ts';
import { findRun, type Sources } from './run-page.ts';
import { renderFrame } from './served-page-frame.ts';

/** The most runs that are offered. */
const mostRuns = 60;
/** The last runs whose models are offered beside the one that is shown. */
const mostOtherRuns = 10;

/**
 * The images of a stage of a run; its script draws them. Without a run in the address, the last
 * that has scores, or else a data set.
 */
export function imagesPage(c: Context, sources: Sources): Response {
  const { index, store, project } = sources;
  const ids = index.runs().map(({ id }) => id);
  const askedRun = c.req.query('run');
  const run = askedRun === undefined ? firstWithImages(sources, ids) : findRun(store, askedRun);
  if (askedRun !== undefined && run === undefined) return lostRunPage(c, project, askedRun);
  const scored = run === undefined ? [] : stagesWith(run, sources, 'scores');
  const sets = run === undefined ? [] : stagesWith(run, sources, 'dataset');
  const stage =
    [...scored, ...sets].find((name) => name === c.req.query('stage')) ?? scored[0] ?? sets[0];
  const other = c.req.query('other') ?? '';
  const form = chooser(sources, { run, stage, other, scored, sets });
  const from = run && stage && `/images.json?${new URLSearchParams({ run: run.id, stage, other })}`;
  const why =
    run === undefined
      ? 'No run has a data set or scores yet.'
      : 'This run has no data set and no scores, or `restage gc` removed them.';
  const gallery =
    from === undefined
      ? html`<p>${why}</p>`
      : html`<div id="gallery" data-from="${from}" data-maps="/maps.json?run=${run!.id}" data-run="${run!.id}" data-planes="${JSON.stringify(stagesWithMap(run!, sources))}"><p class="soft">Loading …</p></div>`;
  return c.html(
    renderFrame({
      title: 'Images',
      at: '/images',
      project,
      isWritable: sources.isWritable,
      content: [html`<h1>Images</h1>`, ...(run === undefined ? [] : [form]), gallery],
      scripts: ['gallery.js'],
    }),
  );
}

/** What a gallery shows, and the stages of its run that have images. */
interface Chosen {
  readonly run: RunFolder | undefined;
  readonly stage: string | undefined;
  /** The model beside it, as `<run>:<stage>`; empty for none. */
  readonly other: string;
  readonly scored: readonly string[];
  readonly sets: readonly string[];
}

/** The menus of run, stage and second model. */
function chooser(sources: Sources, { run, stage, other, scored, sets }: Chosen): Html {
  const ids = sources.index.runs().map(({ id }) => id);
  const runs = [...new Set([...(run === undefined ? [] : [run.id]), ...ids.slice(0, mostRuns)])];
  const labels = runLabels(sources.index);
  const option = (value: string, text: string, chosen: string | undefined) =>
    html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`;
  const prefix = run === undefined ? undefined : `${run.id}:`;
  const isSibling = (reference: string) => prefix !== undefined && reference.startsWith(prefix);
  const siblings = scored.filter((name) => name !== stage).map((name) => prefix + name);
  const elsewhere = ids.slice(0, mostOtherRuns).flatMap((id) => {
    if (id === run?.id) return [];
    return stagesWith(findRun(sources.store, id)!, sources, 'scores').map(
      (name) => `${id}:${name}`,
    );
  });
  const others = [...new Set([...siblings, ...(other === '' ? [] : [other]), ...elsewhere])];
  const otherOptions = others.map((reference) => {
    const [id = '', ...name] = reference.split(':');
    const label = isSibling(reference) ? '' : `${labels.get(id) ?? shortLabel(id)}: `;
    return option(reference, `${label}${name.join(':')}`, other);
  });
  // A data set has no scores that another model's could stand beside.
  const second =
    stage !== undefined &&
    scored.includes(stage) &&
    html`<label>Second model <select name="other">${option('', 'none', other)}${otherOptions}</select></label>`;
  return html`<form class="line at-once" action="/images">
<label>Run <select name="run">${runs.map((id) => option(id, labels.get(id) ?? shortLabel(id), run?.id))}</select></label>
<label>Stage <select name="stage">${[...scored, ...sets].map((name) => option(name, name, stage))}</select></label>
${second}
<noscript><button>Show</button></noscript></form>`;
}

function firstWithImages(sources: Sources, ids: readonly string[]): RunFolder | undefined {
  const runs = ids.slice(0, mostRuns).map((id) => findRun(sources.store, id)!);
  const firstWith = (type: 'scores' | 'dataset') =>
    runs.find((run) => stagesWith(run, sources, type).length > 0);
  return firstWith('scores') ?? firstWith('dataset');
}

/** The stages of a run with an artifact of a type, in the order of its record. */
export const stagesWith = (
  run: RunFolder,
  { results }: Sources,
  type: 'scores' | 'dataset',
): readonly string[] =>
  [...resultsOf(run, results)].flatMap(([name, result]) =>
    outputOf(result, type) === undefined ? [] : [name],
  );

/**
 * The table of images, as `images.json`. Scores of sealed images are a look, since the page counts
 * whatever its reader filters.
 */
export async function imagesData(
  c: Context,
  { store, results, notes, recordLook }: Sources,
  images: ImageStore,
): Promise<Response> {
  const run = findRun(store, c.req.query('run') ?? '');
  const [otherRun, ...otherStage] = (c.req.query('other') ?? '').split(':');
  const secondRun =
    otherRun === undefined || otherRun === '' ? undefined : findRun(store, otherRun);
  if (run === undefined || (otherRun !== '' && secondRun === undefined))
    return c.text('There is no such run.', 404);
  const shown = { run, stage: c.req.query('stage') ?? '' };
  const other = secondRun && { run: secondRun, stage: otherStage.join(':') };
  const table = imageTable(images, results, { ...shown, other });
  if (typeof table === 'string') return c.text(table, 404);
  const stages = other === undefined ? [shown] : [shown, other];
  const scores = stages.flatMap(
    ({ run, stage }) => outputOf(resultsOf(run, results).get(stage), 'scores')?.digest ?? [],
  );
  const by = `restage serve: images of ${stages.map(({ stage }) => stage).join(' and ')}`;
  await recordLook({ by, kind: 'serve', scores, numbers: {} });
  return c.json(withImageTags(table, notes.imageTags));
}

/** The maps that stages of a run kept of an image. */
export function mapsData(c: Context, { store, results }: Sources, images: ImageStore): Response {
  const run = findRun(store, c.req.query('run') ?? '');
  if (run === undefined) return c.text('There is no such run.', 404);
  return c.json(
    images.mapsOf(resultsOf(run, results), c.req.query('split') ?? '', c.req.query('key') ?? ''),
  );
}

/**
 * Sends a thumbnail, an image or a map. Its address always names the same bytes, so that browsers
 * keep it.
 */
export async function sendPicture(
  c: Context,
  picture: Promise<Picture | undefined>,
): Promise<Response> {
  const image = await picture;
  if (image === undefined)
    return c.text('There is no such image, or it is damaged: load the page again.', 404);
  c.header('Cache-Control', 'private, max-age=31536000, immutable');
  c.header('Content-Type', image.type);
  return c.body(new Uint8Array(image.bytes));
}
