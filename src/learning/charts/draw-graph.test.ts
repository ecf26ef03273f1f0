import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawGraph, pageWidth, type StageGraph } from './draw-graph.ts';
import { textWidth } from './fonts.ts';

const training: StageGraph = {
  nodes: [
    { name: 'faces', kind: 'load-dataset', state: 'up to date' },
    { name: 'fit[net=<a & b>]', kind: 'train', state: 'stale' },
    { name: 'score', kind: 'evaluate', state: 'blocked' },
    { name: 'alone', kind: 'command' },
  ],
  edges: [
    { from: 'faces', to: 'fit[net=<a & b>]', label: 'dataset' },
    { from: 'faces', to: 'score', label: 'dataset' },
    { from: 'fit[net=<a & b>]', to: 'score', label: 'model' },
    { from: 'fit[net=<a & b>]', to: 'score', label: 'history' },
    { from: 'score', to: 'alone' },
  ],
};

const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text);

/** The boxes of stages, which alone are rounded. */
const boxes = (svg: string) =>
  [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx/g)].map(
    ([, ...numbers]) => {
      const [left = 0, top = 0, width = 0, height = 0] = numbers.map(Number);
      return { left, top, right: left + width, bottom: top + height };
    },
  );

test('every stage has its name, kind and state, and every arrow its ports, once', () => {
  assert.deepEqual(texts(drawGraph(training)).sort(), [
    'alone',
    'command',
    'dataset',
    'dataset',
    'evaluate · blocked',
    'faces',
    'fit[net=&#60;a &#38; b&#62;]',
    'load-dataset · up to date',
    'model, history',
    'score',
    'train · stale',
  ]);
  assert.equal(drawGraph(training).match(/marker-end/g)?.length, 4);
});

test('names fit their boxes, arrows go from left to right, and nothing overlaps or lies outside', () => {
  const svg = drawGraph(training);
  const all = boxes(svg);
  const [, width = 0, height = 0] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? [];
  for (const [index, box] of all.entries()) {
    assert.ok(box.right - box.left > textWidth(training.nodes[index]!.name, 13, 'bold'));
    assert.ok(box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height);
    for (const laterBox of all.slice(index + 1)) {
      const apart =
        box.right < laterBox.left ||
        laterBox.right < box.left ||
        box.bottom < laterBox.top ||
        laterBox.bottom < box.top;
      assert.ok(apart, `${JSON.stringify(box)} and ${JSON.stringify(laterBox)} overlap`);
    }
  }
  const [faces, fit, score, alone] = all;
  assert.ok(faces!.right < fit!.left && fit!.right < score!.left && score!.right < alone!.left);
});

test('the instances of a matrix stand in order, from top to bottom', () => {
  const names = Array.from({ length: 8 }, (_, index) => `fit[seed=${index}]`);
  const svg = drawGraph({
    nodes: ['faces', ...names].map((name) => ({ name, kind: 'command' })),
    edges: names.map((to) => ({ from: 'faces', to, label: 'dataset' })),
  });
  const tops = boxes(svg)
    .slice(1)
    .map(({ top }) => top);
  assert.deepEqual(
    tops,
    [...tops].sort((a, b) => a - b),
  );
});

test('stages without arrows stand in lines as wide as the page, and below each other on a narrow one', () => {
  const names = Array.from({ length: 20 }, (_, index) => `fit[seed=${index}]`);
  const graph = { nodes: names.map((name) => ({ name, kind: 'train' })), edges: [] };
  const wide = boxes(drawGraph(graph));
  assert.ok(new Set(wide.map(({ top }) => top)).size <= 3);
  assert.ok(wide.every(({ right }) => right <= pageWidth));
  for (const [index, { left, top, bottom }] of wide.slice(1).entries()) {
    const before = wide[index]!;
    assert.ok(left > before.right ? top === before.top : top > before.bottom, 'in their order');
    assert.ok(bottom - top === before.bottom - before.top);
  }
  assert.equal(new Set(boxes(drawGraph(graph, 'across', 0)).map(({ left }) => left)).size, 1);
});

test('pairs of stages that nothing connects keep their arrows, and follow each other in lines, too', () => {
  const seeds = Array.from({ length: 12 }, (_, index) => index);
  const graph = {
    nodes: ['fit', 'score'].flatMap((name) =>
      seeds.map((seed) => ({ name: `${name}[seed=${seed}]`, kind: 'command' })),
    ),
    edges: seeds.map((seed) => ({ from: `fit[seed=${seed}]`, to: `score[seed=${seed}]` })),
  };
  const svg = drawGraph(graph);
  const all = boxes(svg);
  for (const seed of seeds) {
    const fit = all[seed]!;
    const score = all[seed + seeds.length]!;
    assert.ok(fit.right < score.left && fit.top === score.top, 'the file names all fits first');
    const y = (fit.top + fit.bottom) / 2;
    assert.match(svg, new RegExp(`<path d="M${fit.right},${y}[^"]*H${score.left}"`));
  }
  assert.equal(new Set(all.map(({ top }) => top)).size, 4);
});

test('a graph that goes down has each stage below what it reads, and arrows that end downwards', () => {
  const svg = drawGraph(training, 'down');
  const [faces, fit, score, alone] = boxes(svg);
  assert.ok(faces!.bottom < fit!.top && fit!.bottom < score!.top && score!.bottom < alone!.top);
  const ends = [...svg.matchAll(/ ([\d.]+),([\d.]+)V([\d.]+)" fill="none"/g)].map(
    ([, ...numbers]) => numbers.map(Number),
  );
  assert.equal(ends.length, 4);
  for (const [, before, end] of ends) assert.ok(end! - before! > 3);
});

test('stages may have the names of properties that every object has', () => {
  const names = ['constructor', '__proto__', 'toString'];
  const svg = drawGraph({
    nodes: names.map((name) => ({ name, kind: 'command' })),
    edges: [{ from: 'constructor', to: '__proto__', label: 'valueOf' }],
  });
  for (const name of [...names, 'valueOf']) assert.ok(texts(svg).includes(name), name);
});

test('the same graph gives the same bytes', () => {
  assert.equal(drawGraph(training), drawGraph(structuredClone(training)));
});

test('a graph without stages is an empty picture, and a chain of a thousand is drawn', () => {
  assert.match(drawGraph({ nodes: [], edges: [] }), /viewBox="0 0 40 40"/);
  const names = Array.from({ length: 1000 }, (_, index) => `s${index}`);
  const svg = drawGraph({
    nodes: names.map((name) => ({ name, kind: 'command' })),
    edges: names.slice(1).map((to, index) => ({ from: names[index]!, to })),
  });
  assert.equal(boxes(svg).length, 1000);
});
