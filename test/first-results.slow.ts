import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { test } from 'node:test';
import { inRepository } from './support/pages.ts';
import { Project } from './support/rig.ts';

/**
 * Runs an experiment of Restage as a new user does. Returns its AUC on the test split and the
 * seconds of each stage.
 */
async function firstRun(
  name: string,
): Promise<{ readonly auc: number; readonly seconds: Record<string, number> }> {
  using project = new Project('stages: {}\n');
  cpSync(inRepository('pipelines'), project.path('pipelines'), { recursive: true });
  const { code, stdout, stderr } = await project.command('run', `experiments/${name}.yaml`);
  assert.equal(code, 0, stdout + stderr);
  const history = await project.command('history', '--json', '--pipeline', `experiments/${name}`);
  const { stages } = JSON.parse(history.stdout)[0] as {
    stages: Record<string, { seconds: number }>;
  };
  const { splits } = JSON.parse(project.read(`artifacts/experiments/${name}/scores/metrics.json`));
  return {
    auc: splits.test.auc,
    seconds: Object.fromEntries(
      Object.entries(stages).map(([stage, { seconds }]) => [stage, seconds]),
    ),
  };
}

for (const name of ['simple-net-fakes', 'xception']) {
  test(`${name} separates forged faces from real ones, and takes less time for drawing them than for training`, async () => {
    const { auc, seconds } = await firstRun(name);
    assert.ok(auc >= 0.95, `AUC ${auc}`);
    assert.ok(seconds['made']! < seconds['fit']!, JSON.stringify(seconds));
  });
}
