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
  const { code, outcomes, messages, stderr } = await project.run();
  assert.deepEqual([code, outcomes, stderr], [1, { odd: 'failed', plain: 'ran' }, '']);
  assert.equal(
    messages['odd'],
    "the kind odd sent { type: 'progress', progress: 'half' } to Restage by process.send. That channel is Restage's own: use the context instead",
  );
});

for (const [code, why] of [
  ['throw null;', 'it threw null'],
  ['process.exit(7);', 'its spec calls process.exit, which would end Restage. A spec only describes its kind'],
  [
    "process.kill(process.pid, 'SIGKILL');",
    'its spec calls process.kill, which would end Restage. A spec only describes its kind',
  ],
  ['await new Promise(() => {});', 'its spec waits at top level for something that never comes'],
] as const) {
  test(`a spec with ${code} breaks its kind, and no pipeline that does not use it`, async () => {
    using project = new Project(yaml, ownKind('odd', '', code));
    const message = `The kind odd in stages/odd cannot be loaded: ${why}`;
    const refused = await project.run();
    assert.equal(refused.code, 1);
    assert.ok(refused.stderr.includes(message), refused.stderr);

    project.edit('pipelines/test.yaml', '  odd: { kind: odd, outputs: { text: out/odd.txt } }\n', '');
    const { code: ended, outcomes, warnings } = await project.run();
    assert.deepEqual([ended, outcomes, warnings], [0, { plain: 'ran' }, [message]]);
  });
}
