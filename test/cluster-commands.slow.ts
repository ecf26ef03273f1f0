import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ownKind } from './support/own-kind.ts';
import { endOf, Project } from './support/rig.ts';
import {
  areOver,
  idsIn,
  makeRoom,
  onShell,
  scheduler,
  shell,
  slowAtFirst,
  stages,
} from './support/shell-scheduler.ts';
import { until } from './support/until.ts';

test('a stage runs once though the scheduler accepts its job only after the time in which jobs may be silent', async () => {
  using project = shell(stages('one'), 0);
  const running = project.startRun('--on', 'shell');
  await until(() => project.has('refused'));
  await delay(3_000);
  makeRoom(project);
  const { outcomes, retries } = await endOf(running);
  assert.deepEqual([outcomes, retries, project.read('count')], [{ one: 'ran' }, [], 'one\n']);
});

test('what jobs made is read neither when it is published nor when it is found published, large, small, unstored or in a folder', async () => {
  using project = shell(
    `stages:
  large: { kind: command, with: { run: 'head -c 300000 /dev/zero > \${outputs.out}' }, outputs: { out: artifacts/large.bin } }
  small: { kind: command, with: { run: 'echo text > \${outputs.out}' }, outputs: { out: artifacts/small.txt } }
  folder:
    kind: command
    after: [small] # equal bytes that are stored at the same moment replace each other, and are hashed
    with: { run: 'mkdir \${outputs.out}; echo a > \${outputs.out}/a; echo text > \${outputs.out}/b' }
    outputs: { out: artifacts/folder }
  unstored: { kind: command, cache: false, with: { run: 'echo more > \${outputs.out}' }, outputs: { out: artifacts/more.txt } }
`,
    9,
  );
  const loader = fileURLToPath(new URL('support/watch-reads.mjs', import.meta.url));
  Object.assign(project.env, { READS: project.path('reads'), NODE_OPTIONS: `--import ${loader}` });
  const all = { large: 'ran', small: 'ran', folder: 'ran', unstored: 'ran' };
  assert.deepEqual((await project.run('--on', 'shell')).outcomes, all);
  assert.deepEqual(
    new Set(Object.values((await project.run('--on', 'shell')).outcomes)),
    new Set(['up to date']),
  );
  assert.equal(project.has('reads') ? project.read('reads') : '', '');
  assert.equal(project.read('artifacts/folder/b'), 'text\n');
  project.write('artifacts/small.txt', 'Text\n');
  const again = await project.run('--on', 'shell');
  assert.equal(again.outcomes['small'], 'restored');
  assert.match(project.read('reads'), /small\.txt/, 'an edited file is read');
});

test('a detached run continues though there was no room for its next step at first', async () => {
  using project = shell(
    `${stages('one')}  two: { kind: command, after: [one], with: { run: 'echo two >> count' } }\n`,
    1,
  );
  const running = project.startRun('--on', 'shell', '--detach');
  await until(() => project.has('refused'));
  makeRoom(project);
  assert.equal((await endOf(running)).code, 0);
  await until(() => project.read('count') === 'one\ntwo\n');
  await until(() =>
    project
      .read('submitted')
      .trim()
      .split('\n')
      .every((id) => project.has(`ended-${id}`)),
  );
});

