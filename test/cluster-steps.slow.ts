import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ownKind } from './support/own-kind.ts';
import { endOf, Project } from './support/rig.ts';
import {
  areOver,
  atGates,
  idsIn,
  onShell,
  scheduler,
  shell,
  stages,
} from './support/shell-scheduler.ts';
import { until } from './support/until.ts';

test('if the scheduler accepts only some workers of a batch, these serve all stages', async () => {
  using project = shell(stages('one', 'two', 'three'), 1);
  project.write('refusal', 'job rejected: only 1 job is allowed for each user\n');
  const { outcomes } = await project.run('--on', 'shell');
  assert.deepEqual(outcomes, { one: 'ran', two: 'ran', three: 'ran' });
  assert.equal(project.read('submitted').split('\n').length, 2);
});

test('damage that a job finds in the store is reported by the run that waits', async () => {
  using project = shell(
    `stages:
  first: { kind: command, with: { run: 'echo text > \${outputs.out}' }, outputs: { out: artifacts/first.txt } }
  next: { kind: command, inputs: { in: first.out }, with: { run: 'cat \${inputs.in} > \${outputs.out}; echo more >> \${outputs.out}' }, outputs: { out: artifacts/next.txt } }
`,
    9,
  );
  await project.run('--on', 'shell');
  const object = project.path(
    'cache/objects',
    project
      .files('cache/objects')
      .find((file) => project.read(`cache/objects/${file}`) === 'text\n')!,
  );
  chmodSync(object, 0o644);
  writeFileSync(object, 'Text\n');
  const { outcomes, warnings } = await project.run('--on', 'shell', '--force', 'next');
  assert.deepEqual(outcomes, { first: 'up to date', next: 'ran' });
  assert.match(warnings.join(), /is damaged \(its content does not match its digest\)/);
  assert.equal(project.read('artifacts/next.txt'), 'text\nmore\n');
});

test('a step of a detached run refuses a pipeline whose file has changed', async () => {
  using project = shell(
    `${stages('one')}  two: { kind: command, after: [one], with: { run: 'echo two >> count' } }\n`,
    9,
  );
  project.write(
    'submit.sh',
    `test -e submitted || echo '# new' >> pipelines/test.yaml\n${project.read('submit.sh')}`,
  );
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await areOver(project);
  const outputs = project.files('cache/jobs').filter((name) => /^step-.*output$/.test(name));
  assert.match(
    project.read(`cache/jobs/${outputs[0]}`),
    /The pipeline has changed since the run was detached: run it again/,
  );
  assert.equal(project.read('count'), 'one\n');
  const output = project.path('cache/jobs', outputs[0]!);
  assert.equal(
    (await project.command('jobs')).stdout,
    `No jobs are queued or running.

The last step of a detached run: error: The pipeline has changed since the run was detached: run it again
  ${output}
`,
  );
});

test('`jobs` shows once why a step ended whose jobs both died', async () => {
  using project = shell(atGates, 9);
  project.gate('here.gate');
  const later = project.gate('later.gate');
  project.write('query.sh', `echo jobs; ${project.read('query.sh')}`);
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await until(() => project.has('begun') && idsIn(project).length === 4);
  const kill = (id: string) => process.kill(Number(project.read(`pid-${id}`)), 'SIGKILL');
  const [, first, second] = idsIn(project);
  kill(first!);
  rmSync(project.path('begun'));
  await until(() => project.has('begun'));
  kill(second!);
  await until(() => [first, second].every((id) => project.has(`ended-${id}`)));
  later.pass();
  await areOver(project);
  const { stdout } = await project.command('jobs');
  assert.match(
    stdout,
    new RegExp(`^${first}, ${second} +shell +ended +a step of a detached run`, 'm'),
  );
  assert.match(stdout, /^A step of a detached run ended: .+\n {2}\S+output$/m);
  assert.match((await project.command('jobs')).stdout, /^No jobs are queued or running\./);
});

