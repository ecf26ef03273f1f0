// Runs the whole study here and on two machines that share no files with this one, in namespaces of
// their own and behind ssh: every result must have the same digests. At its smallest, or at full
// size:
//   npm run build && node --import tsx test/torture/hosts-study.ts
//   npm run build && node --import tsx test/torture/hosts-study.ts default
import assert from 'node:assert/strict';
import { inRepository } from '../support/pages.ts';
import { SshHosts } from '../support/ssh-hosts.ts';
import { smallest, studyProject } from '../support/study-project.ts';
import { digestsOf, resultsOf } from './same-digests.ts';

const size = process.argv[2] === 'default' ? 'extends: study.yaml\n' : smallest;
await using hosts = await SshHosts.start('gpu1', 'gpu2');
using here = studyProject(size);
const restage = JSON.stringify([inRepository('bin/restage.js')]);
using there = studyProject(size, {
  'places.yaml': `lab: { engine: ssh, hosts: [{ host: gpu1, cpu: 1 }, { host: gpu2, cpu: 1 }], restage: ${restage} }\n`,
});
there.env['PATH'] = hosts.path;
const remote = await there.run('--on', 'lab');
const local = await here.run();
const failures = [local, remote].flatMap(({ events }) =>
  events.filter((event) => event.type === 'stage-finished' && event.outcome === 'failed'),
);
assert.deepEqual([local.code, remote.code], [0, 0], JSON.stringify(failures));
const results = resultsOf(there);
const madeOn = (host: string) => results.filter(({ record }) => record.host === host).length;
const counts = ['gpu1', 'gpu2'].map((host) => `${madeOn(host)} on ${host}`);
assert.equal(madeOn('gpu1') + madeOn('gpu2'), results.length);
assert.deepEqual(digestsOf(results), digestsOf(resultsOf(here)));
console.log(`${results.length} results, ${counts.join(', ')}: the digests of a local run`);
