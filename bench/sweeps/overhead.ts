/**
 * What a trial of a search costs beside what it does: 200 trials that take no time, as a search, as
 * values that are drawn at random, and as a loop of the shell; in seconds of the processor.
 *
 *     npm run build && node --import tsx bench/sweeps/overhead.ts [--trials 200] [--slurm 20]
 *
 * `--slurm 20` adds as many trials on a private Slurm of two nodes, whose jobs are not counted.
 * Results are in README.md.
 */
import { parseArgs } from 'node:util';
import { Project, pipeline } from '../../test/support/rig.ts';
import { Slurm } from '../../test/support/slurm.ts';

const { values: options } = parseArgs({
  options: { trials: { type: 'string', default: '200' }, slurm: { type: 'string' } },
});
const trials = Number(options.trials);

const fit = (axis: string) => `  fit:
    kind: command
    matrix: { trial: ${axis} }
    outputs: { metrics: { type: metrics } }
    with: { run: 'echo "{ \\"loss\\": \${matrix.trial.rate} }" > \${outputs.metrics}' }
`;
const drawn = (count: number) =>
  `stages:\n${fit(`{ rate: { logUniform: [0.0001, 1] }, count: ${count} }`)}`;
const searched = (count: number) => `stages:
  search:
    kind: search
    inputs: { metrics: [fit.metrics] }
    with: { by: loss, better: lower, space: { rate: { logUniform: [0.0001, 1] } } }
${fit(`{ by: search.trial, count: ${count} }`)}`;

/** Seconds of the processor of a command and all that it waited for, and on the clock. */
async function costOf(project: Project, command: string) {
  const began = performance.now();
  const { code, stdout, stderr } = await project.type(`(${command}) > log 2>&1; times`).ended;
  if (code !== 0) throw new Error(stderr + project.read('log'));
  const [, children] = stdout.trim().split('\n');
  const seconds = [...children!.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return {
    processor: seconds.reduce((sum, each) => sum + each, 0),
    clock: (performance.now() - began) / 1000,
  };
}

async function report(what: string, count: number, project: Project, command: string) {
  const { processor, clock } = await costOf(project, command);
  const each = Math.round((processor / count) * 1000);
  console.log(`| ${what} | ${processor.toFixed(1)} | ${each} | ${clock.toFixed(0)} |`);
}

const run = (...words: readonly string[]) =>
  ['node', pipeline, 'run', 'test.yaml', ...words].join(' ');
console.log('| | seconds of the processor | ms of it for each trial | seconds on the clock |');
console.log('| --- | ---: | ---: | ---: |');
{
  using project = new Project(searched(trials));
  await report(`a search of ${trials} trials`, trials, project, run());
  await report('… again, nothing to do', trials, project, run());
  project.write('pipelines/test.yaml', searched(trials + 1));
  await report('… one trial more', 1, project, run());
}
{
  using project = new Project(drawn(trials));
  await report(`${trials} trials drawn at random`, trials, project, run());
}
{
  using project = new Project(drawn(1));
  const body = `sh -c 'echo "{ \\"loss\\": $i }" > out-$i'`;
  const loop = `for i in $(seq ${trials}); do ${body}; done`;
  await report('a loop of the shell', trials, project, loop);
}
if (options.slurm !== undefined) {
  const count = Number(options.slurm);
  await using slurm = await Slurm.start();
  using project = new Project(searched(count), {
    'places.yaml':
      'cluster: { engine: slurm, memory: { default: 200MiB, most: 800MiB }, maxJobs: 4 }\n',
  });
  Object.assign(project.env, slurm.env);
  project.edit('pipelines/test.yaml', 'kind: search', 'kind: search\n    place: local');
  await report(`a search of ${count} trials on Slurm`, count, project, run('--on', 'cluster'));
}
