import type { Context } from 'hono';
import { html } from '../report/html.ts';
import { renderFrame } from './served-page-frame.ts';

/** A page for an address that leads nowhere: what is missing, why that may be, and a way back. */
export function lostPage(c: Context, project: string, what: string, why: string): Response {
  const content = html`<h1>${what}</h1><p>${why}</p><p class="links"><a href="/">All runs</a></p>`;
  return c.html(renderFrame({ title: 'Not found', at: undefined, project, content }), 404);
}

/** The page for a run that is not there, as old bookmarks name one. */
export const lostRunPage = (c: Context, project: string, id: string): Response =>
  lostPage(
    c,
    project,
    `There is no run ${id}.`,
    'It belongs to another project, or its folder in cache/runs was deleted.',
  );
