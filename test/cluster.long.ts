// What seldom happens to jobs, and takes long to bring about.
import assert from 'node:assert/strict';
import {
  accessSync,
  constants,
  cpSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endOf, type Project, pipeline, type RanOnce } from './support/rig.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { slurmProject, waiting, workerOf, wrapCommand } from './support/slurm-project.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';
import { until } from './support/until.ts';

/**
 * The time limit of a job, shorter than the training. Longer:
 * `RESTAGE_MINUTES=3 node --import tsx --test <this file>`.
 */
const minutes = Number(process.env['RESTAGE_MINUTES'] ?? 1);
const training = `params: { epochs: 60 }
stages:
  fit:
    kind: train
    inputs: { dataset: data/set }
    resources: { cpu: 1, memory: 600MiB }
    with:
      model: { layers: [{ conv: 8, kernel: 5, stride: 2 }, batchNorm, relu, { maxPool: 2 }, flatten, { dense: 2 }] }
      imageSize: 32
      batchSize: 2
      epochs: "\${params.epochs}"
`;

/** A transformer, and a ResNet of an ONNX file with a head of its own. */
const tuning = `stages:
  begun:
    kind: train
    inputs: { dataset: data/set }
    with:
      imageSize: 24
      model:
        layers:
          - { conv: 4, stride: 2, padding: same }
          - batchNorm
          - relu
          - residual: [{ conv: 4, padding: same }, batchNorm, relu, { conv: 4, padding: same }, batchNorm]
          - relu
          - residual: [{ conv: 8, stride: 2, padding: same }, batchNorm, relu, { conv: 8, padding: same }, batchNorm]
            shortcut: [{ conv: 8, kernel: 1, stride: 2 }, batchNorm]
          - relu
          - globalAveragePool
          - { dense: 3 }
          - { dense: 2 }
      epochs: 1
  exported: { kind: export, inputs: { model: begun.model }, with: { formats: [onnx], layout: NCHW } }
  resnet:
    kind: train
    inputs: { dataset: data/set, onnx: exported.files }
    resources: { cpu: 1, memory: 600MiB }
    with:
      normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] }
      rates: { decay: 0.5 }
      batchSize: 2
      epochs: 12
  transformer:
    kind: train
    inputs: { dataset: data/set }
    resources: { cpu: 1, memory: 600MiB }
    with:
      model: { layers: [{ conv: 8, kernel: 8, stride: 8 }, tokens, { residual: [layerNorm, { attention: 2 }] }, { residual: [layerNorm, { dense: 16 }, gelu, { dense: 8 }] }, layerNorm, classToken, { dropout: 0.2 }, { dense: 2 }] }
      imageSize: 32
      batchSize: 2
      epochs: 12
`;

/** Why the kernel cannot limit the memory of jobs here; false where it can. */
const noMemoryGroups = mayWrite('/sys/fs/cgroup/memory')
  ? false
  : 'no cgroups for memory (version 1) may be made here';

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

