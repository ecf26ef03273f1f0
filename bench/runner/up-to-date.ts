/**
 * A run whose stages are all up to date, beside `node -e 0`. It needs no other program.
 *   node --import tsx bench/runner/up-to-date.ts        # 190 stages, as the study once had
 *   node --import tsx bench/runner/up-to-date.ts 50 3   # so many stages, so many rounds
 */
import { setTimeout as delay } from 'node:timers/promises';
import { interleave, printMedians, type Timed, time } from './interleave.ts';
import { Folder, pipeline, writePipeline } from './project.ts';

const [stages = 190, rounds = 15] = process.argv.slice(2).map(Number);

using project = new Folder();
const stage = (i: number) =>
  `{ kind: command, outputs: { o: { } }, with: { run: "echo ${i} > \${outputs.o}" } }`;
writePipeline(
  project,
  Array.from({ length: stages }, (_, i) => stage(i)),
);
const node: Timed = { name: 'node -e 0', argv: [process.execPath, '-e', '0'], cwd: project.path };
const run: Timed = {
  name: 'restage run',
  argv: [process.execPath, pipeline, 'run', 'bench.yaml'],
  cwd: project.path,
};
time(run);
await delay(3_500); // files younger than three seconds are looked at twice
time(run); // it remembers
printMedians(
  `A run of ${stages} stages that are up to date, medians of ${rounds} rounds`,
  interleave([node, run], rounds),
);