test('in a detached run, a stage is retried as often as `retries` says, on the cluster and here', async () => {
  const bad = (name: string, more: string) =>
    `  ${name}: { kind: command, retries: 1, ${more}with: { run: 'echo ${name} >> ${name}; exit 1' } }\n`;
  using project = shell(
    `${stages('one', 'two')}${bad('there', '')}${bad('here', 'place: local, ')}  three: { kind: command, after: [two], with: { run: 'echo three >> count' } }\n`,
    99,
  );
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await areOver(project);
  assert.deepEqual(
    [project.read('there'), project.read('here')],
    ['there\nthere\n', 'here\nhere\n'],
  );
  assert.ok(project.read('count').includes('three'));
});

test('a run that waited for another one attaches to the job that the other left', async () => {
  using project = shell(
    `params: { gate: first.gate }
stages:
  first: { kind: command, with: { run: 'echo x >> first; read _ < \${params.gate}' } }
  next: { kind: command, after: [first], with: { run: 'echo x >> next; read _ < next.gate' } }
`,
    99,
  );
  const first = project.gate('first.gate');
  const otherGate = project.gate('other.gate');
  const next = project.gate('next.gate');
  const waits = project.startRun('--on', 'shell');
  await until(() => project.has('first'));
  const leaves = project.startRun('--on', 'shell', '--set', 'params.gate=other.gate');
  otherGate.pass();
  await until(() => project.has('next'));
  first.pass();
  await waits.event('stage-waiting', 'next');
  leaves.child.kill('SIGTERM');
  await leaves.ended;
  next.pass(2);
  assert.deepEqual((await endOf(waits)).outcomes, { first: 'ran', next: 'ran' });
  assert.equal(project.read('next'), 'x\n');
});

for (const [how, options] of [
  ['the same command', []],
  ['a detached run', ['--detach']],
] as const) {
  test(`a stage whose job ends just when ${how} has looked for its result is not run again`, async () => {
    using project = shell(
      `stages:
  one: { kind: command, with: { run: 'echo x >> count; read _ < gate; echo text > \${outputs.out}' }, outputs: { out: artifacts/one.txt } }
`,
      9,
    );
    const gate = project.gate('gate');
    const killed = project.startRun('--on', 'shell');
    await until(() => project.has('count'));
    killed.child.kill('SIGKILL');
    await killed.ended;
    const loader = fileURLToPath(new URL('support/end-between.mjs', import.meta.url));
    Object.assign(project.env, {
      LOOKED: project.path('looked'),
      NODE_OPTIONS: `--import ${loader}`,
    });
    const again = project.startRun('--on', 'shell', ...options);
    await until(() => project.has('looked'));
    gate.pass(2);
    assert.deepEqual((await endOf(again)).outcomes, { one: 'ran' });
    assert.deepEqual([project.read('count'), project.read('artifacts/one.txt')], ['x\n', 'text\n']);
    await areOver(project);
  });
}

test('the outputs that a stage with `cache: false` made in a job are not made again after a detach', async () => {
  using project = shell(
    `stages:
  one: { kind: command, cache: false, with: { run: 'echo x >> count; read _ < gate; echo text > \${outputs.out}' }, outputs: { out: artifacts/one.txt } }
`,
    9,
  );
  const gate = project.gate('gate');
  const leaves = project.startRun('--on', 'shell');
  await until(() => project.has('count'));
  leaves.child.kill('SIGTERM');
  await leaves.ended;
  gate.pass(2);
  await areOver(project);
  assert.deepEqual((await project.run('--on', 'shell')).outcomes, { one: 'ran' });
  assert.deepEqual([project.read('count'), project.read('artifacts/one.txt')], ['x\n', 'text\n']);
});

