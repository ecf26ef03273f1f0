import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { noProcessesIn } from '../support/processes.ts';
import { Project } from '../support/rig.ts';
import { writeTintedDataset } from '../support/tinted-dataset.ts';
import { contentsOf, type Ordeal } from './ordeal.ts';

const yaml = `
stages:
  fit:
    kind: train
    inputs: { dataset: data/set }
    with:
      model: { layers: [{ conv: 4, kernel: 5, stride: 2 }, batchNorm, relu, { dropout: 0.3 }, { maxPool: 2 }, flatten, { dense: 2 }] }
      imageSize: 24
      batchSize: 2
      epochs: 40
`;

/**
 * Kills trainings at random moments: each must resume, and end with the bytes of an uninterrupted
 * one.
 */
export const trainings: Ordeal = async (count, random, tell) => {
  const [unbroken, seconds] = await undisturbed();
  for (let killed = 0; killed < count; ) {
    using project = await started();
    try {
      for (let time = 0; time < 4 && killed < count; time += 1) {
        const run = project.startRun();
        await delay(1000 * (0.3 + random.float() * seconds * 0.7));
        const isOver = run.child.exitCode !== null;
        run.child.kill('SIGKILL');
        await run.ended;
        await noProcessesIn(project.root);
        if (isOver) break;
        killed += 1;
        tell.done();
      }
      const { code, stdout, stderr } = await project.run();
      assert.equal(code, 0, stdout + stderr);
      assert.equal(contentsOf(project, 'artifacts'), unbroken, 'other bytes than undisturbed');
    } catch (error) {
      tell.broken(`after ${killed} kills: ${(error as Error).message}`);
    }
  }
};

async function started(): Promise<Project> {
  const project = new Project(yaml);
  await writeTintedDataset(project.path('data/set'), { train: 40, val: 40 });
  return project;
}

async function undisturbed(): Promise<readonly [contents: string, seconds: number]> {
  using project = await started();
  const begun = Date.now();
  const { code, stdout, stderr } = await project.run();
  assert.equal(code, 0, stdout + stderr);
  return [contentsOf(project, 'artifacts'), (Date.now() - begun) / 1000];
}
