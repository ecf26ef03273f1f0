// Writes a comparison as a comment of a pull request, or over the one that an earlier run of this
// action wrote for the same pipeline. Reads the environment that action.yml sets.
import { readFileSync } from 'node:fs';

/** GitHub's limit of a comment, in characters. */
const longest = 65_536;

const { COMPARISON, GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, NUMBER, PAGES, PIPELINE } =
  process.env;
// Only the mark is looked for, so that people may edit around it.
const mark = `<!-- restage: ${PIPELINE.replaceAll('--', '—')} -->`;
const comments = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/issues/${NUMBER}/comments`;

const earlier = await findEarlier();
const body = commentOf(readFileSync(COMPARISON, 'utf8'));
if (earlier === undefined) await request('POST', comments, { body });
else
  await request(
    'PATCH',
    `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/issues/comments/${earlier.id}`,
    { body },
  );

function commentOf(comparison) {
  const head = `${mark}\n### \`${PIPELINE}\`\n\n`;
  const tail = PAGES ? `\n[Curves, charts and the report](${PAGES}) of this run.\n` : '';
  const room = longest - head.length - tail.length;
  if (comparison.length <= room) return head + comparison + tail;
  const note = '\n\n… and more, in the pages below.\n';
  const cut = comparison.slice(0, room - note.length);
  return head + cut.slice(0, cut.lastIndexOf('\n')) + note + tail;
}

async function findEarlier() {
  for (let page = 1; ; page += 1) {
    const some = await request('GET', `${comments}?per_page=100&page=${page}`);
    const found = some.find((comment) => comment.body.startsWith(mark));
    if (found !== undefined || some.length < 100) return found;
  }
}

async function request(method, address, content) {
  const response = await fetch(address, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${GITHUB_TOKEN}`,
      'content-type': 'application/json',
    },
    body: content && JSON.stringify(content),
  });
  if (!response.ok)
    throw new Error(`${method} ${address}: ${response.status} ${await response.text()}`);
  return await response.json();
}
