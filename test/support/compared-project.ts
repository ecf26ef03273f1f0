import { Project } from './rig.ts';
import { writeTintedDataset } from './tinted-dataset.ts';

/** What a tester of pages finds: a sweep, two models of the same images, and a run that failed. */
const sweep = `description: Learning rates, each with five seeds
stages:
  fit:
    kind: command
    matrix: { rate: [0.0001, 0.001, 0.01, 0.1], seed: [1, 2, 3, 4, 5] }
    outputs: { metrics: { path: "artifacts/sweep/\${matrix.rate}-\${matrix.seed}.json", type: metrics } }
    with: { run: "node fit.mjs \${matrix.rate} \${matrix.seed} \${outputs.metrics}" }
`;

const detector = `description: A detector of faked portraits
params: { strength: 1 }
stages:
  portraits:
    kind: command
    inputs: { images: ./images }
    outputs: { dataset: { path: artifacts/portraits, type: dataset } }
    with: { run: "cp -r \${inputs.images} \${outputs.dataset}" }
  score:
    kind: command
    inputs: { dataset: portraits.dataset }
    outputs:
      scores: { path: artifacts/detector/scores.csv, type: scores }
      metrics: { path: artifacts/detector/metrics.json, type: metrics }
    with: { run: "node score.mjs \${params.strength} \${outputs.scores} \${outputs.metrics}" }
`;

/** The AUC is best at a rate of 0.01, and differs little between seeds. */
const fit = `import { appendFileSync, writeFileSync } from 'node:fs';
const rate = Number(process.argv[2]);
const seed = Number(process.argv[3]);
const output = process.argv[4];
const auc = 0.92 - 0.06 * Math.abs(Math.log10(rate) + 2) + 0.004 * ((seed * 2) % 5);
for (let step = 1; step <= 12; step++) {
  const values = { 'val.loss': (1.1 - auc) * (1 + 2 / step) };
  appendFileSync(
    process.env.RESTAGE_EVENTS,
    JSON.stringify({ type: 'point', unit: 'epoch', step, values }) + '\\n',
  );
}
const test = { auc: Number(auc.toFixed(4)), accuracy: Number((auc - 0.08).toFixed(4)) };
writeFileSync(output, JSON.stringify({ splits: { test } }));
`;

/** Every twentieth label is contradicted; the strength decides which others are wrong. */
const score = `import { writeFileSync } from 'node:fs';
const strength = Number(process.argv[2]);
const [scores, metrics] = process.argv.slice(3);
if (strength > 8) {
  console.error('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 9.00 GiB');
  process.exit(1);
}
let right = 0;
const rows = Array.from({ length: 240 }, (_, i) => {
  const isFake = i % 2 === 1;
  const isSuspect = i % 20 < 2;
  const isMissed = (i * 7) % (10 + strength) === 3;
  const side = isFake === (isSuspect || isMissed) ? -1 : 1;
  const logit = side * (isSuspect ? 3.5 : 1 + ((i * 13) % 10) / 5);
  if (side > 0 === isFake) right++;
  return \`test/\${i},test,\${isFake ? 'fake' : 'real'},0,\${logit.toFixed(3)}\`;
});
writeFileSync(scores, ['key,split,label,logit.real,logit.fake', ...rows, ''].join('\\n'));
const test = { accuracy: right / rows.length };
writeFileSync(metrics, JSON.stringify({ splits: { test } }));
`;

/**
 * A project in which a sweep of 20 members, two runs of a detector and a third that failed have
 * ended, in this order. The second run differs from the first in a parameter, and in an image that
 * was added.
 */
export async function comparedProject(): Promise<Project> {
  const project = new Project(sweep, {
    'pipelines/detector.yaml': detector,
    'fit.mjs': fit,
    'score.mjs': score,
  });
  const run = (pipeline: string) => project.command('run', pipeline);
  await writeTintedDataset(project.path('images'), { test: 240 });
  await run('test.yaml');
  await run('detector.yaml');
  project.remove('images');
  await writeTintedDataset(project.path('images'), { test: 241 });
  project.edit('pipelines/detector.yaml', 'strength: 1', 'strength: 3');
  await run('detector.yaml');
  project.edit('pipelines/detector.yaml', 'strength: 3', 'strength: 9');
  await run('detector.yaml');
  return project;
}
