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

/** Scores in which the property, 0 or 1 as given, weighs 3, and something else 1. */
function scoresFile(bench: StageBench, name: string, propertyOf: (i: number) => number): string {
  const lines = Array.from({ length: 200 }, (_, i) => {
    const label = i % 2;
    const fake = new Random('image', i).normal() + label + 3 * propertyOf(i);
    return `${i}.jpg,test,${label === 1 ? 'fake' : 'real'},0,${fake}`;
  });
  const path = join(bench.root, `${name}.csv`);
  const header = 'key,split,label,score.real,score.fake';
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  return path;
}

const instance = (path: string, property: string, partner: string) => ({
  path,
  labels: { property, partner },
});

/** The partners of images of alternating classes. */
function partnersFile(bench: StageBench, property: string, partner: 'own' | 'other') {
  const step = partner === 'own' ? 2 : 1;
  const lines = Array.from({ length: 200 }, (_, i) => `test,${i}.jpg,${(i + step) % 200}.jpg`);
  const path = join(bench.root, `${property}-${partner}.csv`);
  writeFileSync(path, `split,key,partner\n${lines.join('\n')}\n`);
  return instance(path, property, partner);
}

test('a property that decides takes the AUC below chance, and one that does not moves nothing', async () => {
  using bench = new StageBench();
  const ofClass = (i: number) => i % 2;
  const unchanged = scoresFile(bench, 'unchanged', ofClass);
  const swapped = scoresFile(bench, 'swapped', (i) => 1 - ofClass(i));
  const inputs = {
    unchanged,
    exchanged: [
      instance(swapped, 'brightness', 'other'),
      instance(unchanged, 'brightness', 'own'),
      instance(unchanged, 'size', 'own'),
      instance(unchanged, 'size', 'other'),
    ],
    partners: [
      partnersFile(bench, 'brightness', 'other'),
      partnersFile(bench, 'brightness', 'own'),
      partnersFile(bench, 'size', 'own'),
      partnersFile(bench, 'size', 'other'),
    ],
  };
  await bench.run(spec, run, { inputs, with: { draws: 200 } });
  const text = readFileSync(bench.output('table', spec.outputs['table']), 'utf8');
  const [header, brightness, size] = [...csvRecords(text)].map(({ fields }) => fields);
  const cellOf = (row: readonly string[], name: string) => Number(row[header!.indexOf(name)]);
  assert.ok(cellOf(brightness!, 'before') > 0.95);
  assert.ok(cellOf(brightness!, 'otherClass') < 0.2);
  const left = (cellOf(brightness!, 'otherClass') - 0.5) / (cellOf(brightness!, 'before') - 0.5);
  assert.ok(Math.abs(cellOf(brightness!, 'left') - left) < 1e-9);
  assert.ok(cellOf(brightness!, 'leftHigh') < 0);
  assert.ok(cellOf(brightness!, 'adjustedP') < 0.02);
  assert.deepEqual(
    ['difference', 'shift', 'p', 'left'].map((name) => cellOf(size!, name)),
    [0, 0, 1, 1],
  );
  assert.match(
    bench.highlights[0]!.conclusion!,
    /^The detector also decides by brightness \(−\d+\.\d % of the AUC above chance is left\), by the tests of the shift at 5 % over all properties\.$/,
  );
});

test('scores without both partners, and of other axes, are refused', async () => {
  using bench = new StageBench();
  const unchanged = scoresFile(bench, 'unchanged', () => 0);
  await assert.rejects(
    bench.run(spec, run, {
      inputs: {
        unchanged,
        exchanged: [instance(unchanged, 'size', 'own')],
        partners: [partnersFile(bench, 'size', 'own')],
      },
    }),
    new StageError('Input "exchanged": expected one score of size with partner other, got none.'),
  );
  await assert.rejects(
    bench.run(spec, run, {
      inputs: {
        unchanged,
        exchanged: [{ path: unchanged, labels: { seed: '1' } }],
        partners: [{ path: unchanged, labels: { seed: '1' } }],
      },
    }),
    new StageError(
      'Input "exchanged": expected instances of a matrix over property and partner, got one with seed. Give exchange and its evaluate the matrix { property: [brightness], partner: [other, own] }.',
    ),
  );
  await assert.rejects(
    bench.run(spec, run, {
      inputs: {
        unchanged,
        exchanged: [instance(unchanged, 'size', 'own'), instance(unchanged, 'size', 'other')],
        partners: [instance(unchanged, 'size', 'own'), partnersFile(bench, 'size', 'other')],
      },
    }),
    {
      name: 'StageError',
      message: `Input "partners", ${unchanged}: expected the columns split, key, partner, as exchange writes them, got key, split, label, score.real, score.fake.`,
    },
  );
});
