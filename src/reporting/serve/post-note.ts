import type { Context } from 'hono';
import { parseRequest } from '../../engine/notes/note-lines.ts';
import type { Environment } from '../../environment.ts';
import { isForUser } from '../../user-error.ts';
import { findRow, membersOf } from './run-members.ts';
import type { Sources } from './run-page.ts';

/** Answers `/notes`: appends an edit that a page sent, `{ run, member?, name?, note?, … }`. */
export async function postNote(
  c: Context,
  { index, notes }: Sources,
  env: Environment,
): Promise<Response> {
  const request = parseRequest(await c.req.json().catch(() => undefined));
  if (request === undefined)
    return c.json({ error: 'A text is too long, or this is no note.' }, 400);
  const { run: id, member, ...edit } = request;
  const run = findRow(index.runs(), id);
  const isThere =
    run !== undefined &&
    (member === undefined || membersOf(run).some((row) => row.member === member));
  if (!isThere) return c.json({ error: 'There is no such run.' }, 404);
  const subject = { run: run.run, ...(member !== undefined && { member }) };
  try {
    await notes.edit({ ...subject, pipeline: run.pipeline }, edit, env);
    return c.json(notes.of(subject) ?? null);
  } catch (error) {
    if (!isForUser(error)) throw error;
    return c.json({ error: error.message }, 500);
  }
}
