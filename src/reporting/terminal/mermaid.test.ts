import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../engine/config/testing-kinds.ts';
import { Graph } from '../../engine/graph/graph.ts';
import { mermaid } from './mermaid.ts';

test('a graph is drawn with a line for what is read and dots for order', async () => {
  const pipeline = await load(`stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, matrix: { net: [{ id: "a#b" }] }, inputs: { dataset: faces.dataset } }
  done: { kind: command, after: fit, with: { run: x } }
`);
  assert.equal(
    mermaid(new Graph(pipeline), pipeline.stages),
    `flowchart TD
  s0["faces<br/><small>load</small>"]
  s1["fit[net=a#35;b]<br/><small>train</small>"]
  s2["done<br/><small>command</small>"]
  s0 --> s1
  s1 -.-> s2
`,
  );
});
