import type { Context } from 'hono';
import { readableAs } from '../../engine/files/readable-as.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import { shortLabel } from '../compare/comparison-tables.ts';
import { type Html, html } from '../report/html.ts';
import type { Sources } from './run-page.ts';

/** The most runs that are named for an artifact. */
const mostRuns = 12;
/** The artifacts whose use by other runs is a question. */
const traced: ReadonlySet<string> = new Set(['dataset', 'model', 'features']);

/**
 * Which other runs read the data sets, models and features of a run. The same content counts,
 * whichever run made it. Waits until the results of all runs have been read.
 */
export async function lineageData(
  c: Context,
  run: RunFolder,
  { index, results }: Sources,
): Promise<Response> {
  await index.wholeTable('runs');
  const stages = Object.entries(run.readRecord()?.stages ?? {});
  const rows = stages.flatMap(([stage, { result }]) =>
    Object.entries(results.read(result)?.outputs ?? {}).flatMap(([port, artifact]) => {
      if (!traced.has(artifact.type)) return [];
      const readers = index
        .readersOf(readableAs(artifact))
        .filter((reader) => reader.run.id !== run.id);
      if (readers.length === 0) return [];
      const links = readers.slice(0, mostRuns).map(({ run, stages }): Html => {
        const names = stages.length > 3 ? `${stages.length} stages` : stages.join(', ');
        return html`<li><a href="/run/${run.id}">${shortLabel(run.id)}</a> <span class="soft">${run.pipeline}: ${names}</span></li>`;
      });
      const more = readers.length - links.length;
      return [
        html`<tr><th scope="row">${stage}.${port}</th><td>${artifact.type}</td><td><ul class="names">${links}${more > 0 && html`<li class="soft">and ${more} more</li>`}</ul></td></tr>`,
      ];
    }),
  );
  if (rows.length === 0)
    return c.html('<p class="soft">No other run read its data sets, models or features.</p>');
  return c.html(
    html`<div class="scroll card" tabindex="0" role="group" aria-label="Runs that read outputs of this one"><table><thead><tr><th scope="col">output</th><th scope="col">type</th><th scope="col">other runs that read it</th></tr></thead><tbody>${rows}</tbody></table></div>`
      .markup,
  );
}
