import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { sha256 } from '../src/digest.ts';
import { fineTuning } from './support/fine-tuning.ts';
import { killedAtCheckpoint } from './support/killed-at-checkpoint.ts';
import { noPyTorch, writeNetworks, writeNetworkWeights } from './support/pytorch.ts';
import { Project } from './support/rig.ts';

const drawn = `  drawn: { kind: make-faces, with: { size: 96, images: { train: 4, val: 2, test: 2 } } }
`;

suite('fine-tuning of networks of PyTorch', { skip: noPyTorch ?? false }, () => {
  let models: string;
  before(() => {
    models = mkdtempSync(join(tmpdir(), 'fine-tuning-'));
    writeNetworkWeights(models, 'resnet18', 65);
    writeNetworks(models, ['deit_tiny']);
  });
  after(() => rmSync(models, { recursive: true }));

  for (const network of ['resnet', 'transformer'] as const) {
    test(`a ${network} that is killed with SIGKILL resumes to the bytes of a whole run`, async () => {
      const yaml = fineTuning({ network, models, source: drawn, images: 'drawn.faces' });
      const weights = (project: Project) =>
        sha256(readFileSync(project.path('artifacts/test/fit/model/weights.bin')));
      using whole = new Project(yaml);
      const unbroken = await whole.run();
      assert.equal(unbroken.outcomes['fit'], 'ran', unbroken.stdout + unbroken.stderr);
      using killed = new Project(yaml);
      const { outcomes } = await killedAtCheckpoint(killed, 'self renameSync 2');
      assert.equal(outcomes['fit'], 'failed');
      const resumed = await killed.run();
      const infos = resumed.events.flatMap((event) =>
        event.type === 'info' ? [event.message] : [],
      );
      assert.ok(infos.includes('resumes after epoch 1 of 3, from a checkpoint'), infos.join());
      assert.equal(weights(killed), weights(whole));
    });
  }
});