test('if a kind changed while a job waited, the run begins anew with the new code, and an interrupt still reaches it', async () => {
  const after = `  b: { kind: command, after: [a], with: { run: 'echo b >> count; read _ < gate' } }\n`;
  using project = new Project(`${stages('good')}  a: { kind: mine }\n${after}`, {
    ...scheduler,
    ...ownKind('mine', ''),
  });
  onShell(project, 9);
  const gate = project.gate('gate');
  project.edit(
    'submit.sh',
    'room=',
    '[ -e submitted ] || echo "// new" >> stages/mine/run.ts; room=',
  );
  const running = project.startRun('--on', 'shell');
  await until(() => project.read('count') === 'good\nb\n');
  running.child.kill('SIGTERM');
  const { code, events, warnings } = await endOf(running);
  const ends = events.flatMap((event) =>
    event.type === 'stage-finished' ? [[event.stage, event.outcome, event.message]] : [],
  );
  const differs = `${hostname()} differs from the machine that decided about the stage: it has another stages/mine/run.ts`;
  assert.deepEqual(ends.toSorted(), [
    ['a', 'cancelled', differs],
    ['a', 'ran', undefined],
    ['b', 'cancelled', 'it comes after a'],
    ['b', 'cancelled', 'its job continues'],
    ['good', 'ran', undefined],
    ['good', 'up to date', undefined],
  ]);
  assert.equal(
    warnings[0],
    'Restage or the code of a stage changed while it waited for its job: the run begins anew.',
  );
  assert.match(
    String(warnings.slice(1)),
    /^Detached: 1 batch of jobs on shell continues, and the same command attaches/,
  );
  gate.pass();
  const { code: last } = await project.run('--on', 'shell');
  assert.deepEqual([code, last, project.read('count')], [130, 0, 'good\nb\n']);
});

test('a job of PBS is known by its number, without the name of its server', async () => {
  using project = shell(stages('one'), 9);
  project.edit('submit.sh', 'JOB_ID=$id', 'PBS_JOBID=$id.server');
  assert.deepEqual((await project.run('--on', 'shell')).outcomes, { one: 'ran' });
  const [result] = project.files('cache/results');
  assert.equal(JSON.parse(project.read(`cache/results/${result}`)).record.job, idsIn(project)[0]);
});

test('a disk that fails for a while costs one warning', async () => {
  using project = shell(
    `stages: { one: { kind: command, with: { run: 'echo x >> count; read _ < gate' } } }\n`,
    9,
  );
  const gate = project.gate('gate');
  const running = project.startRun('--on', 'shell');
  await until(() => project.has('count'));
  const batch = project.files('cache/jobs').find((name) => name.endsWith('batch.json'))!;
  const claims = project.path('cache/jobs', batch, '../claims');
  renameSync(claims, `${claims}.kept`);
  symlinkSync(claims, claims);
  await until(() =>
    running.events.some(
      (event) => event.type === 'warning' && /claims: it is a link/.test(event.message),
    ),
  );
  rmSync(claims);
  renameSync(`${claims}.kept`, claims);
  gate.pass();
  const { outcomes, stderr } = await endOf(running);
  assert.deepEqual([outcomes, stderr], [{ one: 'ran' }, '']);
});

test('a step that is asked to end leaves the rest to its second job', async () => {
  using project = shell(atGates, 9);
  const here = project.gate('here.gate');
  const later = project.gate('later.gate');
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await until(() => project.has('begun') && idsIn(project).length === 4);
  rmSync(project.path('begun'));
  process.kill(Number(project.read(`pid-${idsIn(project)[1]}`)), 'SIGTERM');
  await until(() => project.has('begun'));
  here.pass();
  later.pass();
  await areOver(project);
  const { outcomes } = await project.run('--on', 'shell');
  assert.deepEqual(outcomes, { one: 'up to date', here: 'up to date', later: 'up to date' });
});

test('`jobs cancel` cancels the jobs of a step, also if no batch is open', async () => {
  using project = shell(atGates, 9);
  const gate = project.gate('here.gate');
  await project.run('one', '--on', 'shell');
  assert.equal((await project.run('here', '--on', 'shell', '--detach')).code, 0);
  await until(() => project.has('begun'));
  await project.command('jobs', 'cancel');
  const [, ...steps] = idsIn(project);
  assert.deepEqual(project.read('cancelled').trim().split('\n'), steps);
  gate.pass();
  await until(() => steps.every((id) => project.has(`ended-${id}`)));
});

test('`jobs cancel` names jobs whose place is gone, since it cannot cancel them', async () => {
  using project = shell(atGates, 9);
  const here = project.gate('here.gate');
  const later = project.gate('later.gate');
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await until(() => project.has('begun') && idsIn(project).length === 4);
  project.edit('places.yaml', 'shell:', 'renamed:');
  const { stderr } = await project.command('jobs', 'cancel');
  const [, ...steps] = idsIn(project);
  assert.match(
    stderr,
    new RegExp(`no place "shell" any more: cancel ${steps.slice(0, 2).join(', ')} with its own`),
  );
  here.pass();
  later.pass();
  await areOver(project);
});

