import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { ServedPages } from './support/served-pages.ts';

/** What a page without a target says, and whether it has the bar and a way back. */
async function lost(pages: ServedPages, path: string) {
  const { status, text } = await pages.ask(path);
  const main = /<main[^>]*>([\s\S]*?)<\/main>/.exec(text)?.[1] ?? '';
  return {
    status,
    hasBar: text.includes('<nav aria-label="Pages">'),
    says: main
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&#34;', '"')
      .replaceAll(/\s+/g, ' ')
      .trim(),
    links: [...main.matchAll(/href="([^"]*)"/g)].map(([, href]) => href),
  };
}

test('an address that leads nowhere is a page with the bar, the reason and a way back', async () => {
  using project = new Project('');
  project.remove('pipelines/test.yaml');
  const pages = new ServedPages(project);
  assert.deepEqual(await lost(pages, '/nowhere'), {
    status: 404,
    hasBar: true,
    says: 'There is no such page. The address has changed, or a letter is missing. All runs',
    links: ['/'],
  });
  assert.deepEqual(await lost(pages, '/run/2025-01-31T09-12-03.042-4f2a'), {
    status: 404,
    hasBar: true,
    says: 'There is no run 2025-01-31T09-12-03.042-4f2a. It belongs to another project, or its folder in cache/runs was deleted. All runs',
    links: ['/'],
  });
  assert.deepEqual(await lost(pages, '/images?run=2025-01-31T09-12-03.042-4f2a&stage=scores'), {
    status: 404,
    hasBar: true,
    says: 'There is no run 2025-01-31T09-12-03.042-4f2a. It belongs to another project, or its folder in cache/runs was deleted. All runs',
    links: ['/'],
  });
});

test('an empty project says which command to run, on every page', async () => {
  using project = new Project('');
  project.remove('pipelines/test.yaml');
  const pages = new ServedPages(project);
  const runs = await lost(pages, '/');
  assert.equal(
    runs.says,
    'Runs There were no runs yet. This page shows them as they begin: restage run A first pipeline is written by: restage init',
  );
  const saysOf = async (path: string) => (await lost(pages, path)).says;
  assert.equal(await saysOf('/images'), 'Images No run has a data set or scores yet.');
  assert.equal(
    await saysOf('/compare'),
    'Compare Two runs that have ended can be compared; there is none yet.',
  );
  assert.equal(
    await saysOf('/graph?pipeline=test'),
    'There is no pipeline test. pipelines/ has none yet. All runs',
  );
  const graph = await lost(pages, '/graph');
  assert.equal(graph.status, 200);
  assert.equal(
    graph.says,
    'Graph There is no pipeline in pipelines/ yet. restage init writes a first one.',
  );
});

test('a pipeline that is not there is named, beside the menu of those that are', async () => {
  using project = new Project(
    'stages: { a: { kind: command, outputs: { t: out/t }, with: { run: "true" } } }\n',
  );
  const { status, says } = await lost(new ServedPages(project), '/graph?pipeline=tset');
  assert.equal(status, 404);
  assert.equal(says, 'Graph Pipeline test Show There is no pipeline tset. Did you mean "test"?');
});
