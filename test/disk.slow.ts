import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Disk, whereMounting } from './support/disk.ts';
import { type Ended, endOf, Project } from './support/rig.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';
import { assertObjectsWhole } from './support/whole-objects.ts';

const grow = `
params: { size: 10 }
stages:
  grow: { kind: command, outputs: { bytes: out/bytes }, with: { run: "head -c \${params.size} /dev/zero | tr '\\\\0' x > \${outputs.bytes}" } }
  copy: { kind: command, inputs: { bytes: grow.bytes }, outputs: { bytes: out/copy }, with: { run: "cat \${inputs.bytes} \${inputs.bytes} > \${outputs.bytes}" } }
`;
function assertClear({ code, stdout, stderr }: Ended, message: RegExp): void {
  assert.equal(code, 1);
  assert.match(stdout + stderr, message);
  assert.doesNotMatch(stdout + stderr, /Internal error|^ +at /m);
}

test(
  'a full disk is reported and loses nothing, and once there is space the next run completes',
  whereMounting,
  async () => {
    using project = new Project(grow);
    using disk = new Disk(project, 'cache', '1m');
    await project.run();
    assertClear(
      await project.command('run', '--set', 'params.size=600000'),
      /disk is full|No space left/,
    );
    assertObjectsWhole(project);
    assert.equal(project.read('out/copy'), 'x'.repeat(20));
    assert.deepEqual((await project.run()).outcomes, { grow: 'restored', copy: 'up to date' });
    disk.remount('size=16m');
    assert.deepEqual((await project.run('--set', 'params.size=600000')).outcomes, {
      grow: 'restored',
      copy: 'ran',
    });
    assert.equal(statSync(project.path('out/copy')).size, 1_200_000);
  },
);

test(
  'the command that the message of a full disk names frees what earlier results and killed runs hold',
  whereMounting,
  async () => {
    using project = new Project(grow);
    using _disk = new Disk(project, 'cache', '3m');
    await project.run('--set', 'params.size=300000');
    await project.run('--set', 'params.size=400000');
    const full = await project.command('run', '--set', 'params.size=500000');
    assertClear(full, /disk is full/);
    project.letHoursPass(2);
    const [, named] = /`restage (gc [^`]*)`/.exec(full.stdout + full.stderr)!;
    assert.match(
      (await project.command(...named!.split(' '))).stdout,
      /^Removed 3 results and \d objects/,
    );
    assert.deepEqual((await project.run('--set', 'params.size=500000')).outcomes, {
      grow: 'up to date',
      copy: 'ran',
    });
  },
);

test(
  'training without room for its checkpoints says so once, and continues',
  whereMounting,
  async () => {
    using project = new Project(`
stages:
  fit:
    kind: train
    inputs: { dataset: data/set }
    with: { model: { layers: [{ conv: 4, kernel: 5, stride: 2 }, relu, flatten, { dense: 64 }, { dense: 2 }] }, imageSize: 56, batchSize: 4, epochs: 3 }
`);
    await writeTintedDataset(project.path('data/set'), { train: 8, val: 4 });
    // The weights are 0.7 MB, and a checkpoint three or four times as much.
    using _disk = new Disk(project, 'cache', '1600k');
    const { outcomes, warnings, code } = await project.run();
    assert.deepEqual([code, outcomes], [0, { fit: 'ran' }]);
    assert.deepEqual(
      warnings.filter((warning) => warning.includes('checkpoint')),
      [
        'Cannot write a checkpoint: the disk is full. Free some space and run again; nothing is lost. `restage gc --yes --keep 1h` removes earlier results and what killed runs left. This run continues without it.',
      ],
    );
    assert.deepEqual(project.files('cache/checkpoints'), []);
  },
);

test(
  'a stage without room for its log continues, and says where the log ends',
  whereMounting,
  async () => {
    using project = new Project(`
stages:
  talk: { kind: command, outputs: { text: out/text }, with: { run: "echo here; read _ < gate; seq 100000; echo there; read _ < gate; echo whole > \${outputs.text}" } }
