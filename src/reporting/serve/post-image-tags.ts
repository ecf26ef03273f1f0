import type { Context } from 'hono';
import { parseImageEdit } from '../../engine/notes/image-tags.ts';
import type { Environment } from '../../environment.ts';
import { isForUser } from '../../user-error.ts';
import type { Sources } from './run-page.ts';

/** Answers `/image-tags`: appends the tags that a page sent, `{ images, tag?, untag? }`. */
export async function postImageTags(
  c: Context,
  { notes }: Sources,
  env: Environment,
): Promise<Response> {
  const edit = parseImageEdit(await c.req.json().catch(() => undefined));
  if (edit === undefined)
    return c.json({ error: 'A tag is too long or empty, or these are too many images.' }, 400);
  try {
    await notes.tagImages(edit, env);
    return c.json(null);
  } catch (error) {
    if (!isForUser(error)) throw error;
    return c.json({ error: error.message }, 500);
  }
}
