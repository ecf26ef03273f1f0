// From saving a changed pipeline of 200 stages to the start of the stage that it changes, under
// `run --watch`:
//   npm run build && node --import tsx bench/watch.ts [rounds]
import { setTimeout as delay } from 'node:timers/promises';
import { Project } from '../test/support/rig.ts';
import { median } from './runner/interleave.ts';

const rounds = Number(process.argv[2] ?? 15);
const text = (word: string) =>
  `stages:\n${Array.from({ length: 200 }, (_, i) => `  s${i}: { kind: command, with: { run: echo ${i === 100 ? word : i} } }\n`).join('')}`;

using project = new Project(text('begun'));
const running = project.startRun('--watch');
await running.output('s199', '199');
const waited: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  await delay(2000); // the run before has ended, and the page is written
  const saved = Date.now();
  project.write('pipelines/test.yaml', text(`round-${round}`));
  await running.output('s100', `round-${round}`);
  const started = running.events.findLast((event) => event.type === 'stage-started')!;
  waited.push(started.time - saved);
}
running.child.kill('SIGINT');
await running.ended;
console.log(
  `200 stages, one of them changed: it starts ${median(waited)} ms after the file was saved (goal 300; ${Math.min(...waited)} to ${Math.max(...waited)} in ${rounds} rounds)`,
);
