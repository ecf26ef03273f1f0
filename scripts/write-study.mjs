// Runs pipelines/study-docs.yaml and writes docs/study.md from its artifacts, with the time that
// its stages took:
//
//     node scripts/write-study.mjs --set params.fakes=path/to/folder \
//         --set params.synthetic=path/to/folder
//
// Results that exist are restored, so an interrupted run resumes. Another pipeline:
// STUDY=study.yaml. The pictures are reduced to a fifth of their bytes, since the repository
// carries them; `--pictures` alone does only that.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reducePictures } from './reduce-pictures.mjs';

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

/**
 * The seconds that the stages of the last run took whenever they ran; a result that two of them
 * share counts once.
 */
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

if (!options.includes('--pictures')) {
  run();
  const minutes = Math.round(secondsOfLastRun() / 60);
  run('text', '--set', `params.took=${minutes} minutes of stages, two at a time`);
  rmSync(join(root, 'docs/study'), { recursive: true, force: true });
  cpSync(join(root, 'artifacts', name, 'text/document'), join(root, 'docs'), { recursive: true });
}
await reducePictures(join(root, 'docs'));
