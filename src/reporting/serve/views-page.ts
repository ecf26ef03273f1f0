import type { Context } from 'hono';
import { formatDiagnostics } from '../../engine/diagnostics/format-diagnostic.ts';
import { isForUser } from '../../user-error.ts';
import type { Sources } from './run-page.ts';
import { parseViewRequest, type SavedView } from './saved-views.ts';

/** What the page of runs knows of `views.yaml`. */
export interface ViewsData {
  readonly views: readonly (readonly [name: string, view: SavedView])[];
  /** The mistakes of the file; empty without any. */
  readonly problem: string;
}

/** Sends the views of the project. */
export function viewsData(c: Context, { views }: Sources): Response {
  const read = views.read();
  return c.json<ViewsData>(
    read.ok
      ? { views: [...read.value], problem: '' }
      : { views: [], problem: formatDiagnostics(read.error, false) },
  );
}

/** Answers `/views`: saves or removes a view that a page sent, `{ name, view }`. */
export async function postView(c: Context, sources: Sources): Promise<Response> {
  const request = parseViewRequest(await c.req.json().catch(() => undefined));
  if (request === undefined)
    return c.json({ error: 'A text is too long, or this is no view.' }, 400);
  try {
    const mistakes = await sources.views.save(request);
    if (mistakes.length === 0) return viewsData(c, sources);
    return c.json({ error: `Mend views.yaml first. ${formatDiagnostics(mistakes, false)}` }, 409);
  } catch (error) {
    if (!isForUser(error)) throw error;
    return c.json({ error: error.message }, 500);
  }
}