test('before it returns, a detached run downloads what its later stages need: nodes may have no internet', async () => {
  const server = createServer((_, response) => response.end('weights'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const md5 = createHash('md5').update('weights').digest('hex');
  const file = JSON.stringify({ url: `http://127.0.0.1:${port}/net.h5`, md5 });
  const kindFiles = ownKind('fetch', `await context.download(${file});`);
  const spec = kindFiles['stages/fetch/spec.ts']!.replace(
    'inputs: {},',
    `inputs: {}, downloads: () => [${file}],`,
  );
  const yaml = `${stages('one').replace('echo', 'read _ < gate; echo')}  two: { kind: fetch, after: [one], outputs: { text: artifacts/two.txt } }\n`;
  using project = new Project(yaml, { ...scheduler, ...kindFiles, 'stages/fetch/spec.ts': spec });
  onShell(project, 9);
  const gate = project.gate('gate');
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  server.close();
  gate.pass();
  await until(() => project.has('artifacts/two.txt'));
  await areOver(project);
  assert.equal(project.read(`cache/downloads/${md5}-net.h5`), 'weights');
});

test('a detached run continues after a job died silently', async () => {
  using project = shell(slowAtFirst(5), 9);
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await until(() => project.has('again'));
  process.kill(Number(project.read(`pid-${idsIn(project)[0]}`)), 'SIGKILL');
  await areOver(project);
  assert.equal(project.read('count'), 'run\nrun\n');
  assert.deepEqual((await project.run('--on', 'shell')).outcomes, { one: 'up to date' });
});

test('if a kind changed while its job waited, the job refuses, and the next step of a detached run decides again', async () => {
  using project = shell(
    'stages: { mine: { kind: mine, outputs: { text: artifacts/mine.txt } } }\n',
    9,
  );
  for (const [file, text] of Object.entries(ownKind('mine', ''))) project.write(file, text);
  const changes =
    'test -e changed || { touch changed; sed -i s/done/changed/ stages/mine/run.ts; }';
  project.write('submit.sh', `${changes}\n${project.read('submit.sh')}`);
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await areOver(project);
  assert.equal(project.read('artifacts/mine.txt'), 'changed\n');
  assert.deepEqual((await project.run('--on', 'shell')).outcomes, { mine: 'up to date' });
});

for (const change of ['echo more >>', 'touch']) {
  test(`in a detached run, a stage that changes its own input by \`${change}\` runs as often as in any run, and fails`, async () => {
    using project = shell('', 99);
    const run = `echo run >> ${project.path('count')}; ${change} ${project.path('in.txt')}; : > \${outputs.out}`;
    const rest = 'retries: 2, inputs: { in: ./in.txt }, outputs: { out: artifacts/out.txt }';
    project.write(
      'pipelines/test.yaml',
      `stages: { one: { kind: command, ${rest}, with: { run: "${run}" } } }\n`,
    );
    project.write('in.txt', 'first\n');
    const here = await project.run('--on', 'shell');
    assert.deepEqual(
      [here.outcomes, project.read('count')],
      [{ one: 'failed' }, 'run\nrun\nrun\n'],
    );
    assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
    await areOver(project);
    assert.equal(project.read('count'), 'run\n'.repeat(6));
    const steps = project.files('cache/jobs').filter((name) => /^step-.*output$/.test(name));
    const printed = steps.map((name) => project.read(`cache/jobs/${name}`)).join('');
    assert.match(printed, /in\.txt changed while the stage ran, by an edit or by the stage itself/);
  });
}

test('steps of a detached run on two clusters wait for jobs of both, each at its own', async () => {
  const yaml = `stages:
  a: { kind: command, place: shell, with: { run: 'echo a >> count' } }
  b: { kind: command, place: other, with: { run: 'echo b >> count; sleep 3' } }
  c: { kind: command, place: local, after: [a, b], with: { run: 'echo c >> count' } }
`;
  using project = shell(yaml, 9);
  for (const name of ['submit.sh', 'query.sh', 'refusal', 'room'])
    project.write(`other/${name}`, project.read(name));
  const placesYaml = project.read('places.yaml');
  project.write(
    'places.yaml',
    placesYaml +
      placesYaml.replace('shell:', 'other:').replaceAll(/(sh submit|sh query)/g, 'cd other && $1'),
  );
  assert.equal((await project.run('--detach')).code, 0);
  await until(() => project.read('count').includes('c'));
  assert.deepEqual(project.read('count').trim().split('\n').sort(), ['a', 'b', 'c']);
  await areOver(project);
  await areOver(project, 'other/');
});
