/**
 * Our own cost per stage on a first run of 200 trivial stages: what a run takes beyond starting their processes.
 *   node --import tsx bench/runner/first-run.ts
 */
import { interleave, printMedians, type Timed } from './interleave.ts';
import { Folder, pipeline, writePipeline } from './project.ts';

const stages = 200;
const jobs = 2;
const rounds = 3;

/** The least that a stage needs: a node process with a channel to its parent, and a shell, two at a time. */
const bare = `
import { fork } from 'node:child_process';
const start = () => new Promise((done) => {
  const child = fork('child.mjs', [], { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  child.on('close', done);
});
let left = ${stages};
await Promise.all(Array.from({ length: ${jobs} }, async () => { while (left-- > 0) await start(); }));
`;
const child = `
import { spawn } from 'node:child_process';
spawn('sh', ['-e', '-c', 'true'], { stdio: ['ignore', 'inherit', 'inherit'] }).on('exit', () => process.disconnect());
`;

using project = new Folder();
writePipeline(
  project,
  Array.from(
    { length: stages },
    (_, i) => `{ kind: command, outputs: { o: out/${i} }, with: { run: "echo ${i} > \${outputs.o}" } }`,
  ),
);
project.write('bare.mjs', bare);
project.write('child.mjs', child);
const commands: readonly Timed[] = [
  { name: 'processes alone', argv: [process.execPath, 'bare.mjs'], cwd: project.path },
  {
    name: 'restage run',
    argv: ['sh', '-c', `rm -rf cache out && ${process.execPath} ${pipeline} run bench.yaml --jobs ${jobs}`],
    cwd: project.path,
  },
];
const medians = interleave(commands, rounds);
printMedians(`First run of ${stages} stages, ${jobs} at once, medians of ${rounds} rounds`, medians);
const [alone, run] = [...medians.values()];
console.log(`  our own: ${((1000 * (run! - alone!)) / stages).toFixed(1)} ms a stage`);
