import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownKind } from './support/own-kind.ts';
import { Project } from './support/rig.ts';

const plain = `
stages:
  plain: { kind: command, outputs: { text: out/plain.txt }, with: { run: "echo plain > \${outputs.text}" } }
`;
const yaml = `${plain}  odd: { kind: odd, outputs: { text: out/odd.txt } }\n`;

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

/**
 * A project with a kind for each code at the top level of a spec, and a pipeline that uses them
 * all.
 */
function withSpecs(codes: readonly string[]): Project {
  const kinds = codes.map((code, index) => ({
    name: `odd${index}`,
    files: ownKind(`odd${index}`, '', code),
  }));
  const stages = kinds.map(
    ({ name }) => `  ${name}: { kind: ${name}, outputs: { text: out/${name}.txt } }\n`,
  );
  return new Project(plain, {
    'pipelines/odd.yaml': `stages:\n${stages.join('')}`,
    ...Object.assign({}, ...kinds.map(({ files }) => files)),
  });
}

test('a spec that throws, ends the process or waits for ever breaks its kind, and no pipeline without that kind', async () => {
  const broken = {
    'throw null;': 'it threw null',
    'process.exit(7);':
      'its spec calls process.exit, which would end Restage. A spec only describes its kind',
    "process.kill(process.pid, 'SIGKILL');":
      'its spec calls process.kill, which would end Restage. A spec only describes its kind',
    'await new Promise(() => {});': 'its spec waits at top level for something that never comes',
    "Promise.reject(new Error('late'));": 'its spec leaves a rejected promise: late',
    "Promise.reject('no error');": "its spec leaves a rejected promise: 'no error'",
    "process.nextTick(() => { throw new Error('soon'); });": 'its spec throws in a callback: soon',
    'setImmediate(() => { throw undefined; });': 'its spec throws in a callback: undefined',
    "setTimeout(() => { throw new Error('timed'); }, 1); await new Promise((end) => setTimeout(end, 1000));":
      'its spec throws in a callback: timed',
  };
  using project = withSpecs(Object.keys(broken));
  const messages = Object.values(broken).map(
    (why, index) => `The kind odd${index} in stages/odd${index} cannot be loaded: ${why}`,
  );
  const refused = await project.command('run', 'odd.yaml');
  assert.equal(refused.code, 1);
  for (const message of messages)
    assert.ok(refused.stderr.includes(`error: ${message} [broken-kind]\n`), message);

  const { code, outcomes, warnings } = await project.run();
  assert.deepEqual([code, outcomes, warnings], [0, { plain: 'ran' }, messages]);
});

test('what a spec does besides describing its kind has no effect, and is a warning where its kind is used', async () => {
  const effects = {
    "process.on('exit', () => { process.exitCode = 9; });": 'listens to the process (exit)',
    "console.log('hello'); console.error('world');": 'prints "hello\\nworld\\n"',
    'process.stdout.write(new Uint8Array([104, 105]));': 'prints "hi"',
    "setTimeout(() => { throw new Error('timed'); }, 1);": 'starts a timer',
    "import { setInterval as often } from 'node:timers'; often(() => {}, 1);": 'starts a timer',
    "import { createServer } from 'node:net'; createServer().listen(0);":
      'keeps something open (TCPSERVERWRAP)',
    "import { spawn } from 'node:child_process'; spawn('sleep', ['1'], { stdio: 'ignore' });":
      'keeps something open (PROCESSWRAP)',
  };
  using project = withSpecs(Object.keys(effects));
  const used = await project.command('plan', 'odd.yaml', '--json');
  assert.equal(used.code, 0);
  JSON.parse(used.stdout);
  const remedy = 'That has no effect: a spec only describes its kind. Move it to run.ts.';
  const warnings = Object.values(effects).map(
    (what, index) => `warning: The spec of the kind odd${index} ${what}. ${remedy}\n`,
  );
  assert.equal(used.stderr, warnings.join(''));

  const { code, stdout, stderr } = await project.command('plan', 'test.yaml');
  const planned = 'test: 1 stage\n  run         plain  never ran\n1 run\n';
  assert.deepEqual([code, stdout, stderr], [0, planned, '']);
});

test('an error that a function of a spec leaves behind is a warning, and the command goes on', async () => {
  const check = "check: () => { Promise.reject(new Error('unseen')); return []; }";
  using project = new Project(yaml, ownKind('odd', ''));
  project.edit('stages/odd/spec.ts', 'inputs: {}', `inputs: {}, ${check}`);
  const { code, stdout, stderr } = await project.command('plan', 'test.yaml');
  assert.deepEqual(
    [code, stderr],
    [0, 'warning: The spec of the kind odd leaves a rejected promise: unseen\n'],
  );
  assert.match(stdout, /^test: 2 stages\n/);
});
