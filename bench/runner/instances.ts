/**
 * What it takes to plan a matrix of 10,000 instances that all have results, beside `node -e 0`.
 *   node --import tsx bench/runner/instances.ts           # 100 times 100
 *   node --import tsx bench/runner/instances.ts 400 3     # so many instances, so many rounds
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../src/digest.ts';
import { fileListing } from '../../src/engine/files/listing.ts';
import { plan } from '../../src/engine/plan/plan.ts';
import { OpenedProject } from '../../src/project/opened-project.ts';
import { select } from '../../src/project/selection.ts';
import { openWorkspace } from '../../src/project/workspace.ts';
import { interleave, printMedians, time } from './interleave.ts';
import { Folder, pipeline } from './project.ts';

const [instances = 10_000, rounds = 5] = process.argv.slice(2).map(Number);

using project = new Folder();
const side = Math.ceil(Math.sqrt(instances));
const axis = `[${Array.from({ length: side }, (_, i) => i).join(', ')}]`;
project.write(
  'pipelines/bench.yaml',
  `stages:
  s:
    kind: command
    matrix: { a: ${axis}, b: ${axis} }
    outputs: { o: "out/\${matrix.a}-\${matrix.b}.txt" }
    with: { run: "echo \${matrix.a} \${matrix.b} > \${outputs.o}" }
`,
);
await recordResults();
const argv = [process.execPath, pipeline, 'plan', 'bench.yaml'];
const run = [process.execPath, pipeline, 'run', 'bench.yaml'];
await delay(3_500); // files younger than three seconds are looked at twice
time({ name: 'restage run', argv: run, cwd: project.path }); // it remembers
const medians = interleave(
  [
    { name: 'node -e 0', argv: [process.execPath, '-e', '0'], cwd: project.path },
    { name: 'restage plan', argv, cwd: project.path },
    {
      name: 'restage plan, all of it examined', // as an option makes it do
      argv: [...argv, '--no-store'],
      cwd: project.path,
    },
  ],
  rounds,
);
printMedians(`Plan of ${side * side} instances with results, medians of ${rounds} rounds`, medians);

/**
 * Records what running every instance would leave: an object, a result, the stage's last result, a
 * published file.
 */
async function recordResults(): Promise<void> {
  const { checked } = await new OpenedProject(project.path).load('bench.yaml');
  const opened = select(checked, {});
  const workspace = await openWorkspace(opened, 'auto', console.error);
  for (const { stage, examined } of await plan(opened.stages, workspace)) {
    const [{ port, path, type }] = stage.outputs as [(typeof stage.outputs)[number]];
    const text = `${stage.name}\n`;
    const { digest, fingerprint } = examined!;
    const file = { digest: sha256(text), size: text.length };
    const object = workspace.store.local.objectPath(file.digest);
    for (const target of [object, join(project.path, path)]) {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
    await workspace.store.local.writeResult({
      format: 1,
      digest,
      fingerprint,
      stored: true,
      outputs: { [port]: { type, ...fileListing(file) } },
      record: {
        startedAt: new Date().toISOString(),
        seconds: 0,
        attempts: 1,
        host: 'bench',
        cpus: 1,
        node: process.version,
        restage: '0',
        notes: {},
        highlights: [],
        warnings: [],
      },
    });
    workspace.store.local.writeLatest(workspace.pipeline.name, stage.name, digest);
  }
}
