// Runs the whole study here and on a private Slurm: every result must have the same digests. At its
// smallest, or at full size:
//   npm run build && node --import tsx test/torture/cluster-study.ts
//   npm run build && node --import tsx test/torture/cluster-study.ts default
import assert from 'node:assert/strict';
import type { StageResult } from '../../src/engine/store/stage-result.ts';
import type { Project } from '../support/rig.ts';
import { Slurm } from '../support/slurm.ts';
import { smallest, studyProject } from '../support/study-project.ts';

const resultsOf = (project: Project): readonly StageResult[] =>
  project.files('cache/results').map((name) => JSON.parse(project.read(`cache/results/${name}`)));

/** The digests of each stage's outputs, by its fingerprint. */
const digestsOf = (results: readonly StageResult[]) =>
  Object.fromEntries(
    results.map(({ digest, outputs }) => [
      digest,
      Object.entries(outputs).map(([port, { digest }]) => [port, digest]),
    ]),
  );

const size = process.argv[2] === 'default' ? 'extends: study.yaml\n' : smallest;
await using slurm = await Slurm.start();
using here = studyProject(size);
using there = studyProject(size, {
  'places.yaml':
    'cluster: { engine: slurm, memory: { default: 1GiB, most: 4GiB }, maxJobs: 2, cpu: 2 }\n',
});
Object.assign(there.env, slurm.env);
const local = await here.run();
const remote = await there.run('--on', 'cluster');
const failures = [local, remote].flatMap(({ events }) =>
  events.filter((event) => event.type === 'stage-finished' && event.outcome === 'failed'),
);
assert.deepEqual([local.code, remote.code], [0, 0], JSON.stringify(failures));
const results = resultsOf(there);
const jobs = results.filter(({ record }) => record.job !== undefined);
const hosts = [...new Set(jobs.map(({ record }) => record.host))];
assert.deepEqual(digestsOf(results), digestsOf(resultsOf(here)));
console.log(
  `${results.length} results, ${jobs.length} of them by jobs on ${hosts.join(' and ')}: the digests of a local run`,
);