suite('a cluster on which rare things go wrong', { skip: noSlurm ?? false }, () => {
  let slurm: Slurm;
  before(async () => {
    slurm = await Slurm.start(2, { SLURM_SLURMD_TIMEOUT: '5' });
  });
  after(async () => await slurm[Symbol.asyncDispose]());
  afterEach(async () => await slurm.idle());

  const cluster = (
    yaml: string,
    settings = '',
    most = 4,
    files: Readonly<Record<string, string>> = {},
    name = '.',
  ): Project => slurmProject(slurm, yaml, { settings, most, files, name });
  const wrap = (project: Project, command: string, script: string): void =>
    wrapCommand(slurm, project, command, script);
  const worker = async (project: Project): Promise<number> => await workerOf(slurm, project);

  /** The message of a run's only stage. */
  const messageOf = ({ messages }: RanOnce): string => Object.values(messages).join();

  test('a worker that thaws after its stage was taken over changes nothing', async () => {
    using project = cluster(waiting);
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    const frozen = await worker(project);
    process.kill(frozen, 'SIGSTOP');
    await until(() => running.events.some(({ type }) => type === 'stage-retrying'));
    try {
      process.kill(frozen, 'SIGCONT');
    } catch {
      // The scheduler has ended it.
    }
    await until(() => project.read('count') === 'run\nrun\n');
    gate.pass(2);
    assert.deepEqual((await endOf(running)).outcomes, { slow: 'ran' });
  });

  test('the stage of a node whose daemon is killed runs at most once more', async () => {
    using project = cluster(waiting);
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    const node = slurm.command('squeue', '-h', '-o', '%N').trim();
    process.kill(slurm.daemon(`slurmd.${node}`), 'SIGKILL');
    await until(() => project.read('count') === 'run\nrun\n', 120_000);
    gate.pass(2);
    const ran = await endOf(running);
    slurm.restart(node);
    assert.deepEqual(
      [ran.outcomes, project.read('artifacts/slow.txt')],
      [{ slow: 'ran' }, 'done\n'],
    );
    assert.equal(project.read('count'), 'run\nrun\n');
  });

  test('an empty list of jobs proves nothing', async () => {
    using project = cluster(waiting);
    wrap(project, 'squeue', 'exit 0');
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    process.kill(await worker(project), 'SIGSTOP');
    await until(() => running.events.some(({ type }) => type === 'stage-retrying'));
    gate.pass(2);
    assert.deepEqual((await endOf(running)).outcomes, { slow: 'ran' });
  });

  test('a stage that the kernel kills for its memory runs again with twice as much', {
    skip: noMemoryGroups,
  }, async () => {
    // Stands for Slurm's own cgroups: the job joins a group with what it asked for.
    const group = '/sys/fs/cgroup/memory/restage-test-$SLURM_JOB_ID';
    const limit = '$SLURM_MEM_PER_NODE"M"';
    const setup = [
      `mkdir ${group}`,
      `echo ${limit} > ${group}/memory.limit_in_bytes`,
      `echo $$ > ${group}/cgroup.procs`,
    ];
    using project = cluster(
      `stages:
  big:
    kind: command
    inputs: { program: ./big.cjs }
    with: { run: 'node \${inputs.program}' }
`,
      `, setup: ${JSON.stringify(setup)}`,
      4,
      {
        'big.cjs':
          'const all = []; for (let i = 0; i < 300; i += 1) all.push(Buffer.alloc(1 << 20, 1));',
      },
    );
    const ran = await project.run('--on', 'cluster');
    for (const name of readdirSync('/sys/fs/cgroup/memory').filter((name) =>
      name.startsWith('restage-test-'),
    )) {
      await until(() => readFileSync(`/sys/fs/cgroup/memory/${name}/cgroup.procs`, 'utf8') === '');
      rmdirSync(`/sys/fs/cgroup/memory/${name}`);
    }
    assert.deepEqual(ran.outcomes, { big: 'ran' }, JSON.stringify(ran.events));
    assert.deepEqual(ran.retries, ['ran out of memory: again with 400 MiB']);
  });

  test('a node whose clock is ten minutes ahead or behind serves stages, and a dead worker is noticed there too', async () => {
    for (const minutes of [10, -10]) {
      const shift = `const now = Date.now; Date.now = () => now() + ${minutes * 60_000}`;
      const options = `--import data:text/javascript,${encodeURIComponent(shift)}`;
      using project = cluster(
        `${waiting}  next: { kind: command, inputs: { in: slow.out, text: ./notes.txt }, with: { run: 'cat \${inputs.in} \${inputs.text} > \${outputs.out}' }, outputs: { out: artifacts/next.txt } }
`,
        `, setup: ['export NODE_OPTIONS="${options}"']`,
        4,
        { 'notes.txt': 'a note\n' },
      );
      const gate = project.gate('gate');
      const running = project.startRun('--on', 'cluster');
      await running.output('slow', 'begun');
      process.kill(await worker(project), 'SIGKILL');
      gate.pass(2);
      assert.deepEqual((await endOf(running)).outcomes, { slow: 'ran', next: 'ran' });
      assert.deepEqual(
        [project.read('count'), project.read('artifacts/next.txt')],
        ['run\nrun\n', 'done\na note\n'],
      );
      assert.deepEqual((await project.run()).outcomes, { slow: 'up to date', next: 'up to date' });
    }
  });

  /** Another installation of Restage, in a folder of the project. */
  const install = (project: Project, folder: string): string => {
    const checkout = dirname(dirname(pipeline));
    for (const name of ['bin', 'dist', 'package.json']) {
      cpSync(join(checkout, name), project.path(folder, name), { recursive: true });
    }
    symlinkSync(join(checkout, 'node_modules'), project.path(folder, 'node_modules'));
    return project.path(folder);
  };

  test('if Restage changed while a job waited, the run begins anew with the new one, and so does a detached run', async () => {
    using project = cluster(
      `stages: { a: { kind: command, with: { run: 'echo run >> count' } } }\n`,
    );
    const installation = install(project, 'restage');
    project.program = join(installation, 'bin/restage.js');
    wrap(
      project,
      'sbatch',
      `[ -e ${project.root}/changed ] || echo '// new' | tee ${project.root}/changed >> ${installation}/dist/job-main.js; exec $real "$@"`,
    );
    const ran = await project.run('--on', 'cluster');
    const ends = ran.events.flatMap((event) =>
      event.type === 'stage-finished' ? [[event.outcome, event.message]] : [],
    );
    assert.match(
      String(ends.shift()),
      /^cancelled,n\d differs from the machine that decided about the stage: it has another build/,
    );
    assert.deepEqual([ends, ran.retries], [[['ran', undefined]], []]);
    assert.deepEqual([ran.code, project.read('count')], [0, 'run\n']);
    project.remove('changed');
    project.edit('pipelines/test.yaml', 'echo run', 'echo again');
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => project.read('count') === 'run\nagain\n', 120_000);
    await until(() => slurm.command('squeue', '-h').trim() === '', 60_000);
    assert.deepEqual((await project.run('--on', 'cluster')).outcomes, { a: 'up to date' });
  });

  test('if nodes have another Restage for good, a stage fails after two jobs with a message, also in a detached run', async () => {
    using project = cluster(
      `stages: { a: { kind: command, with: { run: 'true' } } }\n`,
      ', container: [sh, container]',
    );
    const otherInstall = install(project, 'restage');
    project.write(
      'restage/package.json',
      project.read('restage/package.json').replace('{', '{ "of": "the nodes",'),
    );
    project.write(
      'container',
      `for folder; do :; done; exec node ${otherInstall}/dist/job-main.js "$folder"`,
    );
    const ran = await project.run('--on', 'cluster');
    const differs =
      /^n\d differs from the machine that decided about the stage: it has another build of Restage/
        .source;
    const failed = `${differs}; a second job found the same\\. Make both alike, and run again`;
    assert.match(ran.retries.join(), new RegExp(`${differs}: submitted again$`));
    assert.match(messageOf(ran), new RegExp(`${failed}$`));
    assert.deepEqual([ran.code, ran.outcomes], [1, { a: 'failed' }]);
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => slurm.command('squeue', '-h').trim() === '', 120_000);
    const steps = project.files('cache/jobs').filter((name) => /^step-.*output$/.test(name));
    assert.deepEqual(
      steps.map((name) => new RegExp(failed.slice(1)).test(project.read(`cache/jobs/${name}`))),
      [false, true],
    );
  });

  test('after a detached run was cancelled, the same command begins anew', async () => {
    using project = cluster(waiting);
    const gate = project.gate('gate');
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => project.has('count'));
    await project.command('jobs', 'cancel');
    await until(() => slurm.command('squeue', '-h').trim() === '');
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => project.read('count') === 'run\nrun\n');
    gate.pass();
    await until(() => slurm.command('squeue', '-h').trim() === '', 60_000);
    assert.ok(project.has('artifacts/slow.txt'));
  });

  test('if the cache is removed while a job is queued, its stage is submitted again', async () => {
    using project = cluster(waiting);
    project.gate('gate').pass(2);
    const node = slurm.command('sinfo', '-h', '-o', '%N').trim();
    slurm.command('scontrol', 'update', `nodename=${node}`, 'state=drain', 'reason=test');
    const running = project.startRun('--on', 'cluster');
    await until(() =>
      running.events.some((event) => event.type === 'stage-queued' && event.state === 'PENDING'),
    );
    rmSync(project.path('cache/jobs'), { recursive: true });
    slurm.command('scancel', '--user=root');
    slurm.command('scontrol', 'update', `nodename=${node}`, 'state=resume');
    await running.ended;
    assert.equal((await project.command('jobs')).stderr, '');
    assert.deepEqual((await project.run('--on', 'cluster')).outcomes, { slow: 'ran' });
  });

  test('a detached run continues after a worker was killed', async () => {
    using project = cluster(waiting, ', env: [RESTAGE_PATIENCE]');
    const gate = project.gate('gate');
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => project.has('count'));
    process.kill(await worker(project), 'SIGKILL');
    await until(() => project.read('count') === 'run\nrun\n', 120_000);
    gate.pass(2);
    await until(
      () => project.has('artifacts/slow.txt') && slurm.command('squeue', '-h').trim() === '',
    );
    assert.equal(project.read('count'), 'run\nrun\n');
  });

  test('no step of a detached run submits a stage again that somebody cancelled with scancel', async () => {
    const others = ['first', 'next'].map(
      (name) =>
        `  ${name}: { kind: command, ${name === 'next' ? 'after: [first], ' : ''}with: { run: 'sleep 2; echo x > ${name}' } }\n`,
    );
    using project = cluster(`${waiting}${others.join('')}`, ', env: [RESTAGE_PATIENCE]');
    const gate = project.gate('gate');
    assert.equal((await project.run('--on', 'cluster', '--detach')).code, 0);
    await until(() => project.has('count') && project.has('first'));
    const claim = project.files('cache/jobs').find((name) => name.endsWith('claims/0'))!;
    slurm.command('scancel', JSON.parse(project.read(`cache/jobs/${claim}`)).worker);
    await until(() => project.has('next') && slurm.command('squeue', '-h').trim() === '', 120_000);
    assert.equal(project.read('count'), 'run\n');
    gate.pass();
    assert.deepEqual((await project.run('slow', '--on', 'cluster')).outcomes, { slow: 'ran' });
  });

  test('files that appear half a minute late, and are cut short at first, cause no failure and no half-read file', async () => {
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    const loader = fileURLToPath(new URL('support/late-files.mjs', import.meta.url));
    const setup = `, setup: ['export LATE_FILES=30000 NODE_OPTIONS="--import ${loader}"']`;
    using project = cluster(
      `stages:
  first: { kind: command, with: { run: 'seq 1000 > \${outputs.out}' }, outputs: { out: artifacts/first.txt } }
  many:
    kind: command
    inputs: { in: first.out }
    matrix: { n: [${numbers.join(', ')}] }
    with: { run: 'tail -n 2 \${inputs.in} > \${outputs.out}; echo \${matrix.n} >> \${outputs.out}' }
    outputs: { out: 'artifacts/\${matrix.n}.txt' }
  unstored:
    kind: command
    cache: false
    inputs: { in: first.out }
    with: { run: 'wc -l < \${inputs.in} > \${outputs.out}' }
    outputs: { out: artifacts/unstored.txt }
`,
      setup,
    );
    Object.assign(project.env, { LATE_FILES: '30000', NODE_OPTIONS: `--import ${loader}` });
    delete project.env['RESTAGE_PATIENCE'];
    const { outcomes, warnings } = await project.run('--on', 'cluster');
    assert.deepEqual([[...new Set(Object.values(outcomes))], warnings], [['ran'], []]);
    assert.equal(project.read('artifacts/unstored.txt').trim(), '1000');
    assert.ok(numbers.every((n) => project.read(`artifacts/${n}.txt`) === `999\n1000\n${n}\n`));
  });

  test('a transformer and a ResNet of an ONNX file, killed on a node, resume there to the bytes of a whole run here', async () => {
    const begun = async (): Promise<Project> => {
      const project = cluster(tuning);
      await writeTintedDataset(project.path('data/set'), { train: 60, val: 40 });
      assert.equal((await project.run('exported')).outcomes['exported'], 'ran');
      return project;
    };
    const weights = (project: Project, stage: string) =>
      readFileSync(project.path('artifacts/test', stage, 'model/weights.bin'));
    using here = await begun();
    await here.run();
    for (const stage of ['resnet', 'transformer']) {
      using there = await begun();
      const running = there.startRun(stage, '--on', 'cluster');
      await running.event('stage-point', stage);
      const trainings = slurm.trainings(there.root);
      assert.equal(trainings.length, 1);
      process.kill(trainings[0]!, 'SIGKILL');
      const ran = await endOf(running);
      assert.equal(ran.outcomes[stage], 'ran', JSON.stringify(ran.messages));
      const infos = ran.events.flatMap((event) => (event.type === 'info' ? [event.message] : []));
      assert.match(infos.join(), /^resumes after epoch \d+ of 12, from a checkpoint$/);
      assert.deepEqual(weights(there, stage), weights(here, stage));
    }
  });

  test('training under a short limit resumes in further jobs, and ends with the bytes of an uninterrupted one', async () => {
    const begun = async (settings: string): Promise<Project> => {
      const project = cluster(training, settings);
      await writeTintedDataset(project.path('data/set'), { train: 60, val: 40 });
      return project;
    };
    using here = await begun('');
    const began = Date.now();
    assert.deepEqual((await here.run()).outcomes, { fit: 'ran' });
    // Twice the limit, by the time of a short training with its start: machines differ by more than
    // a margin would bear.
    const epochs = Math.ceil((60 * 120_000 * minutes) / (Date.now() - began));
    const longer = ['--set', `params.epochs=${epochs}`];
    assert.deepEqual((await here.run(...longer)).outcomes, { fit: 'ran' });
    using there = await begun(`, time: ${minutes}m`);
    const ran = await there.run('--on', 'cluster', ...longer);
    assert.deepEqual(ran.outcomes, { fit: 'ran' }, JSON.stringify(ran.retries));
    assert.ok(
      ran.retries.includes(
        `its job's time of ${minutes} min 0 s is over: it resumes from its checkpoint`,
      ),
      JSON.stringify(ran.retries),
    );
    const bytes = (project: Project) =>
      project.files('artifacts').map((file) => readFileSync(project.path('artifacts', file)));
    assert.deepEqual(bytes(there), bytes(here));
  });
});
