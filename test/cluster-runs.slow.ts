import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { endOf, Project } from './support/rig.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { slurmProject, wrapCommand } from './support/slurm-project.ts';

const places = `cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, maxJobs: 4 }\n`;

const chain = `stages:
  one:
    kind: command
    env: { WORD: hello }
    with: { run: 'echo $WORD | tee \${outputs.out}' }
    outputs: { out: artifacts/one.txt }
  two:
    kind: command
    inputs: { in: one.out, text: ./notes.txt }
    with: { run: 'cat \${inputs.in} \${inputs.text} > \${outputs.out}' }
    outputs: { out: artifacts/two.txt }
`;

suite('stages on a cluster', { skip: noSlurm ?? false }, () => {
  let slurm: Slurm;
  before(async () => {
    slurm = await Slurm.start();
  });
  after(async () => await slurm[Symbol.asyncDispose]());

  const cluster = (yaml: string, files: Readonly<Record<string, string>> = {}): Project => {
    const project = new Project(yaml, { 'places.yaml': places, ...files });
    Object.assign(project.env, slurm.env, {
      RESTAGE_PATIENCE: 'silence=6000,cancel=8000,ask=1000',
    });
    return project;
  };

  test('a chain of stages runs as jobs, and its results serve a run on this machine', async () => {
    using project = cluster(chain, { 'notes.txt': 'a note\n' });
    const ran = await project.run('--on', 'cluster');
    assert.deepEqual(ran.outcomes, { one: 'ran', two: 'ran' }, ran.stderr);
    assert.equal(project.read('artifacts/two.txt'), 'hello\na note\n');
    const output = ran.events.flatMap((event) =>
      event.type === 'stage-output' ? [event.text] : [],
    );
    assert.deepEqual(output, ['hello\n']);
    assert.deepEqual((await project.run()).outcomes, { one: 'up to date', two: 'up to date' });
    assert.deepEqual(project.files('cache/jobs'), []);
    const record = project
      .files('cache/results')
      .map((path) => JSON.parse(project.read(`cache/results/${path}`)).record);
    assert.ok(record.every(({ job }) => /^\d+$/.test(job)));
  });

  test('the commands and the scripts that a plan shows are those that the run submits', async () => {
    const yaml = `stages:
  load: { kind: command, with: { run: 'echo 1 > \${outputs.out}' }, outputs: { out: artifacts/load.txt } }
  fit:
    kind: command
    matrix: { seed: [1, 2, 3] }
    inputs: { in: load.out }
    resources: { cpu: 2, memory: 300MiB }
    with: { run: 'echo \${matrix.seed} > \${outputs.out}' }
    outputs: { out: 'artifacts/\${matrix.seed}.txt' }
`;
    using project = slurmProject(slurm, yaml, { settings: ', cpu: 2, options: { comment: a b }' });
    const plan = await project.command('plan', '--on', 'cluster', '--submissions');
    const commands = [...plan.stdout.matchAll(/^sbatch .*$/gm)].map(([command]) => command);
    const scripts = [...plan.stdout.matchAll(/^#!\/bin\/sh\n[\s\S]*?\nexec .*\n/gm)].map(
      ([script]) => script,
    );
    assert.deepEqual([commands.length, scripts.length], [2, 2], plan.stdout + plan.stderr);
    // Each word on a line of its own, as sbatch gets it.
    const folder = project.path('submitted');
    mkdirSync(folder);
    const note = `printf '%s\\n' "$@" > ${folder}/words-$$; for last; do :; done; cp $last ${folder}/script-$$`;
    wrapCommand(slurm, project, 'sbatch', `${note}; exec $real "$@"`);
    const { outcomes, stderr } = await project.run('--on', 'cluster');
    assert.deepEqual(new Set(Object.values(outcomes)), new Set(['ran']), stderr);
    const submitted = (name: string) =>
      readdirSync(folder)
        .filter((file) => file.startsWith(name))
        .map((file) => readFileSync(join(folder, file), 'utf8'))
        .map((text) => text.replaceAll(/\d{8}T\d{6}-[0-9a-f]{8}/g, 'BATCH'))
        .sort();
    const wordsOf = (command: string) => {
      const printing = `sbatch() { printf '%s\\n' "$@"; }; ${command}`;
      return execFileSync('sh', ['-c', printing], { encoding: 'utf8' });
    };
    assert.deepEqual(submitted('words-'), commands.map(wordsOf).sort());
    assert.deepEqual(submitted('script-'), scripts.sort());
  });

  test('one stage fails, with its message and the end of its log, and the other runs', async () => {
    const yaml = `stages:
  bad: { kind: command, with: { run: 'echo oh; exit 3' } }
  good: { kind: command, with: { run: 'true' } }
`;
    using project = cluster(yaml);
    const ran = await project.run('--on', 'cluster');
    assert.deepEqual(ran.outcomes, { bad: 'failed', good: 'ran' });
    assert.equal(ran.messages['bad'], 'exited with code 3: echo oh; exit 3');
    const failed = ran.events.find(
      (event) => event.type === 'stage-finished' && event.stage === 'bad',
    );
    assert.deepEqual(failed?.type === 'stage-finished' && failed.logTail, ['oh']);
  });

  test('after Ctrl-C the jobs continue, and the same command attaches to them', async () => {
    const yaml = `stages:
  slow: { kind: command, with: { run: 'echo begun; echo x >> count; read _ < gate; echo done > \${outputs.out}' }, outputs: { out: artifacts/slow.txt } }
`;
    using project = cluster(yaml);
    const gate = project.gate('gate');
    const first = project.startRun('--on', 'cluster');
    await first.output('slow', 'begun');
    first.child.kill('SIGINT');
    const ended = await endOf(first);
    assert.deepEqual([ended.code, ended.outcomes], [130, { slow: 'cancelled' }]);
    assert.match(
      ended.warnings.join(),
      /^Detached: 1 batch of jobs on cluster continues, and the same command attaches/,
    );
    const second = project.startRun('--on', 'cluster');
    await second.output('slow', 'begun');
    gate.pass();
    assert.deepEqual((await endOf(second)).outcomes, { slow: 'ran' });
    assert.equal(project.read('count'), 'x\n');
  });

  test('after kill -9 of a run the same command takes results of finished jobs and attaches to the one that runs', async () => {
    using project = cluster(`stages:
  done: { kind: command, with: { run: 'echo x >> done' } }
  slow: { kind: command, after: [done], with: { run: 'echo begun; echo x >> slow; read _ < gate' } }
`);
    const gate = project.gate('gate');
    const killed = project.startRun('--on', 'cluster');
    await killed.output('slow', 'begun');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const again = project.startRun('--on', 'cluster');
    await again.output('slow', 'begun');
    gate.pass();
    assert.deepEqual((await endOf(again)).outcomes, { done: 'up to date', slow: 'ran' });
    assert.deepEqual([project.read('done'), project.read('slow')], ['x\n', 'x\n']);
  });

  test('more than a place has, and an unknown place, are mistakes before anything runs', async () => {
    using project = cluster(`stages:
  a: { kind: command, with: { run: 'true' }, resources: { gpu: 4 } }
  b: { kind: command, with: { run: 'true' }, place: clustr }
  c: { kind: command, with: { run: 'true' }, resources: { nodes: 2 } }
`);
    const ran = await project.run('--on', 'cluster');
    assert.match(
      ran.stderr,
      /"a" asks for 4 graphics cards, and the place "cluster" has none \[too-many-gpus\]/,
    );
    assert.match(ran.stderr, /There is no place "clustr" \[unknown-place\]/);
    assert.match(
      ran.stderr,
      /"c" asks for 2 nodes, and the place "cluster" gives a stage one \[too-many-nodes\]/,
    );
    assert.deepEqual(project.files('cache/runs'), []);
  });

  test('a stage of two nodes starts its processes on both, with its variables', async () => {
    using project = cluster(
      `stages:
  wide:
    kind: command
    env: { WORD: hello }
    resources: { nodes: 2, tasks: 2, cpu: 4 }
    with: { run: 'srun sh -c "echo \\$SLURMD_NODENAME \\$SLURM_PROCID \\$SLURM_CPUS_PER_TASK \\$WORD" | sort > \${outputs.out}' }
    outputs: { out: artifacts/wide.txt }
`,
      { 'places.yaml': places.replace('maxJobs', 'nodes: 2, cpu: 4, maxJobs') },
    );
    const { outcomes, stderr } = await project.run('--on', 'cluster');
    assert.deepEqual(outcomes, { wide: 'ran' }, stderr);
    assert.equal(
      project.read('artifacts/wide.txt'),
      'n1 0 2 hello\nn1 1 2 hello\nn2 2 2 hello\nn2 3 2 hello\n',
    );
  });

  test('kinds go to the places that a place names for them, and a stage to its own', async () => {
    const stage = (name: string) =>
      `{ kind: command, with: { run: 'echo ${name} $SLURM_JOB_PARTITION > \${outputs.out}' }`;
    using project = cluster(
      `stages:
  sent: ${stage('sent')}, outputs: { out: artifacts/sent.txt } }
  own: ${stage('own')}, place: cluster, outputs: { out: artifacts/own.txt } }
`,
      {
        'places.yaml': `cluster: &cluster { engine: slurm, memory: { default: 200MiB }, maxJobs: 4, kinds: { command: hurried } }
hurried: { <<: *cluster, partition: urgent }
`,
      },
    );
    const { outcomes, stderr } = await project.run('--on', 'cluster');
    assert.deepEqual(outcomes, { sent: 'ran', own: 'ran' }, stderr);
    assert.deepEqual(
      [project.read('artifacts/sent.txt'), project.read('artifacts/own.txt')],
      ['sent urgent\n', 'own main\n'],
    );
    project.edit('places.yaml', 'command: hurried', 'command: hurred');
    const slip = await project.command('plan', '--on', 'cluster');
    assert.match(
      slip.stderr,
      /"cluster\.kinds\.command" sends stages to "hurred", and there is no such place[\s\S]*Did you mean "hurried"/,
    );
  });
});
