import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMatrices } from './matrix-section.ts';
import type { ReportStage } from './report-model.ts';
import { exampleStage } from './testing-model.ts';

const scored = (name: string, value: number): ReportStage =>
  exampleStage({
    name,
    outputs: [
      {
        port: 'metrics',
        type: 'metrics',
        path: 'm.json',
        href: 'm.json',
        preview: {
          as: 'metrics',
          metrics: [
            { name: 'test.accuracy', value: 0.5 },
            { name: 'test.auc', value },
          ],
        },
      },
    ],
  });

/** The cells of a table as text. */
const rowsOf = (markup: string): readonly string[] =>
  Array.from(markup.matchAll(/<tr>(.*?)<\/tr>/gs), ([, row]) =>
    Array.from(row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs), ([, cell]) =>
      cell!.replaceAll(/<[^>]*>/g, ''),
    ).join(' | '),
  );

test('the members of a matrix are a table of its two longest axes, numbers in their order, the best in bold', () => {
  const stages = [
    scored('data', 0.1),
    scored('scores[rate=0.01,seed=8]', 0.8),
    scored('scores[rate=0.001,seed=8]', 0.7),
    scored('scores[rate=0.01,seed=7]', 0.9),
    scored('scores[rate=0.001,seed=7]', 0.6),
    scored('scores[rate=0.0001,seed=7]', 0.5),
  ];
  const [table, ...others] = renderMatrices(stages);
  assert.equal(others.length, 0);
  assert.deepEqual(rowsOf(table!.markup), [
    'rate \\ seed | 7 | 8',
    '0.0001 | 0.500 | –',
    '0.001 | 0.600 | 0.700',
    '0.01 | 0.900 | 0.800',
  ]);
  assert.match(table!.markup, /AUC on test of scores by rate and seed/);
  assert.match(table!.markup, /<strong>0.900<\/strong>/);
  assert.doesNotMatch(table!.markup, /<strong>0.[5-8]/);
});

test('a cell is a mean over further axes, and names are text', () => {
  const cube = [1, 2, 3].flatMap((a) =>
    [1, 2, 3].flatMap((b) => [1, 2].map((c) => scored(`s[a=${a},b=${b},c=${c}]`, (a + c) / 10))),
  );
  const [mean] = renderMatrices(cube);
  assert.match(mean!.markup, /by a and b, means/);
  assert.match(mean!.markup, /title="mean of 2"/);
  const nets = ['x', '<b>'].flatMap((net) =>
    [1, 2].map((seed) => scored(`s[net=${net},seed=${seed}]`, seed / 10)),
  );
  assert.deepEqual(rowsOf(renderMatrices(nets)[0]!.markup), [
    'net \\ seed | 1 | 2',
    'x | 0.100 | 0.200',
    '&#60;b&#62; | 0.100 | 0.200',
  ]);
});

test('few members, a single axis, and members that share no number have no table', () => {
  assert.deepEqual(renderMatrices([1, 2, 3, 4].map((n) => scored(`s[n=${n}]`, 0.5))), []);
  assert.deepEqual(renderMatrices([1, 2, 3].map((n) => scored(`s[n=${n}]`, 0.5))), []);
  assert.deepEqual(
    renderMatrices([1, 2, 3, 4].map((n) => exampleStage({ name: `s[n=${n}]` }))),
    [],
  );
});
