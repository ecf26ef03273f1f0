import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvRecords } from '../src/csv.ts';
import { studyProject } from './support/study-project.ts';

const small = [
  'params.count={train: 12, val: 8, test: 8}',
  'params.epochs=1',
  'params.imageSize=56',
  'params.metrics=[auc]',
].flatMap((setting) => ['--set', setting]);

/** The rows of a table, as lists of the named columns. */
function cells(text: string, columns: readonly string[]): readonly (readonly string[])[] {
  const [header, ...records] = csvRecords(text);
  const places = columns.map((column) => header!.fields.indexOf(column));
  return records.map(({ fields }) => places.map((place) => fields[place]!));
}

test('each protocol of the repository runs, and reports on images of which training saw nothing', async () => {
  using project = studyProject();
  const run = async (name: string) => {
    const { code, stderr } = await project.command('run', `protocols/${name}.yaml`, ...small);
    assert.equal(code, 0, `${name}: ${stderr}`);
  };
  const sources = (path: string) =>
    cells(project.read(`artifacts/protocols/${path}/statistics.csv`), ['split', 'source'])
      .map((row) => row.join(' '))
      .sort();
  /** A table says what evaluate measured on test, with the images that it scored. */
  const checkTable = (name: string, instances: readonly string[] = [''], tablesEach = false) => {
    const columns = ['protocol', 'metric', 'value', 'low', 'high', 'negatives', 'positives'];
    const folder = `artifacts/protocols/${name}`;
    const read = (table: string) => cells(project.read(`${folder}/${table}/table.csv`), columns);
    // A protocol with a network for each method has a table for each.
    const tables = tablesEach ? instances.map((instance) => `table${instance}`) : ['table'];
    const rows = tables.flatMap(read);
    assert.equal(rows.length, instances.length, name);
    for (const [i, instance] of instances.entries()) {
      const [protocol, metric, value, low, high, negatives, positives] = rows[i]!;
      const scores = `${folder}/scores${instance}`;
      const { splits } = JSON.parse(project.read(`${scores}/metrics.json`));
      assert.deepEqual([protocol, metric, Number(value)], [name, 'auc', splits.test.auc], name);
      assert.ok(Number(low) <= Number(value) && Number(value) <= Number(high), name);
      const lines = cells(project.read(`${scores}/scores.csv`), ['split']);
      const scored = lines.filter(([split]) => split === 'test').length;
      assert.equal(Number(negatives) + Number(positives), scored, name);
      assert.ok(Number(negatives) > 0 && Number(positives) > 0, name);
    }
  };
  for (const name of ['within', 'compression']) await run(name);
  checkTable('within');
  checkTable('compression', ['@quality=90', '@quality=50', '@quality=20']);
  const qualities = cells(project.read('artifacts/protocols/compression/table/table.csv'), [
    'protocol',
    'network',
    'metric',
  ]);
  assert.deepEqual(
    qualities,
    ['90', '50', '20'].map((quality) => ['compression', `quality ${quality}`, 'auc']),
  );

  await run('cross-set');
  checkTable('cross-set');
  assert.deepEqual(sources('cross-set/others'), ['test fake', 'test real']);

  await run('cross-method');
  checkTable('cross-method');
  assert.deepEqual(
    sources('cross-method/known').filter((line) => line.includes('upsampled')),
    [],
  );
  assert.deepEqual(sources('cross-method/others'), ['test fake/upsampled', 'test real']);

  await run('leave-one-method-out');
  checkTable('leave-one-method-out', ['@method=blended', '@method=upsampled'], true);
  const withoutBlended = sources('leave-one-method-out/known@method=blended');
  assert.deepEqual(
    withoutBlended.filter((line) => line.includes('blended')),
    ['test fake/blended'],
  );

  await run('open-set');
  checkTable('open-set');
  assert.deepEqual(
    sources('open-set/known').filter((line) => line.includes('upsampled')),
    ['test fake/upsampled'],
  );
});
