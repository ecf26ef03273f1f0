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
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

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

/**
 * Writes the figures again with a palette, and those wider than 1,300 pixels at half their size:
 * charts are drawn at twice the size at which they are shown. `sources.json`, which the study's
 * test compares with, gets the digests of the new bytes.
 */
async function reducePictures(docs) {
  const path = join(docs, 'study/sources.json');
  let sources = readFileSync(path, 'utf8');
  for (const [file, digest] of Object.entries(JSON.parse(sources).figures)) {
    const original = readFileSync(join(docs, file));
    const { width } = await sharp(original).metadata();
    const picture = await sharp(original)
      .flatten({ background: 'white' })
      .resize(width > 1300 ? { width: Math.round(width / 2) } : undefined)
      .png({ palette: true, quality: 80, dither: 0, effort: 10 })
      .toBuffer();
    writeFileSync(join(docs, file), picture);
    sources = sources.replaceAll(digest, createHash('sha256').update(picture).digest('hex'));
  }
  writeFileSync(path, sources);
}

if (!options.includes('--pictures')) {
  run();
  const minutes = Math.round(secondsOfLastRun() / 60);
  run('text', '--set', `params.took=${minutes} minutes of stages, two at a time`);
  rmSync(join(root, 'docs/study'), { recursive: true, force: true });
  cpSync(join(root, 'artifacts', name, 'text/document'), join(root, 'docs'), { recursive: true });
}
await reducePictures(join(root, 'docs'));
