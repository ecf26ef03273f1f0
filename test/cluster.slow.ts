import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, suite, test } from 'node:test';
import { Disk, whereMounting } from './support/disk.ts';
import { ownKind } from './support/own-kind.ts';
import { endOf, type Project, type RanOnce } from './support/rig.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { slurmProject, waiting, workerOf, wrapCommand } from './support/slurm-project.ts';
import { until } from './support/until.ts';

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
  ): Project => slurmProject(slurm, yaml, { settings, most, files, name });
  const wrap = (project: Project, command: string, script: string): void =>
    wrapCommand(slurm, project, command, script);
  const worker = async (project: Project): Promise<number> => await workerOf(slurm, project);

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

  test('another job takes the share of a worker that is killed, and the stages of the array do not wait for the worker that is left', async () => {
    using project = cluster(
      `stages:
  each:
    kind: command
    matrix: { n: [1, 2, 3, 4, 5, 6] }
    with:
      run: |
        if [ \${matrix.n} -le 2 ] && mkdir begun-\${matrix.n}; then read _ < gate; fi
        echo done > \${outputs.out}
    outputs: { out: 'artifacts/\${matrix.n}.txt' }
`,
      '',
      2,
    );
    const gate = project.gate('gate');
    const running = project.startRun('--on', 'cluster');
    await until(() => project.has('begun-1') && project.has('begun-2'));
    process.kill(await worker(project), 'SIGKILL');
    // One worker still waits at the gate.
    await until(() => project.has('artifacts/5.txt') && project.has('artifacts/6.txt'), 120_000);
    gate.pass(1);
    const { outcomes, stderr } = await endOf(running);
    assert.deepEqual(new Set(Object.values(outcomes)), new Set(['ran']), stderr);
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
    project.edit('places.yaml', 'engine: slurm', 'engine: slurm, nodes: 5');
    const wide = await project.command('places', 'check', 'cluster');
    assert.match(wide.stdout, /^✗ the largest job, 5 nodes, 1 core, [\s\S]*^✗ nodes, 5 nodes: /m);
    project.edit('places.yaml', 'nodes: 5', 'cpu: 64');
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
});
