import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StageName } from '../config/pipeline.ts';
import { load } from '../config/testing-kinds.ts';
import { Graph } from './graph.ts';

const name = (text: string) => text as StageName;

test('a graph knows what a stage needs and what needs it, by reading and by order', async () => {
  const graph = new Graph(
    await load(`stages:
  roc: { kind: roc, inputs: { scores: [score.scores] } }
  score: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset }, after: check }
  fit: { kind: train, inputs: { dataset: faces.dataset } }
  faces: { kind: load, inputs: { images: data/ } }
  check: { kind: command, with: { run: "true" } }
`),
  );
  assert.deepEqual(graph.dependencies(name('score')), ['fit', 'faces', 'check']);
  assert.deepEqual(graph.dependents(name('faces')), ['score', 'fit']);
  assert.deepEqual(graph.dependencies(name('faces')), []);
  assert.deepEqual(graph.order, ['faces', 'fit', 'check', 'score', 'roc']);
});

test('a file that is in order already stays in its order', async () => {
  const graph = new Graph(
    await load(`stages:
  b: { kind: command, outputs: { o: {} }, with: { run: x } }
  a: { kind: command, outputs: { o: {} }, with: { run: x } }
  c: { kind: command, inputs: { x: a.o, y: b.o }, with: { run: x } }
`),
  );
  assert.deepEqual(graph.order, ['b', 'a', 'c']);
});

test('in any pipeline without cycles every stage comes after what it needs', async () => {
  const edges = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 12 });
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
  await fc.assert(
    fc.asyncProperty(edges, order, async (pairs, written) => {
      const stages = written.map((stage) => {
        const after = pairs
          .filter(([from, to]) => from === stage && to < from)
          .map(([, to]) => `s${to}`);
        return `  s${stage}: { kind: command, with: { run: x }, after: [${after.join(', ')}] }`;
      });
      const graph = new Graph(await load(`stages:\n${stages.join('\n')}\n`));
      assert.equal(graph.order.length, 8);
      for (const stage of graph.order) {
        for (const dependency of graph.dependencies(stage)) {
          assert.ok(graph.order.indexOf(dependency) < graph.order.indexOf(stage));
          assert.ok(graph.dependents(dependency).includes(stage));
        }
      }
    }),
    { numRuns: 40 },
  );
});
