import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Column, filterRows } from '../src/reporting/serve/filter-query.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { ServedPages } from './support/served-pages.ts';
import { print } from './support/two-stages.ts';

// The default of `seed` is 7, that of `quality` 92.
const small = '{ images: { train: 1, val: 1, test: 1 }, size: 32';
const yaml = `params: { seed: 7, seeds: [8] }
stages:
  one:
    kind: make-faces
    with: ${small}, seed: "\${params.seed}" }
  many:
    kind: make-faces
    matrix: { seed: "\${params.seeds}" }
    with: ${small}, quality: 50, seed: "\${matrix.seed}" }
`;

let project: Project;
let pages: ServedPages;
before(async () => {
  project = new Project(yaml);
  await project.run();
  await project.run('--set', 'params.seed=8', '--set', 'params.seeds=[7,8]');
  pages = new ServedPages(project);
});
after(() => project[Symbol.dispose]());
const table = async (): Promise<readonly Column[]> =>
  JSON.parse(await pages.get('/runs.json?whole')).columns;
const valuesOf = (columns: readonly Column[], name: string) =>
  columns.find((column) => column.name === name)?.values;

test('the table of runs has settings at their default like all others, in a matrix, too', async () => {
  const columns = await table();
  assert.deepEqual(valuesOf(columns, 'one.seed'), [8, 7]);
  assert.deepEqual(valuesOf(columns, 'many.seed'), [[7, 8], 8]);
  assert.deepEqual(valuesOf(columns, 'one.quality'), [92, 92]);
  assert.deepEqual(valuesOf(columns, 'changed'), [['one.seed 7 → 8', 'many.seed 8 → 7, 8'], null]);
});

test('a filter finds runs by a setting at its default', async () => {
  const columns = await table();
  const rowsFor = (query: string) => filterRows(columns, 2, query).rows;
  assert.deepEqual(
    [rowsFor('one.seed=7'), rowsFor('one.seed!=7'), rowsFor('one.seed<9')],
    [[1], [0], [0, 1]],
  );
  assert.deepEqual(
    [rowsFor('many.seed=7'), rowsFor('seed=7'), rowsFor('one.quality=92')],
    [[0], [0, 1], [0, 1]],
  );
});

test('a page of a run that has ended lists the defaults that it used', async () => {
  const [{ run }] = JSON.parse(await print(project, 'history', '--json'));
  const page = await pages.get(`/run/${run}`);
  assert.match(page, /<th scope="row">seed<\/th><td[^>]*>8<\/td>/);
  assert.match(
    page,
    /<summary>2 at their default<\/summary>[\s\S]*?<th scope="row">quality<\/th><td[^>]*>92<\/td>/,
  );
});

test('compare and history name the default instead of the word', async () => {
  const compared = await print(project, 'compare', 'last~1', 'last', '--json');
  const { settings } = JSON.parse(compared);
  assert.deepEqual(settings, [{ stage: 'one', path: 'settings.seed', values: [7, 8] }]);
  assert.match(
    await print(project, 'history', '--show', 'one.seed'),
    /one\.seed\n.* 8\n[\s\S]* 7\n/,
  );
});

test('results of an older Restage, without defaults in their record, have those of the same version of the kind', async () => {
  using old = new Project(yaml);
  await old.run('one');
  const [name] = old.files('cache/results');
  const { record, ...result } = JSON.parse(old.read(`cache/results/${name}`));
  const { settings: _, ...oldRecord } = record;
  old.replace(`cache/results/${name}`, JSON.stringify({ ...result, record: oldRecord }));
  const { columns } = JSON.parse(await new ServedPages(old).get('/runs.json?whole'));
  assert.deepEqual(valuesOf(columns, 'one.seed'), [7]);
});

test('a stage that failed changed no setting, one that is back changed what it changed, and a renamed one is new', async () => {
  using otherProject = new Project(`stages:
  one: { kind: command, outputs: { text: out/1 }, with: { run: "true && echo > \${outputs.text}" } }
`);
  await otherProject.run();
  otherProject.edit('pipelines/test.yaml', 'true', 'test -e ok');
  assert.deepEqual((await otherProject.run()).outcomes, { one: 'failed' });
  otherProject.write('ok', '');
  await otherProject.run();
  otherProject.edit('pipelines/test.yaml', 'one:', 'two:');
  otherProject.edit('pipelines/test.yaml', 'out/1', 'out/2');
  await otherProject.run();
  const { columns } = JSON.parse(await new ServedPages(otherProject).get('/runs.json?whole'));
  const change = 'one.run true … → test -e ok …';
  assert.deepEqual(valuesOf(columns, 'changed'), [['two is new'], [change], [], null]);
});
