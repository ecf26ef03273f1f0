import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { questionsOf } from '../scripts/report-page.ts';
import { inRepository } from './support/pages.ts';
import { Project } from './support/rig.ts';

/** The report with all its stages, as small as possible: its numbers mean nothing. */
const smallest = `
extends: npm:restage/as-reported-small.yaml
params:
  count: { train: 24, val: 16, test: 16 }
  simpleNet: { imageSize: 56, epochs: 2, batchSize: 8 }
  xception: { imageSize: 40, epochs: 1, batchSize: 8, pretrained: none }
  myNet: { imageSize: 154, epochs: 1, batchSize: 8 }
`;

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The second story changes what the first has run. */
const project = new Project(smallest);
after(() => project[Symbol.dispose]());

test('the report runs whole: every file that docs/report.md names is there, and every question has an answer', async () => {
  const run = await project.run();
  assert.equal(run.code, 0, run.stderr);
  const questions = await questionsOf(inRepository('.'));
  const files = questions.flatMap(({ files }) => files);
  assert.ok(files.length > 50, `${files.length} files`);
  assert.deepEqual(
    files.filter((file) => !project.has(`artifacts/test/${file}`)),
    [],
  );
  const folder = 'artifacts/test/answers/document';
  const text = project.read(`${folder}/summary.md`);
  assert.deepEqual(
    [...text.matchAll(/^### ([^:]+)/gm)].map(([, number]) => number),
    questions.map(({ number }) => number),
  );
  assert.doesNotMatch(text, /\{\{|undefined|NaN/);
  const figures = [...text.matchAll(/\]\((summary\/[^)]+)\)/g)].map(([, figure]) => figure!);
  assert.ok(figures.length >= 20, `${figures.length} figures`);
  assert.deepEqual(
    figures.filter((figure) => !project.has(`${folder}/${figure}`)),
    [],
  );
  assert.match(project.read('artifacts/test/report.html'), /<section id="summary"/);
});

test('without a network, only XceptionBased fails: the message names the file of ImageNet’s weights, and where to put it', async () => {
  project.env['https_proxy'] = `http://127.0.0.1:${await closedPort()}`;
  const run = await project.run('--set', 'params.xception.pretrained=imagenet');
  const failed = Object.keys(run.outcomes).filter((stage) => run.outcomes[stage] === 'failed');
  assert.deepEqual(failed, ['xception-synthetic/fit']);
  const name =
    'b0042744bf5b25fce3cb969f33bebb97-xception_weights_tf_dim_ordering_tf_kernels_notop.h5';
  const path = project.path('cache/downloads', name);
  const message = run.messages['xception-synthetic/fit']!;
  assert.ok(message.startsWith('Cannot fetch https://storage.googleapis.com/'), message);
  assert.ok(message.includes(`put it at ${path}; its md5 is `), message);
  assert.equal(run.outcomes['competition'], 'up to date');
});
