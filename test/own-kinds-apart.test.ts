import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownKind } from './support/own-kind.ts';
import { Project } from './support/rig.ts';

const yaml = `
stages:
  odd: { kind: odd, outputs: { text: out/odd.txt } }
  plain: { kind: command, outputs: { text: out/plain.txt }, with: { run: "echo plain > \${outputs.text}" } }
`;

test('a kind that sends messages of its own fails its stage and nothing else', async () => {
  const run =
    "process.send!({ type: 'progress', progress: 'half' }); await new Promise(() => setInterval(() => {}, 1000));";
  using project = new Project(yaml, ownKind('odd', run));
  const { code, outcomes, events, stderr } = await project.run();
  assert.deepEqual([code, outcomes, stderr], [1, { odd: 'failed', plain: 'ran' }, '']);
  const end = events.find((event) => event.type === 'stage-finished' && event.stage === 'odd');
  assert.equal(
    end?.type === 'stage-finished' && end.message,
    "the kind odd sent { type: 'progress', progress: 'half' } to Restage by process.send. That channel is Restage's own: tell things by the context",
  );
});
