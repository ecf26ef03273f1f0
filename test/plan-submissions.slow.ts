import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

const places = `slurm: { engine: slurm, partition: cpu, account: faces, time: 2h, maxJobs: 4, cpu: 8, memory: { default: 2GiB, most: 64GiB }, setup: [module load node/20], kinds: { python: long } }
long: { engine: slurm, partition: gpu, cpu: 8, gpu: 2, nodes: 2, time: 24h, memory: { most: 64GiB }, options: { qos: long } }
condor: { engine: htcondor, maxJobs: 3 }
grid: { engine: gridengine, maxJobs: 3, options: { q: long.q } }
other:
  engine: template
  maxJobs: 2
  template: { submit: "qsub -l mem=\${memoryMiB} \${array} \${script}", array: "-J 1-\${workers}", query: qstat, cancel: "qdel \${id}", id: '(\\d+)' }
plain:
  engine: template
  maxJobs: 2
  template: { submit: "submit \${script}", query: list, cancel: "cancel \${id}" }
lab: { engine: ssh, hosts: [gpu1] }
`;

const sweep = `stages:
  load: { kind: command, outputs: { out: {} }, with: { run: "touch \${outputs.out}" } }
  draw: { kind: command, place: local, outputs: { out: {} }, with: { run: "touch \${outputs.out}" } }
  fit:
    kind: command
    matrix: { seed: [1, 2, 3] }
    inputs: { in: load.out }
    outputs: { out: {} }
    with: { run: "echo \${matrix.seed} > \${outputs.out}" }
`;

/** What `plan` prints below its table. */
async function submissions(project: Project, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.command('plan', ...words, '--submissions');
  assert.equal(code, 0, stderr);
  return stdout.slice(stdout.indexOf('\n\n') + 2);
}

test('a plan shows each submission with its stages, and a script once behind its commands, and leaves nothing', async () => {
  using project = new Project(sweep, { 'places.yaml': places });
  const root = project.root;
  const asking = (workers: string) =>
    `sbatch --parsable --export=NONE --requeue --open-mode=append --job-name=restage-BATCH --chdir=${root} --output=${root}/cache/jobs/BATCH/output --cpus-per-task=1 --mem=2048M --time=120:0 --signal=B:TERM@120${workers} --partition=cpu --account=faces ${root}/cache/jobs/BATCH/script.sh`;
  const shown = await submissions(project, '--on', 'slurm');
  const [exec = ''] = /^exec .*$/m.exec(shown) ?? [];
  assert.match(exec, / '--max-old-space-size=2048' \S+\/job-main\.js \S+\/cache\/jobs\/BATCH$/);
  assert.equal(
    shown,
    `# What a run would submit; no scheduler was asked. Each line below names the stages of one
# submission, by the command that follows. BATCH stands for the id that a run gives it.
# on this machine, without a submission: draw

# slurm: load
${asking('')}

# slurm: fit[seed=1], fit[seed=2], fit[seed=3]
${asking(' --array=0-2')}

# ${root}/cache/jobs/BATCH/script.sh
#!/bin/sh
cd ${root} || exit 1
unset SLURM_EXPORT_ENV
export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"
module load node/20
${exec}
`,
  );
  assert.equal(project.has('cache/jobs'), false);
});

test('every engine shows its own command, and hosts behind ssh say that they have none', async () => {
  using project = new Project(sweep, { 'places.yaml': places });
  const condor = await submissions(project, '--on', 'condor');
  assert.match(
    condor,
    /# condor: fit\[seed=1\], .*\ncondor_submit -terse - <<'END'\nuniverse = vanilla\n[\s\S]*?\nqueue 3\nEND\n/,
  );
  assert.match(await submissions(project, '--on', 'grid'), /\nqsub .*-t 1-3 .*-q long\.q /);
  assert.match(
    await submissions(project, '--on', 'other'),
    /\nqsub -l mem=2048 -J 1-2 \S+\/script\.sh\n/,
  );
  assert.match(
    await submissions(project, '--on', 'plain'),
    /# plain, 2 times: fit\[seed=1\], fit\[seed=2\], fit\[seed=3\]\nsubmit \S+\/script\.sh\n/,
  );
  assert.equal(
    await submissions(project, '--on', 'lab'),
    `# A run would submit nothing.
# on this machine, without a submission: draw
# lab, over ssh, without a scheduler and a submission: load, fit[seed=1], fit[seed=2], fit[seed=3]
`,
  );
});

test('cores, memory, cards, nodes and options are those of each stage, its kind and its place', async () => {
  using project = new Project(
    `stages:
  wide: { kind: command, resources: { cpu: 4, memory: 3GiB }, outputs: { out: {} }, with: { run: "touch \${outputs.out}" } }
  net: { kind: python, resources: { cpu: 8, gpu: 1, nodes: 2, tasks: 4, memory: 16GiB }, inputs: { program: ./net.py }, with: { launcher: [srun, python3] }, outputs: { out: {} } }
  own: { kind: command, place: long, outputs: { out: {} }, with: { run: "echo > \${outputs.out}" } }
`,
    { 'places.yaml': places, 'net.py': '' },
  );
  const shown = await submissions(project, '--on', 'slurm');
  assert.match(shown, /# slurm: wide\nsbatch .* --cpus-per-task=4 --mem=3072M --time=120:0 /);
  assert.match(
    shown,
    /# long: net\nsbatch .* --nodes=2 --ntasks-per-node=4 --cpus-per-task=2 --mem=16384M --gpus-per-node=1 --time=1440:0 .* --partition=gpu --qos=long /,
  );
  assert.match(shown, /# long: own\nsbatch .* --mem=2048M --time=1440:0 .* --qos=long /);
  assert.equal(shown.match(/^exec .*--max-old-space-size=(3072|16384|2048)'/gm)?.length, 3);
  const one = await submissions(project, 'test', 'own', '--on', 'slurm');
  assert.deepEqual(one.match(/^# \w+: .*$/gm), ['# long: own']);
});

test('what is up to date is not submitted, unless it is forced', async () => {
  using project = new Project(sweep, { 'places.yaml': places });
  await project.run();
  assert.equal(await submissions(project, '--on', 'slurm'), '# A run would submit nothing.\n');
  const forced = await submissions(project, '--on', 'slurm', '--force', 'fit@seed=2');
  assert.deepEqual(forced.match(/^# \w+: .*$/gm), ['# slurm: fit[seed=2]']);
});

test('a stage that awaits a list is named, since the list decides what it is', async () => {
  using project = new Project(
    `stages:
  list: { kind: command, outputs: { list: artifacts/list.csv }, with: { run: "printf 'id\\na\\n' > \${outputs.list}" } }
  cut: { kind: command, matrix: { clip: { from: list.list } }, outputs: { out: {} }, with: { run: "echo \${matrix.clip} > \${outputs.out}" } }
`,
    { 'places.yaml': places },
  );
  assert.match(
    await submissions(project, '--on', 'slurm'),
    /# what it asks for is known once its list is made: cut\[clip=\?\]\n/,
  );
});
