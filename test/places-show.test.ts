import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Project } from './support/rig.ts';

const places = `slurm: { engine: slurm, partition: gpu, account: faces, time: 2h, maxJobs: 4, memory: { default: 2GiB }, setup: [module load node/20] }
condor: { engine: htcondor, maxJobs: 3 }
grid: { engine: gridengine, maxJobs: 3 }
own:
  engine: template
  maxJobs: 2
  template: { submit: "qsub -l mem=\${memoryMiB} \${array} \${script}", array: "-J 1-\${workers}", query: qstat, cancel: "qdel \${id}", id: '(\\d+)' }
gpu: { engine: ssh, hosts: [gpu1] }
`;
const yaml = `stages:
  one: { kind: command, outputs: { a: {} }, with: { run: "touch \${outputs.a}" } }
`;

test('a place shows what a run would submit, by no command of its scheduler, and leaves nothing', async () => {
  using project = new Project(yaml, { 'places.yaml': places });
  const shown = async (place: string) => {
    const { code, stdout, stderr } = await project.command('places', 'show', place);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  const slurm = await shown('slurm');
  assert.match(
    slurm,
    /^sbatch --parsable .* --mem=2048M --time=120:0 .*--array=0-3 --partition=gpu --account=faces \S+script\.sh\n\n#!\/bin\/sh\n/,
  );
  assert.match(slurm, /\nmodule load node\/20\nexec .*job-main\.js/);
  assert.match(
    await shown('condor'),
    /^condor_submit -terse - <<'END'\nuniverse = vanilla\n[\s\S]*\nqueue 3\nEND\n/,
  );
  assert.match(await shown('grid'), /^qsub .*-t 1-3 /);
  assert.match(await shown('own'), /^qsub -l mem=\d+ -J 1-2 \S+script\.sh\n/);
  assert.deepEqual(project.has('cache/jobs') ? project.files('cache/jobs') : [], []);
});

test('a place without a scheduler, and one that does not exist, have nothing to show', async () => {
  using project = new Project(yaml, { 'places.yaml': places });
  const hosts = await project.command('places', 'show', 'gpu');
  assert.match(hosts.stderr, /"gpu" has no scheduler: it runs stages over ssh/);
  const unknown = await project.command('places', 'show', 'slrum');
  assert.match(unknown.stderr, /There is no place "slrum"/);
  assert.match(unknown.stderr, /slurm/);
});
