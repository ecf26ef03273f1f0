/**
 * Everything once: trivial stages, or ten stages in a chain over many files of 20 KiB, beside a
 * shell script and Snakemake (`apt-get install snakemake`; left out where it is not).
 *   node --import tsx bench/runner/first-run.ts              # 200 stages
 *   node --import tsx bench/runner/first-run.ts 1000         # so many stages
 *   node --import tsx bench/runner/first-run.ts files 10000  # ten stages, so many files
 *   Last: how many rounds, by default 3; before them is one that does not count.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { interleave, printMedians, type Timed } from './interleave.ts';
import {
  chain,
  fan,
  type SettingFile,
  type Step,
  writeRestage,
  writeScript,
  writeSnakemake,
} from './peer-projects.ts';
import { Folder, pipeline } from './project.ts';

const isOfFiles = process.argv[2] === 'files';
const [count = isOfFiles ? 10_000 : 200, rounds = 3] = process.argv
  .slice(isOfFiles ? 3 : 2)
  .map(Number);
const steps = isOfFiles ? chain(10) : fan(count);

const tools: readonly (readonly [
  string,
  string,
  (folder: Folder, steps: readonly Step[]) => SettingFile,
])[] = [
  ['shell script', 'sh run.sh', writeScript],
  ['restage run', `${process.execPath} ${pipeline} run bench.yaml`, writeRestage],
  ['snakemake', 'snakemake --cores all --quiet all', writeSnakemake],
];
const folders: Folder[] = [];
try {
  const present = tools.filter(
    ([, command]) => spawnSync('which', [command.split(' ')[0]!]).status === 0,
  );
  const commands = present.map(([name, command, write]): Timed => {
    const folder = new Folder();
    folders.push(folder);
    if (isOfFiles) folder.writeData(10, count / 10, 20 * 1024);
    folder.write('data/weights.bin', randomBytes(1 << 20));
    folder.write('data/word.txt', 'word\n');
    const setting = write(folder, steps);
    folder.write(setting.name, setting.text(1));
    const argv = ['sh', '-c', `rm -rf cache artifacts out .snakemake && ${command}`];
    return { name, argv, cwd: folder.path, env: { RAN: '/dev/null' } };
  });
  const medians = interleave(commands, rounds);
  const what = isOfFiles ? `10 stages over ${count} files` : `${count} trivial stages`;
  printMedians(`Everything once: ${what}, medians of ${rounds} rounds`, medians);
  const beyond = medians.get('restage run')! - medians.get('shell script')!;
  console.log(`  a stage beyond its command: ${((1000 * beyond) / steps.length).toFixed(1)} ms`);
} finally {
  for (const folder of folders) folder[Symbol.dispose]();
}
