import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { group } from './support/store-group.ts';
import { files, print, shout } from './support/two-stages.ts';

const grid = `stages:
  fit:
    kind: command
    matrix: { rate: [0.1, 0.2], seed: [7, 8] }
    outputs: { metrics: { type: metrics } }
    with: { run: 'echo "{ \\"loss\\": 0.5 }" > \${outputs.metrics}; : \${matrix.rate} \${matrix.seed}' }
`;

test('a run and a member of its matrix get a name, tags and a note, which history and note show', async () => {
  using project = new Project(grid);
  project.env['USER'] = 'anna';
  assert.equal((await project.run()).code, 0);
  const told = await print(project, 'note', 'last', 'overfits', 'early', '--name', 'first try');
  const [, run] = /^(\S+) of test$/m.exec(told)!;
  assert.match(
    told,
    /name: first try\n {2}overfits early\n {2}edited \S+ \S+ UTC by anna, unsigned/,
  );
  await print(project, 'note', run!.slice(0, 19), '--tag', 'good', '--tag', 'old', '--baseline');
  await print(project, 'note', 'last', '--untag', 'old', '--pin');
  await print(project, 'note', 'last', '--member', 'seed=8,rate=0.2', '--name', 'best of all');
  const list = await print(project, 'note');
  assert.match(list, /first try \(pinned\) \(baseline\) +good +overfits early +anna/);
  assert.match(list, /rate=0\.2,seed=8 +test +best of all/);
  assert.match(
    await print(project, 'history'),
    /^ {2}first try \[good\] pinned baseline: overfits early$/m,
  );
  const [data] = JSON.parse(await print(project, 'history', '--json'));
  assert.deepEqual([data.name, data.tags, data.isBaseline], ['first try', ['good'], true]);
  await print(project, 'note', 'last', '', '--name', '', '--no-pin', '--no-baseline');
  const noted = JSON.parse(await print(project, 'note', run!, '--json')) as { name: string }[];
  assert.deepEqual(noted.map(({ name }) => name).sort(), ['', 'best of all']);
  for (const [words, message] of [
    [['note', 'last', '--member', 'seed=8', '--pin'], /"seed=8" names 2 of them of the 4 members/],
    [['note', '2020-01-01', '--pin'], /There is no run 2020-01-01/],
    [['note', '--pin'], /Expected a run, such as last/],
    [['note', 'last', 'x'.repeat(4001)], /a note 4000/],
  ] as const) {
    const { code, stderr } = await project.command(...words);
    assert.notEqual(code, 0, words.join(' '));
    assert.match(stderr, message);
  }
});

test('notes travel with an exported run, signed by the key that exports', async () => {
  using maker = new Project(shout, files, 'maker');
  using reader = new Project(shout, files, 'reader');
  maker.env['XDG_CONFIG_HOME'] = maker.path('config');
  reader.env['XDG_CONFIG_HOME'] = reader.path('config');
  assert.equal((await maker.run()).code, 0);
  await print(maker, 'note', 'last', 'look at <b>this</b>', '--name', 'the one');
  const archive = reader.path('run.restage');
  const [, key] = /signed by (\S+)\.$/m.exec(await print(maker, 'export', archive, 'test.yaml'))!;
  const imported = await print(reader, 'import', archive, '--trust', key!);
  const [, run] = /Its notes came with it: restage note (\S+)/.exec(imported)!;
  assert.match(await print(reader, 'note', run!), /name: the one\n {2}look at <b>this<\/b>/);
  assert.match(await print(reader, 'note'), /1 row of runs that are not here/);
  assert.doesNotMatch(await print(reader, 'import', archive, '--trust', key!), /Its notes/);
});

test('notes travel with the shared store: a push takes them along, and a pull brings them', async () => {
  using people = await group();
  const { maker, clone } = people;
  maker.env['USER'] = 'anna';
  await print(maker, 'note', 'last', '--name', 'before', '--tag', 'good');
  await print(maker, 'store', 'push');
  await print(clone, 'store', 'pull', 'test.yaml');
  await print(maker, 'note', 'last', '--name', 'after');
  await print(maker, 'store', 'push');
  const pulled = await print(clone, 'store', 'pull', 'test.yaml');
  const [, run] = /restage note (\S+)/.exec(pulled)!;
  const [, spec] = /(\S+): "?[A-Za-z0-9+/]{43}=/.exec(maker.read('store.yaml'))!;
  const noted = await print(clone, 'note', run!);
  assert.match(noted, /name: after\n {2}tags: good\n/);
  assert.match(noted, new RegExp(`UTC by ${spec}$`, 'm'), 'by the name of the key that signed');
});
