import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Disk, whereMounting } from './support/disk.ts';
import { ownKind } from './support/own-kind.ts';
import { endOf, Project, pipeline, type RanOnce } from './support/rig.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { writeTintedDataset } from './support/tinted-dataset.ts';
import { until } from './support/until.ts';

const patience = 'silence=12000,cancel=15000,ask=1000';

/** A stage that counts its runs, and waits at a gate. */
const waiting = `stages:
  slow:
    kind: command
    with: { run: 'echo run >> count; echo begun; read _ < gate; echo done > \${outputs.out}' }
    outputs: { out: artifacts/slow.txt }
`;

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

suite('a cluster on which things go wrong', { skip: noSlurm ?? false }, () => {
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
  ): Project => {
    const places = `cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, maxJobs: ${most}${settings} }\n`;
    const project = new Project(yaml, { 'places.yaml': places, ...files }, name);
    Object.assign(project.env, slurm.env, { RESTAGE_PATIENCE: patience });
    return project;
  };

  /** Puts a script in front of one of Slurm's commands; `$real` is that command. */
  const wrap = (project: Project, command: string, script: string): void => {
    mkdirSync(project.path('bin'), { recursive: true });
    const real = slurm.which(command);
    project.write(`bin/${command}`, `#!/bin/sh\nreal=${real}\n${script}\n`);
    chmodSync(project.path('bin', command), 0o755);
    project.env['PATH'] = `${project.path('bin')}:${slurm.env['PATH']}`;
  };

  const worker = async (project: Project): Promise<number> => {
    const pids = () => slurm.processes(project.path('cache/jobs'));
    await until(() => pids().length > 0);
    return pids()[0]!;
  };

  /** The message of a run's only stage. */
  const messageOf = ({ messages }: RanOnce): string => Object.values(messages).join();

  test('a worker that is killed is taken over, and the stage runs once more', async () => {
    using project = cluster(waiting);
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    process.kill(await worker(project), 'SIGKILL');
    gate.pass(2);
    const ran = await endOf(running);
    assert.deepEqual([ran.outcomes, project.read('count')], [{ slow: 'ran' }, 'run\nrun\n']);
    assert.match(ran.retries.join(), /^its job died/);
  });

  test('a stage whose process is killed on its node runs once more, and one that kills itself fails with its message', async () => {
    using project = cluster(
      `${waiting}  suicide: { kind: command, with: { run: 'echo x >> tries; kill -9 $$' } }
`,
    );
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    for (const pid of slurm.stages(project.root, 'read _ < gate')) process.kill(pid, 'SIGKILL');
    await until(() => project.read('count') === 'run\nrun\n');
    gate.pass(2);
    const ran = await endOf(running);
    assert.deepEqual(
      [ran.outcomes, project.read('count')],
      [{ slow: 'ran', suicide: 'failed' }, 'run\nrun\n'],
    );
    assert.ok(
      ran.retries.some((message) => /^was killed by SIGKILL: .*: submitted again$/s.test(message)),
    );
    assert.equal(project.read('tries'), 'x\n'.repeat(4));
  });

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

  test('a preempted job is queued again and takes its own ticket back, and this is no retry', async () => {
    using project = cluster(waiting);
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    const [job, node] = slurm.command('squeue', '-h', '-o', '%A %N').trim().split(' ') as [
      string,
      string,
    ];
    slurm.command(
      'sbatch',
      '-p',
      'urgent',
      '--exclusive',
      '-w',
      node,
      '-o',
      '/dev/null',
      '--wrap',
      'sleep 1',
    );
    await until(() => project.read('count') === 'run\nrun\n', 200_000);
    assert.match(slurm.command('scontrol', 'show', 'job', job), /Restarts=1/);
    gate.pass(2);
    const ran = await endOf(running);
    assert.deepEqual([ran.outcomes, ran.retries], [{ slow: 'ran' }, []]);
  });

  test('a job that somebody cancels with scancel is not submitted again', async () => {
    const otherStage = `  other: { kind: command, with: { run: 'echo run >> count; read _ < gate' } }\n`;
    using project = cluster(`${waiting}${otherStage}`, '', 1);
    project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await until(() => project.has('count'));
    slurm.command('scancel', '--user=root');
    const { outcomes, messages } = await endOf(running);
    assert.deepEqual(outcomes, { slow: 'cancelled', other: 'cancelled' });
    assert.deepEqual(messages, { slow: 'its job was cancelled', other: 'its job was cancelled' });
    assert.equal(project.read('count'), 'run\n');
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

  test('a job whose submission failed although it was accepted is found, and runs once', async () => {
    using project = cluster(waiting);
    wrap(
      project,
      'sbatch',
      `[ -e tried ] && exec $real "$@"; : > ${project.path('tried')}; $real "$@" > /dev/null; echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1`,
    );
    project.gate('gate').pass(2);
    assert.deepEqual((await project.run('--on', 'cluster')).outcomes, { slow: 'ran' });
    assert.equal(project.read('count'), 'run\n');
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

  test('a limit on jobs halves the array, and all stages run', async () => {
    using project = cluster(
      `stages:
  many: { kind: command, matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, env: { N: '\${matrix.n}' }, with: { run: 'true' } }
`,
      '',
      8,
    );
    wrap(
      project,
      'sbatch',
      `last=$(printf %s "$*" | sed -n 's/.*--array=0-\\([0-9]*\\).*/\\1/p'); queued=$(squeue -h -r | wc -l)
if [ $((queued + \${last:-0} + 1)) -gt 4 ]; then echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1; fi
exec $real "$@"`,
    );
    const { outcomes } = await project.run('--on', 'cluster');
    assert.deepEqual([...new Set(Object.values(outcomes))], ['ran']);
    assert.equal(Object.keys(outcomes).length, 10);
    await slurm.idle(); // workers that come after the last stage write that they do
  });

  test('the failure of a stage has the scheduler’s refusal as its message, once', async () => {
    using project = cluster(
      `stages: { a: { kind: command, matrix: { n: [1, 2, 3] }, env: { N: '\${matrix.n}' }, with: { run: 'true' } } }\n`,
      ', partition: nowhere',
    );
    const ran = await project.run('--on', 'cluster');
    const messages = Object.values(ran.messages);
    const refusal =
      /^sbatch refused a job of the place "cluster": invalid partition specified: nowhere; Batch job/;
    assert.equal(messages.filter((message) => refusal.test(message!)).length, 1);
    assert.equal(
      messages.filter((message) => message === 'its job was refused with that of a[n=1]').length,
      2,
    );
  });

  test('a stage that runs out of memory runs again with twice as much, and later runs ask for the measured amount', async () => {
    const program =
      'const all = []; for (let i = 0; i < 300; i += 1) all.push(Array.from({ length: 131072 }, Math.random))';
    const second = `const all = Buffer.alloc(120 * 2 ** 20, 1); setTimeout(() => all.length, 5000)`;
    using project = cluster(
      `stages:
  big:
    kind: command
    inputs: { program: ./big.cjs, second: ./second.cjs }
    with: { run: 'test -e tried || { touch tried; exec node --max-old-space-size=100 \${inputs.program}; }; node \${inputs.second}' }
`,
      '',
      4,
      { 'big.cjs': program, 'second.cjs': second },
    );
    const ran = await project.run('--on', 'cluster');
    assert.deepEqual(ran.outcomes, { big: 'ran' }, JSON.stringify(ran.events));
    assert.deepEqual(ran.retries, ['ran out of memory: again with 400 MiB']);
    const recorded = (): number => {
      const [result] = project.files('cache/results');
      return JSON.parse(project.read(`cache/results/${result}`)).record.memory / 2 ** 20;
    };
    const needed = recorded();
    // Three processes of Node, one of them with 120 MiB more.
    assert.ok(needed >= 250 && needed < 400, String(needed));
    for (const _ of ['the next run', 'and the one after it']) {
      await project.run('--on', 'cluster', '--force', 'big');
      assert.equal(recorded(), needed);
    }
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

  test(
    'a full disk of a node fails a stage with a message, and the next run completes',
    whereMounting,
    async () => {
      using project = cluster(
        `params: { kilobytes: 3000 }
stages:
  out: { kind: command, with: { run: 'head -c \${params.kilobytes}000 /dev/zero > \${outputs.out}' }, outputs: { out: artifacts/out } }
  scratch: { kind: command, with: { run: 'head -c 3000000 /dev/zero > $TMPDIR/file' } }
`,
        `, setup: ['export TMPDIR=$PWD/scratch']`,
      );
      using objects = new Disk(project, 'cache/objects', '1m');
      using _scratch = new Disk(project, 'scratch', '1m');
      const { events, outcomes } = await project.run('--on', 'cluster');
      assert.deepEqual(outcomes, { out: 'failed', scratch: 'failed' });
      const messages = events.flatMap((event) =>
        event.type === 'stage-finished' ? [event.message, event.logTail] : [],
      );
      assert.match(messages.join(), /as an object in .*(disk is full|No space left)/);
      assert.match(messages.join(), /No space left on device/);
      assert.deepEqual(
        project.files('cache/objects').filter((name) => !/^[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name)),
        [],
      );
      objects.remount('size=16m');
      assert.deepEqual((await project.run('out', '--on', 'cluster')).outcomes, { out: 'ran' });
    },
  );

  test('a full disk of the controller fails the stage with a message', whereMounting, async () => {
    using project = cluster(waiting);
    using _jobs = new Disk(project, 'cache/jobs', '8k');
    const ran = await project.run('--on', 'cluster');
    assert.deepEqual([ran.outcomes, ran.stderr], [{ slow: 'failed' }, '']);
    assert.match(messageOf(ran), /the jobs in .*(disk is full|No space left)/);
  });

  test('names may hold spaces, quotes and newlines', async () => {
    const yaml = `stages:
  a: { kind: command, matrix: { n: [{ id: a, text: "x y" }, { id: b, text: "it's" }] }, inputs: { in: "./two words/a\\nb.txt" }, env: { N: "\${matrix.n.text}\\n." }, with: { run: 'cat \${inputs.in} > \${outputs.out}; printf %s "$N" >> \${outputs.out}' }, outputs: { out: 'artifacts/\${matrix.n.id} x.txt' } }
`;
    using project = cluster(yaml, '', 4, { 'two words/a\nb.txt': 'text ' }, 'a $b\nc%d "e');
    const ran = await project.run('--on', 'cluster');
    assert.deepEqual([...new Set(Object.values(ran.outcomes))], ['ran'], ran.stderr);
    assert.equal(project.read('artifacts/b x.txt'), "text it's\n.");
    assert.equal(project.read('artifacts/a x.txt'), 'text x y\n.');
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

  test('published files are downloaded where the command runs: the node has no internet', async () => {
    const server = createServer((_, response) => response.end('weights'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const md5 = createHash('md5').update('weights').digest('hex');
    const file = JSON.stringify({ url: `http://127.0.0.1:${port}/net.h5`, md5 });
    const kindFiles = ownKind(
      'fetch',
      `(await import('node:fs')).readFileSync(await context.download(${file}));`,
    );
    const spec = kindFiles['stages/fetch/spec.ts']!.replace(
      'inputs: {},',
      `inputs: {}, downloads: () => [${file}],`,
    );
    using project = cluster(
      'stages: { a: { kind: fetch, outputs: { text: artifacts/a.txt } } }\n',
      `, setup: ['export http_proxy=http://127.0.0.1:9']`,
      4,
      { ...kindFiles, 'stages/fetch/spec.ts': spec },
    );
    const ran = await project.run('--on', 'cluster');
    server.close();
    assert.deepEqual(ran.outcomes, { a: 'ran' }, JSON.stringify(ran.events.slice(-2)));
    assert.equal(project.read(`cache/downloads/${md5}-net.h5`), 'weights');
  });

  test('an input that changed while the job waited is read again, and the old content leaves no result', async () => {
    using project = cluster(
      `stages:
  read: { kind: command, inputs: { in: ./notes.txt }, with: { run: 'cat \${inputs.in} > \${outputs.out}' }, outputs: { out: artifacts/read.txt } }
`,
      '',
      4,
      { 'notes.txt': 'old\n' },
    );
    wrap(project, 'sbatch', `echo new > ${project.path('notes.txt')}; exec $real "$@"`);
    const ran = await project.run('--on', 'cluster');
    assert.deepEqual(
      [ran.outcomes, project.read('artifacts/read.txt')],
      [{ read: 'ran' }, 'new\n'],
    );
    assert.match(ran.retries.join(), /notes\.txt changed while the stage waited for its job/);
    assert.equal(project.files('cache/results').length, 1);
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

  test('after a second Ctrl-C or scancel has cancelled the jobs, the same command submits their stage again', async () => {
    using project = cluster(waiting);
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    running.child.kill('SIGINT');
    await until(() => running.events.some((event) => event.type === 'warning'));
    running.child.kill('SIGINT');
    assert.deepEqual((await endOf(running)).outcomes, { slow: 'cancelled' });
    await until(() => slurm.command('squeue', '-h').trim() === '');
    const again = project.startRun('--on', 'cluster');
    await until(() => project.read('count') === 'run\nrun\n');
    again.child.kill('SIGTERM');
    await again.ended;
    await slurm.idle();
    gate.pass();
    assert.deepEqual((await project.run('--on', 'cluster')).outcomes, { slow: 'ran' });
    assert.equal(project.read('count'), 'run\nrun\nrun\n');
  });

  test('a banner that begins with the id of somebody else’s job is no id, and a second Ctrl-C cancels only the own job', async () => {
    using project = cluster(waiting);
    project.gate('gate');
    const foreign = slurm
      .command('sbatch', '--parsable', '--output=/dev/null', '--wrap=sleep 600')
      .trim();
    wrap(project, 'sbatch', `echo "${foreign} nodes are down for maintenance"; exec $real "$@"`);
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    const batch = project.files('cache/jobs').find((name) => name.endsWith('/jobs'))!;
    const [ownJob] = project.read(`cache/jobs/${batch}`).split(' ');
    assert.notEqual(ownJob, foreign);
    running.child.kill('SIGINT');
    await until(() => running.events.some((event) => event.type === 'warning'));
    running.child.kill('SIGINT');
    assert.deepEqual((await endOf(running)).outcomes, { slow: 'cancelled' });
    await until(() => slurm.command('squeue', '-h', '-o', '%i').trim() === foreign);
  });

  test('a job of another name is never cancelled, whatever was taken for the id of ours', async () => {
    using project = cluster(waiting);
    project.gate('gate');
    const foreign = slurm
      .command('sbatch', '--parsable', '--output=/dev/null', '--wrap=sleep 600')
      .trim();
    wrap(project, 'sbatch', `$real "$@" > /dev/null && echo ${foreign}`);
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    running.child.kill('SIGINT');
    await until(() => running.events.some((event) => event.type === 'warning'));
    running.child.kill('SIGINT');
    await running.ended;
    assert.match(
      slurm.command('squeue', '-h', '-o', '%i %T'),
      new RegExp(`^${foreign} RUNNING$`, 'm'),
    );
    await slurm.idle();
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

  for (const [what, settings, reason] of [
    [
      'whose jobs ask for more than a node has',
      ", options: { mem: '64G' }",
      / \(FAILED, BadConstraints\)/,
    ],
    [
      'whose set-up fails',
      ", setup: ['echo no module', 'exit 3']",
      / \(FAILED\) and said: no module/,
    ],
    [
      'whose container is missing',
      ', container: [apptainer, exec]',
      / \(FAILED\) and said: .*apptainer: not found/,
    ],
  ] as const) {
    test(`a place ${what} fails a stage after two jobs, with what the scheduler and the job said`, async () => {
      using project = cluster(
        `stages: { a: { kind: command, with: { run: 'true' } } }\n`,
        settings,
      );
      const ran = await project.run('--on', 'cluster');
      assert.match(
        messageOf(ran),
        new RegExp(
          `^its job ended before it began${reason.source}, and 1 job before it ended so, too`,
        ),
      );
      assert.equal(ran.retries.length, 1);
    });
  }

  test('a check of a place reports what the scheduler refuses, what the node sees, and what the set-up prints', async () => {
    using project = cluster('stages: {}\n', ", setup: ['nomodule load x', 'true']");
    const good = await project.command('places', 'check', 'cluster');
    assert.match(
      good.stdout,
      /^✓ the largest job, 1 core, 800 MiB, 1 h 0 min: Job \d+ to start at /,
    );
    assert.match(good.stdout, /^✓ shared root: /m);
    assert.match(
      good.stdout,
      /^! the job printed, perhaps a line of `setup` that failed:\n.*nomodule: not found$/m,
    );
    assert.equal(good.code, 0);
    project.edit('places.yaml', "'true'", "'exit 3'");
    const { stdout, code } = await project.command('places', 'check', 'cluster');
    assert.match(
      stdout,
      /^✗ cluster: the probe, job \d+, has not answered: it printed:\n.*nomodule: not found$/m,
    );
    project.edit('places.yaml', 'engine: slurm', 'engine: slurm, cpu: 64');
    const large = await project.command('places', 'check', 'cluster');
    assert.match(
      large.stdout,
      /^✗ the largest job, 64 cores, .*: allocation failure: Requested node configuration/,
    );
    assert.deepEqual([code, large.code, project.files('cache/jobs')], [1, 1, []]);
  });

  test('jobs are listed from any terminal, and cancelled once no run waits for them', async () => {
    using project = cluster(waiting);
    project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await running.output('slow', 'begun');
    assert.match(
      (await project.command('jobs', 'cancel')).stdout,
      /1 other stay, since a run waits for them/,
    );
    running.child.kill('SIGHUP');
    await running.ended;
    assert.match((await project.command('jobs')).stdout, /cluster +1 running +slow +\S+ +nobody/);
    assert.match((await project.command('jobs', 'cancel')).stdout, /^Cancelled 1 batch of jobs/);
    await until(() => slurm.command('squeue', '-h').trim() === '');
    assert.equal((await project.command('jobs')).stdout, 'No jobs are queued or running.\n');
  });

  test('a detached chain completes without a process here, even if a step is killed', async () => {
    const stage = (name: string, from: string) =>
      `  ${name}: { kind: command, ${from === '' ? '' : `inputs: { in: ${from}.out }, `}with: { run: 'sleep 1; cat ${from === '' ? '/dev/null' : '${inputs.in}'} > \${outputs.out}; echo ${name} >> \${outputs.out}' }, outputs: { out: artifacts/${name}.txt } }\n`;
    using project = cluster(
      `stages:\n${['a', 'b', 'c', 'd', 'e'].map((name, i, all) => stage(name, all[i - 1] ?? '')).join('')}`,
    );
    const ran = await project.run('--on', 'cluster', '--detach');
    assert.equal(ran.code, 0);
    assert.match(
      Object.values(ran.messages).join('; '),
      /^its job \d+ continues; it comes after a; it comes after b; /,
    );
    await until(() => slurm.steps(project.root).length > 0);
    process.kill(slurm.steps(project.root)[0]!, 'SIGKILL');
    await until(() => project.has('artifacts/e.txt'), 240_000);
    assert.equal(project.read('artifacts/e.txt'), 'a\nb\nc\nd\ne\n');
    await until(() => slurm.command('squeue', '-h').trim() === '');
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
