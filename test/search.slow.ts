import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf } from './support/rig.ts';
import { areOver, onShell, scheduler } from './support/shell-scheduler.ts';
import { proposals, ranTrials, searching, slowFirst, smallSearch } from './support/small-search.ts';
import { group } from './support/store-group.ts';
import { until } from './support/until.ts';

/** What a search of five trials proposes, one after the other. */
async function undisturbed() {
  using project = searching();
  assert.equal((await project.run()).code, 0);
  return proposals(project, 5);
}

test('a search whose run is killed continues with the trials that an unbroken one has', async () => {
  using project = searching({ first: 'test -e $COUNT-3 || read _ < gate;' });
  const gate = project.gate('gate');
  const running = project.startRun();
  for (const trial of [1, 2]) {
    await running.event('stage-started', `fit[trial=${trial}]`);
    gate.pass();
  }
  await until(() => ranTrials(project).length === 3);
  running.child.kill('SIGKILL');
  await running.ended;
  project.write('count-3', '');
  const { outcomes, code } = await project.run();
  assert.equal(code, 0);
  assert.equal(outcomes['search[trial=3]'], 'up to date');
  assert.deepEqual(proposals(project, 5), await undisturbed());
  assert.deepEqual(ranTrials(project), ['1', '2', '3', '3', '4', '5']);
});

test('a detached run continues a search from job to job, and proposes what any run does', async () => {
  using project = searching({ count: 3 }, scheduler);
  onShell(project, 50);
  const begun = await project.run('--on', 'shell', '--detach');
  assert.equal(begun.code, 0, begun.stderr);
  await until(() => project.has('out/all.txt'), 240_000);
  await areOver(project);
  assert.deepEqual(ranTrials(project), ['1', '2', '3']);
  assert.deepEqual(proposals(project, 3), (await undisturbed()).slice(0, 3));
  const { outcomes } = await project.run();
  assert.deepEqual(new Set(Object.values(outcomes)), new Set(['up to date']));
});

test('a clone finds a search in the shared store, with the order in which its trials ended', async () => {
  const yaml = smallSearch({ count: 4, parallel: 2, first: slowFirst });
  using lab = await group(yaml.replaceAll('$COUNT', '../count').replace('env: [COUNT]', ''));
  const { clone, maker } = lab;
  const { outcomes, code } = await endOf(clone.startRun());
  assert.equal(code, 0);
  assert.ok(!Object.values(outcomes).includes('ran'), JSON.stringify(outcomes));
  await clone.run('--fetch', 'all');
  assert.deepEqual(proposals(clone, 4), proposals(maker, 4));
});