test('a step that was cancelled while it ran submits no further one', async () => {
  using project = shell(atGates, 9);
  const here = project.gate('here.gate');
  const later = project.gate('later.gate');
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await until(() => project.has('begun') && idsIn(project).length === 4);
  const step = project.files('cache/jobs').find((name) => name.endsWith('step.json'))!;
  project.write(`cache/jobs/${step.replace('step.json', 'taken')}`, '');
  here.pass();
  later.pass();
  await areOver(project);
  assert.equal(idsIn(project).length, 4);
});

test('an empty list of jobs proves nothing', async () => {
  using project = shell(
    `${stages()}  one: { kind: command, with: { run: 'echo x >> count; read _ < gate' } }\n`,
    9,
  );
  project.write('query.sh', 'echo asked >> asked\n');
  const gate = project.gate('gate');
  const running = project.startRun('--on', 'shell');
  await until(() => project.read('asked').split('\n').length > 4);
  gate.pass();
  const { outcomes, retries } = await endOf(running);
  assert.deepEqual([outcomes, retries, project.read('count')], [{ one: 'ran' }, [], 'x\n']);
});

test('a step prints lines for a log, whatever reporter its command names', async () => {
  using project = shell(stages('one'), 9);
  const words = [
    'run',
    '--on',
    'shell',
    '--detach',
    '--reporter',
    'json',
    '--',
    'test.yaml',
    'one',
  ];
  assert.equal((await project.command(...words)).code, 0);
  await until(
    () => idsIn(project).length === 3 && idsIn(project).every((id) => project.has(`ended-${id}`)),
  );
  assert.equal(project.read('count'), 'one\n');
  const { stdout } = await project.command('jobs');
  assert.match(
    stdout,
    /^No jobs are queued or running\.\n\nThe last step of a detached run: ✓ test: 1 stage up to date/,
  );
});

test('`jobs` lists the steps of detached runs, and leaves out a folder of others with a warning', async () => {
  using project = shell(atGates, 9);
  const here = project.gate('here.gate');
  const later = project.gate('later.gate');
  assert.equal((await project.run('--on', 'shell', '--detach')).code, 0);
  await until(() => project.has('begun') && project.has('later') && idsIn(project).length === 4);
  project.write('cache/jobs/2/batch.json', '{"tickets":[]}');
  const { stdout, stderr, code } = await project.command('jobs');
  assert.match(stdout, /^\d+, \d+ +shell +not listed +a step of a detached run$/m);
  assert.match(stdout, /^\d+ +shell +1 running +later +\S+ +nobody$/m);
  assert.match(
    stderr,
    /cache\/jobs\/2 belongs to someone else, or others may write to it: it is refused/,
  );
  assert.equal(code, 0);
  here.pass();
  later.pass();
  await areOver(project);
});

test('a dry run reports mistakes in places.yaml and in `--on`', async () => {
  using project = shell(stages('one'), 9);
  const { stderr } = await project.command('run', 'test.yaml', '-n', '--on', 'shel');
  assert.match(stderr, /There is no place "shel" \[unknown-place\]/);
  project.edit('places.yaml', 'maxJobs: 3', 'maxJobs: 3\n  local: [plots]');
  project.edit('places.yaml', 'default: 200MiB', 'default: 20GiB');
  const { stderr: mistakes, code } = await project.command('plan', 'test.yaml');
  assert.match(
    mistakes,
    /"shell.memory.default" is more than "shell.memory.most", which is 8GiB unless you set it/,
  );
  assert.match(mistakes, /"shell.local" lists "plots", and there is no such kind/);
  assert.equal(code, 1);
});

