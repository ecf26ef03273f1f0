// Runs pipelines/study-docs.yaml and writes docs/study.md from its artifacts, with how long the stages took that it stands on:
//
//     node scripts/write-study.mjs --set params.fakes=path/to/folder --set params.synthetic=path/to/folder
//
// What is there already is restored, so a run that broke off goes on. Another pipeline: STUDY=study.yaml.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = process.env.STUDY ?? 'study-docs.yaml';
const name = file.replace(/\.yaml$/, '');
const options = process.argv.slice(2);
const pipeline = (...words) => [join(root, 'bin/pipeline.js'), ...words];

function run(...words) {
  const { status } = spawnSync(process.execPath, pipeline('run', file, ...words, ...options), {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The time of the work itself, whenever it was done: a result that two stages stand on is counted once. */
function secondsOfLastRun() {
  const history = JSON.parse(
    execFileSync(process.execPath, pipeline('history', '--json', '--pipeline', name), {
      cwd: root,
      maxBuffer: 2 ** 30,
    }),
  );
  const { stages } = history[0];
  const results = new Set(Object.values(stages).flatMap(({ result }) => result ?? []));
  return Array.from(results, (digest) => {
    const path = join(root, 'cache/results', digest.slice(0, 2), `${digest}.json`);
    return JSON.parse(readFileSync(path, 'utf8')).record.seconds;
  }).reduce((sum, seconds) => sum + seconds, 0);
}

run();
const minutes = Math.round(secondsOfLastRun() / 60);
run('text', '--set', `params.took=${minutes} minutes of work`);
rmSync(join(root, 'docs/study'), { recursive: true, force: true });
cpSync(join(root, 'artifacts', name, 'text/document'), join(root, 'docs'), { recursive: true });