`);
    using _disk = new Disk(project, 'cache', '1m');
    const gate = project.gate('gate');
    const run = project.startRun();
    await run.output('talk', 'here');
    spawnSync('dd', ['if=/dev/zero', `of=${project.path('cache/filler')}`]);
    gate.pass();
    await run.output('talk', 'there');
    project.remove('cache/filler');
    gate.pass();
    const { code, outcomes, warnings } = await endOf(run);
    assert.deepEqual([code, outcomes], [0, { talk: 'ran' }]);
    // The file of events may find room in the last block that it has, or none.
    const [ofLog, ...others] = warnings.filter(
      (warning) => !warning.startsWith("The run's events are not recorded"),
    );
    assert.deepEqual(others, []);
    assert.match(
      ofLog!,
      /^Cannot write its log .*attempt-1\.log: the disk is full\. .* The stage continues, and its log ends there\.$/,
    );
    assert.equal(project.read('out/text'), 'whole\n');
  },
);

test(
  'if the published folder is full, the old outputs stay and the results are kept',
  whereMounting,
  async () => {
    using project = new Project(grow);
    using disk = new Disk(project, 'out', '1m');
    await project.run();
    assertClear(
      await project.command('run', '--set', 'params.size=900000'),
      /Cannot write out\/copy: the disk is full/,
    );
    assert.equal(statSync(project.path('out/copy')).size, 20);
    disk.remount('size=16m');
    assert.deepEqual((await project.run('--set', 'params.size=900000')).outcomes, {
      grow: 'up to date',
      copy: 'restored',
    });
  },
);

test('a read-only published folder is reported', whereMounting, async () => {
  using project = new Project(grow);
  using disk = new Disk(project, 'out', '1m');
  disk.remount('ro');
  assertClear(await project.command('run'), /Cannot write out\/bytes: the disk is read-only/);
});

test('a file of the user’s at a published path is moved aside, and a warning names the new path', async () => {
  using project = new Project(grow, { 'out/bytes': 'my thesis' });
  const { outcomes, warnings } = await project.run();
  assert.deepEqual(outcomes, { grow: 'ran', copy: 'ran' });
  const [, kept] =
    /^out\/bytes held something that Restage did not put there: it was moved to (.*)$/.exec(
      warnings[0]!,
    )!;
  assert.equal(project.read(kept!), 'my thesis');
});

test('a link at a published path is replaced by the output, and its target stays as it is', async () => {
  using project = new Project(grow, { 'elsewhere.txt': 'mine' });
  mkdirSync(project.path('out'));
  symlinkSync('../elsewhere.txt', project.path('out/bytes'));
  await project.run();
  assert.equal(project.read('elsewhere.txt'), 'mine');
  assert.equal(project.read('out/bytes'), 'x'.repeat(10));
  project.remove('out/copy');
  symlinkSync('nowhere', project.path('out/copy'));
  assert.deepEqual((await project.run()).outcomes, { grow: 'up to date', copy: 'restored' });
  assert.ok(lstatSync(project.path('out/copy')).isFile());
});

test('corrupted and truncated objects are noticed, and made again', async () => {
  using project = new Project(grow);
  await project.run();
  const objects = project.files('cache/objects');
  for (const [index, damage] of ['y'.repeat(10), 'x'].entries()) {
    for (const object of objects) {
      project.replace(
        `cache/objects/${object}`,
        damage.repeat(index === 0 ? project.read(`cache/objects/${object}`).length / 10 : 1),
      );
    }
    project.remove('out');
    const { code, outcomes } = await project.run();
    assert.equal(code, 0);
    assert.deepEqual(outcomes, { grow: 'ran', copy: 'ran' });
    assert.equal(project.read('out/copy'), 'x'.repeat(20));
    assertObjectsWhole(project);
  }
});

test('--hard-link publishes the objects themselves, read-only, and they stay sound', async () => {
  using project = new Project(grow);
  await project.run('--hard-link');
  const { nlink, mode } = statSync(project.path('out/bytes'));
  assert.equal(nlink, 2);
  assert.equal(mode & 0o222, 0);
  project.replace('out/bytes', 'mine');
  assert.deepEqual((await project.run('--hard-link')).outcomes, {
    grow: 'restored',
    copy: 'up to date',
  });
  assertObjectsWhole(project);
});