test('a detached run refuses a place without a cluster beside one that names it: on its nodes, the first would mean that one', async () => {
  const there = `  two: { kind: command, place: other, with: { run: 'echo two >> count' } }\n`;
  using project = shell(`${stages('one')}${there}`, 9);
  project.write(
    'places.yaml',
    'cluster: { engine: slurm }\nother: { engine: slurm, options: { clusters: alpha } }\n',
  );
  const { code, stderr } = await project.run('--on', 'cluster', '--detach');
  assert.match(
    stderr,
    /--detach takes steps on nodes of every cluster, where the place "cluster" would mean theirs: name its cluster in places\.yaml, as the place "other" does/,
  );
  assert.equal(code, 2);
  assert.ok(!project.has('cache/jobs'));
});

test('without the command of the scheduler, the failure says so', async () => {
  using project = shell(stages('one'), 9);
  project.write('places.yaml', 'cluster: { engine: slurm }\n');
  project.env['PATH'] = '/nowhere';
  const { messages } = await project.run('--on', 'cluster');
  assert.equal(
    messages['one'],
    'sbatch refused a job of the place "cluster": there is no command `sbatch` on this machine',
  );
});

test('a worker that refuses its batch says why in the failure of the stage', async () => {
  using project = shell(stages('one'), 9);
  project.env['RESTAGE_PATIENCE'] = 'silence=500,cancel=2000,ask=200';
  project.edit('submit.sh', 'room=$(cat room)', 'chmod 755 "$(dirname "$1")"; room=$(cat room)');
  const { message } = await project.startRun('--on', 'shell').event('stage-retrying', 'one');
  assert.match(
    message,
    /^its job ended before it began and said: error: .*belongs to someone else, or others may write to it: it is refused: submitted again$/,
  );
});

/** A Slurm whose nodes have 2 cores and 4000 MB: `sbatch` runs the script here. */
const smallSlurm = {
  sbatch: `#!/bin/sh
for word; do
  case $word in
    --test-only) isTest=1 ;;
    --mem=*) memory=\${word#--mem=} ;;
    --cpus-per-task=*) cores=\${word#*=} ;;
    --output=*) log=\${word#*=} ;;
  esac
done
if [ "\${memory%M}" -gt 4000 ] || [ "$cores" -gt 2 ]; then
  echo 'sbatch: error: Batch job submission failed: Requested node configuration is not available' >&2
  exit 1
fi
if [ -n "$isTest" ]; then echo 'sbatch: Job 17 to start at once' >&2; exit; fi
sh "$word" > "$log" 2>&1 < /dev/null
echo 17
`,
  squeue: '#!/bin/sh\nfor name; do :; done\necho "$name|17|FAILED|N/A|NonZeroExitCode"\n',
};

test('`places check` names each resource that is too much, and still shows a container that is missing', async () => {
  using project = new Project(stages('one'));
  for (const [name, script] of Object.entries(smallSlurm)) {
    project.write(`bin/${name}`, script);
    chmodSync(project.path('bin', name), 0o755);
  }
  project.env['PATH'] = `${project.path('bin')}:${process.env['PATH']}`;
  project.write(
    'places.yaml',
    'cluster: { engine: slurm, cpu: 2, container: [no-such-container, exec] }\n',
  );
  const { code, stdout } = await project.command('places', 'check', 'cluster');
  const refusal = 'Batch job submission failed: Requested node configuration is not available';
  assert.equal(code, 1);
  assert.deepEqual(stdout.split('\n').slice(0, 3), [
    `✗ the largest job, 2 cores, 8.0 GiB, 1 h 0 min: ${refusal}`,
    `✗ memory.most, 8.0 GiB: ${refusal}`,
    '… job 17: FAILED',
  ]);
  assert.match(
    stdout,
    /\n✗ cluster: the probe, job 17, has not answered: it printed:\n.*no-such-container: not found\n$/,
  );

  project.write('places.yaml', 'cluster: { engine: slurm, cpu: 4, memory: { most: 3GiB } }\n');
  const { code: second, stdout: more } = await project.command('places', 'check', 'cluster');
  assert.equal(second, 1);
  assert.match(
    more,
    new RegExp(
      `^✗ the largest job, 4 cores, 3.0 GiB, 1 h 0 min: ${refusal}\\n✗ cpu, 4 cores: ${refusal}\\n`,
    ),
  );
  assert.match(more, /^✓ shared root: .* is visible on /m);
});
