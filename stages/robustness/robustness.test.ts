import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { csvRecords } from '../../src/csv.ts';
import { Random } from '../../src/random.ts';
import { StageError } from '../../src/stage.ts';
import { StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

/** Scores of a detector that is the better the larger `shift` is, on always the same images. */
function scoresFile(bench: StageBench, name: string, shift: number, noise = 0): string {
  const lines = Array.from({ length: 300 }, (_, i) => {
    const label = i % 2;
    const own = new Random('image', i).normal();
    const further = noise * new Random(name, i).normal();
    const fake = own + further + shift * (label - 0.5);
    return `${i}.jpg,test,${label === 1 ? 'fake' : 'real'},0,${fake}`;
  });
  const path = join(bench.root, `${name}.csv`);
  const header = 'key,split,label,score.real,score.fake';
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  return path;
}

const strength = (path: string, stage: string, axis: string, value: number) => ({
  path,
  labels: { stage, [axis]: String(value) },
});

test('each strength is tested against the unchanged images, and the last line says what follows', async () => {
  using bench = new StageBench();
  const unchanged = scoresFile(bench, 'unchanged', 2);
  const inputs = {
    unchanged,
    changed: [
      strength(scoresFile(bench, 'q90', 2, 0.05), 'jpeg', 'quality', 90),
      strength(scoresFile(bench, 'q10', 0.5, 0.5), 'jpeg', 'quality', 10),
      strength(unchanged, 'blur', 'deviation', 0),
      strength(scoresFile(bench, 'b3', 1, 0.5), 'blur', 'deviation', 3),
    ],
  };
  await bench.run(spec, run, { inputs, with: { titles: { quality: 'JPEG quality' } } });
  const text = readFileSync(bench.output('table', spec.outputs['table']), 'utf8');
  const [header, ...rows] = [...csvRecords(text)].map(({ fields }) => fields);
  const column = (name: string) => rows.map((row) => row[header!.indexOf(name)]!);
  assert.deepEqual(column('stage'), ['jpeg', 'jpeg', 'blur', 'blur']);
  assert.deepEqual(column('strength'), ['10', '90', '0', '3']);
  assert.deepEqual(
    [Number(column('difference')[2]), Number(column('p')[2]), Number(column('adjustedP')[2])],
    [0, 1, 1],
  );
  assert.ok(Number(column('adjustedP')[0]) < 0.001);
  assert.ok(Number(column('adjustedP')[0]) >= Number(column('p')[0]));
  const [table] = bench.highlights;
  assert.equal(
    table!.conclusion,
    'The AUC is lower, by paired tests at 5 % over all strengths, for JPEG quality (10); blur: deviation (3).',
  );
  assert.match(table!.title, /^Changed images of test against unchanged ones, AUC 0\.9\d+ \(/);
  assert.deepEqual(
    table!.rows.map(([change]) => change),
    ['JPEG quality', 'JPEG quality', 'blur: deviation', 'blur: deviation'],
  );
  const chart = readFileSync(join(bench.output('chart'), 'chart.vl.json'), 'utf8');
  assert.match(chart, /JPEG quality/);
});

test('other images, and inputs without an axis of numbers, are refused', async () => {
  using bench = new StageBench();
  const unchanged = scoresFile(bench, 'unchanged', 1);
  const failing = async (changed: readonly object[]) => {
    const inputs = { unchanged, changed: changed as never };
    const error = await bench.run(spec, run, { inputs }).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(error instanceof StageError);
    return error.message;
  };
  assert.equal(
    await failing([{ path: unchanged, labels: { stage: 'jpeg' } }]),
    'Input "changed": expected scores of jpeg that differ by one axis of a matrix, the strength of the change, got no axis; give this stage the same matrix for the others.',
  );
  assert.equal(
    await failing([{ path: unchanged, labels: { stage: 'jpeg', quality: 'high' } }]),
    'Input "changed": expected numbers on the axis quality of jpeg, got "high".',
  );
  const two = (quality: string, seed: string) => ({
    path: unchanged,
    labels: { stage: 'jpeg', quality, seed },
  });
  assert.equal(
    await failing([two('90', '1'), two('50', '2')]),
    'Input "changed": expected scores of jpeg that differ by one axis of a matrix, the strength of the change, got quality, seed; give this stage the same matrix for the others.',
  );
  const fewer = join(bench.root, 'fewer.csv');
  const lines = readFileSync(unchanged, 'utf8').trimEnd().split('\n');
  writeFileSync(fewer, `${lines.slice(0, -10).join('\n')}\n`);
  assert.equal(
    await failing([strength(fewer, 'jpeg', 'quality', 50)]),
    'Input "changed": expected the same images in all scores, but 10 of the unchanged ones are not in those of jpeg, quality 50, and 0 of these not among them.',
  );
});
