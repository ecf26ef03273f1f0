import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { killedAt } from './support/killed-at.ts';
import { Project } from './support/rig.ts';
import { killSmallPipeline } from './support/small-kills.ts';
import { assertObjectsWhole } from './support/whole-objects.ts';

const count = 2000;
const yaml = `
stages:
  many:
    kind: command
    inputs: { offset: ./offset.txt }
    outputs: { numbers: out/numbers }
    with:
      run: |
        mkdir \${outputs.numbers}
        cd \${outputs.numbers}
        first=$(cat \${inputs.offset})
        seq $first $((first + ${count - 1})) | split -l 1 -a 4 -
  sum: { kind: command, inputs: { numbers: many.numbers }, outputs: { sum: out/sum.txt }, with: { run: "find \${inputs.numbers} -type f | wc -l > \${outputs.sum}" } }
`;

function assertNothingPartial(project: Project): void {
  assertObjectsWhole(project);
  assert.ok([0, count].includes(project.files('out/numbers').length), 'a part was published');
}

test(`a run that is killed again and again while it saves ${count} files ends with the right result`, async () => {
  using project = new Project(yaml, { 'offset.txt': '1' });
  let kills = 0;
  for (let n = 750; await killedAt(project, n); n += 1750) {
    kills += 1;
    assertNothingPartial(project);
  }
  assert.ok(kills >= 3);
  assert.equal(project.read('out/sum.txt').trim(), String(count));
  assert.deepEqual((await project.run()).outcomes, { many: 'up to date', sum: 'up to date' });
  assert.equal((await project.command('verify')).code, 0);
});

test(`a run that is killed again and again while it restores ${count} files ends with the right result`, async () => {
  using project = new Project(yaml, { 'offset.txt': '1' });
  await project.run();
  project.write('offset.txt', '9001');
  await project.run();
  project.write('offset.txt', '1');
  let kills = 0;
  for (let n = 625; await killedAt(project, n); n += 625) {
    kills += 1;
    assertNothingPartial(project);
  }
  assert.ok(kills >= 3);
  assert.equal(project.read('out/numbers/xaaaa'), '1\n');
  assert.deepEqual((await project.run()).outcomes, { many: 'up to date', sum: 'up to date' });
  assert.deepEqual(project.files('cache/displaced'), []);
});

test('a small pipeline that is killed at every twentieth change of the disk ends with the right result', async () => {
  await killSmallPipeline(20);
});

test('a reader never sees a part of a published file, however often it is replaced', async () => {
  using project = new Project(`
params: { letter: a }
stages:
  fill: { kind: command, outputs: { bytes: out/bytes }, with: { run: "head -c 3000000 /dev/zero | tr '\\\\0' \${params.letter} > \${outputs.bytes}" } }
`);
  mkdirSync(project.path('out'));
  await project.run();
  const watch = `
    import { readFileSync } from 'node:fs';
    console.log('watching');
    let looks = 0;
    process.on('SIGTERM', () => { console.log(looks); process.exit(); });
    (function look() {
      let bytes;
      try { bytes = readFileSync('out/bytes'); } catch { bytes = undefined; }
      if (bytes !== undefined && (bytes.length !== 3000000 || bytes.some((byte) => byte !== bytes[0]))) process.exit(9);
      looks += 1;
      setImmediate(look);
    })();
  `;
  writeFileSync(project.path('watch.mjs'), watch);
  const watcher = spawn(process.execPath, ['watch.mjs'], {
    cwd: project.root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(watcher.stdout, 'data');
  for (const letter of ['b', 'a', 'b', 'c', 'a'])
    await project.run('--set', `params.letter=${letter}`);
  watcher.kill('SIGTERM');
  const [code] = (await once(watcher, 'exit')) as [number];
  assert.equal(code, 0);
});
