// Runs the whole study here and by a group of two, whose machines share nothing but a bucket: each
// is a clone in namespaces of its own. They divide the trainings, which each runs by name at the
// same time as the other. Then the first runs the study, and takes the trainings of the second;
// then the second runs it, and takes all that it lacks. Every result must have the same digests.
// At its smallest, or at full size:
//   npm run build && node --import tsx test/torture/bucket-study.ts
//   npm run build && node --import tsx test/torture/bucket-study.ts default
import assert from 'node:assert/strict';
import { ProjectApart } from '../support/apart.ts';
import type { Project } from '../support/rig.ts';
import { S3Server } from '../support/s3.ts';
import { smallest, studyProject, withStudy } from '../support/study-project.ts';
import { digestsOf, resultsOf } from './same-digests.ts';

const size = process.argv[2] === 'default' ? 'extends: study.yaml\n' : smallest;
await using server = await S3Server.start();
using first = withStudy(new ProjectApart('one', size));
using second = withStudy(new ProjectApart('two', size));
using here = studyProject(size);
const clones = [first, second];
for (const clone of clones)
  Object.assign(clone.env, server.env, { XDG_CONFIG_HOME: clone.path('config') });
assert.deepEqual(
  [await first.sees(first.root), await first.sees(second.root), await second.sees(first.root)],
  [true, false, false],
);

/** Runs a command that must succeed, and gives what it prints. */
async function did(clone: Project, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await clone.command(...argv);
  assert.equal(code, 0, `${argv.join(' ')}: ${stdout.slice(-4000)}${stderr}`);
  return stdout;
}

const run = async (clone: Project, stages: readonly string[] = []) =>
  await did(clone, 'run', 'test.yaml', ...stages, '--reporter', 'plain');

// Only store.yaml, which the group commits, passes from one clone to the other.
await did(first, 'store', 'init', 's3://bucket/faces', '--endpoint', server.endpoint);
second.write('store.yaml', first.read('store.yaml'));
await did(second, 'store', 'keys', 'add');
first.write('store.yaml', second.read('store.yaml'));

const plan: readonly { readonly stage: string; readonly kind: string }[] = JSON.parse(
  await did(first, 'plan', 'test.yaml', '--json'),
);
const trainings = plan.flatMap(({ stage, kind }) => (kind === 'train' ? [stage] : []));
const shares = [0, 1].map((share) => trainings.filter((_, n) => n % 2 === share));
/** The results that a machine computed, without those of `cache: false`, which nobody shares. */
const madeOn = (machine: string, clone: Project): ReadonlySet<string> =>
  new Set(
    resultsOf(clone)
      .filter(({ record, stored }) => stored && record.host === machine)
      .map(({ digest }) => digest),
  );
await Promise.all(clones.map((clone, n) => run(clone, shares[n]!)));
// Some trainings have the same fingerprint under two names, so both may compute them at once.
const shareOfFirst = madeOn('one', first);
const shareOfSecond = madeOn('two', second);
for (const clone of clones) await run(clone);
await did(here, 'run', 'test.yaml', '--reporter', 'plain');

const results = digestsOf(resultsOf(here));
for (const [clone, machine, other] of [
  [first, 'one', 'two'],
  [second, 'two', 'one'],
] as const) {
  const counts = `${madeOn(machine, clone).size} results computed, ${madeOn(other, clone).size} taken`;
  console.log(`${machine}: ${counts} from the bucket`);
  assert.deepEqual(digestsOf(resultsOf(clone)), results);
}
const since = [...madeOn('one', first)].filter((digest) => !shareOfFirst.has(digest));
const again = since.filter((digest) => shareOfSecond.has(digest));
assert.deepEqual(again, [], 'a training of the other was run again');
assert.ok(madeOn('two', first).size > 0, 'nothing of the other was taken');
assert.deepEqual(madeOn('two', second), shareOfSecond, 'what is in the bucket was computed again');
console.log(`${Object.keys(results).length} results, each with the digests of a local run`);
