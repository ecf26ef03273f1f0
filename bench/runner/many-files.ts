/**
 * Nothing to do with very many input files, beside a bare loop of the same stat calls in Node.
 *   node --import tsx bench/runner/many-files.ts           # 100,000 files in ten folders
 *   node --import tsx bench/runner/many-files.ts 10000 5   # so many files, so many rounds
 */
import { setTimeout as delay } from 'node:timers/promises';
import { interleave, printMedians, time } from './interleave.ts';
import { Folder, pipeline, writePipeline } from './project.ts';

const [files = 100_000, rounds = 9] = process.argv.slice(2).map(Number);

/** Every folder and file once, as the runner has to look at them. */
const bare = `
import { readdirSync, statSync } from 'node:fs';
for (const folder of readdirSync('data')) {
  statSync('data/' + folder);
  for (const name of readdirSync('data/' + folder)) statSync('data/' + folder + '/' + name);
}
`;

using project = new Folder();
project.writeData(10, files / 10, 64);
project.write('bare.mjs', bare);
writePipeline(
  project,
  Array.from(
    { length: 10 },
    (_, i) =>
      `{ kind: command, inputs: { i: data/${i} }, outputs: { o: { } }, with: { run: "ls \${inputs.i} > \${outputs.o}" } }`,
  ),
);
const run = {
  name: 'restage run',
  argv: [process.execPath, pipeline, 'run', 'bench.yaml'],
  cwd: project.path,
};
await delay(3_500); // files younger than three seconds are looked at twice
for (let i = 0; i < 2; i += 1) time(run); // the second remembers
await delay(3_500);
const loop = { name: 'bare stat loop', argv: [process.execPath, 'bare.mjs'], cwd: project.path };
printMedians(
  `Nothing to do with ${files} files, medians of ${rounds} rounds`,
  interleave([loop, run], rounds),
);
