// Writes docs/study.md of the scores of a project in which study-photographs.yaml or
// study-pretrained.yaml has run, and what goes with it:
//
//     node scripts/write-study-page.mjs path/to/project
//
// - docs/study.md with its figures, of the parts that are complete: the text leaves out the others.
// - docs/study/study.restage, collapse.restage and collapse-later.restage: scores, histories and
//   tables of these parts, and no images.
// - docs/study/again.sh: makes every table and the text again of these, in a new folder.
// - docs/study/study-files.csv: every image with its set, split, class and SHA-256.
//
// Nothing is trained. The parts are those of study-page.yaml, or of study-page-pretrained.yaml
// where the second has run.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { copyStudy } from './copy-study.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const project = resolve(process.argv[2] ?? '.');
const docs = resolve(process.argv[3] ?? join(root, 'docs'));
const study = existsSync(join(project, 'artifacts/study-pretrained/report.html'))
  ? 'study-pretrained'
  : 'study-photographs';
const page = study === 'study-pretrained' ? 'study-page-pretrained' : 'study-page';

const restageIn = (folder, ...words) =>
  execFileSync(process.execPath, [join(root, 'bin/restage.js'), ...words], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 30,
  });
const restage = (...words) => restageIn(project, ...words);

/** The page's pipeline with everything that it extends. */
const readPipeline = (name) => {
  const file = parse(readFileSync(join(root, 'pipelines', `${name}.yaml`), 'utf8'));
  const base = file.extends === undefined ? {} : readPipeline(file.extends.replace(/\.yaml$/, ''));
  return { ...base, ...file, params: { ...base.params, ...file.params } };
};

const results = `artifacts/${study}`;
const isThere = (path) => existsSync(join(project, path));
const hasScores = ({ scores }) => isThere(`${results}/${scores}`);
const { params } = readPipeline(page);
/** Those with which SimpleNet was trained on both sets. */
const seeds = params.seeds.filter((seed) =>
  ['fakes', 'synthetic'].every((set) =>
    isThere(`${results}/simple-net-${set}/scores@seed=${seed}/scores.csv`),
  ),
);
const ofSeeds = (path) => seeds.every((seed) => isThere(`${results}/${path(seed)}`));

/** The lists of the page, without the parts that have not run. */
const lists = {
  ...Object.fromEntries(
    ['fakes', 'synthetic', 'fromFakes', 'fromSynthetic'].map((name) => [
      name,
      params[name].filter(hasScores),
    ]),
  ),
  ...Object.fromEntries(
    ['trainedFakes', 'trainedSynthetic'].map((name) => [
      name,
      params[name].filter(({ from }) =>
        ofSeeds((seed) => `${from}/scores@seed=${seed}/scores.csv`),
      ),
    ]),
  ),
  corruptions: params.corruptions.filter((corruption) =>
    ['fakes', 'synthetic'].every((set) =>
      isThere(`${results}/hand-made-${set}/corrupted-scores@corruption=${corruption}/scores.csv`),
    ),
  ),
  ...Object.fromEntries(
    [
      ['curveFakes', 'fakes'],
      ['curve', 'synthetic'],
    ].map(([name, set]) => [
      name,
      params[name].filter((images) =>
        ofSeeds((seed) => `learning-curve-${set}/scores@images=${images},seed=${seed}/scores.csv`),
      ),
    ]),
  ),
};

/** Stages and inputs of the text that need a list, or a file of another run. */
const parts = [
  {
    isComplete: lists.fromFakes.length > 0 && lists.fromSynthetic.length > 0,
    stages: ['from-fakes', 'from-synthetic', 'across'],
  },
  { isComplete: lists.corruptions.length > 0, stages: ['corrupted-fakes', 'corrupted-synthetic'] },
  { isComplete: lists.curveFakes.length > 0, stages: ['curve-fakes', 'learning-fakes'] },
  { isComplete: lists.curve.length > 0, stages: ['curve-synthetic', 'learning-synthetic'] },
  {
    isComplete: isThere(`${results}/seen/facts/maps.json`),
    inputs: ['maps', 'gradient', 'gradient-means'],
  },
  {
    isComplete: isThere(`${results}/competition/metrics.json`),
    inputs: ['competition', 'leaderboard', 'leaderboard-chart'],
  },
  {
    isComplete: isThere(`${params.collapse}/report-size/activity/metrics.json`),
    inputs: ['collapse'],
  },
  {
    isComplete: isThere(`${params.collapse}/conclusion/document`),
    inputs: ['collapse-text'],
  },
].filter(({ isComplete }) => !isComplete);
/** Parts of the study of stuck trainings that a later run of it has, by the text's input. */
const later = 'artifacts/collapse-later';
const laterStages = {
  'later-torch': 'torch-activity',
  'later-longer': 'longer/activity',
  'later-he-normal': 'he-normal/activity',
  'later-warm-up': 'warm-up/activity',
};
const hasLater = Object.values(laterStages).every((stage) =>
  isThere(`${later}/${stage}/metrics.json`),
);
const laterInputs = Object.fromEntries(
  Object.entries(laterStages).map(([input, stage]) => [input, `${later}/${stage}/metrics.json`]),
);
const absent = (names) => Object.fromEntries(names.map((name) => [name, null]));
const lostStages = parts.flatMap(({ stages = [] }) => stages);
const lostInputs = [...lostStages, ...parts.flatMap(({ inputs = [] }) => inputs)];
const textInputs = readPipeline('study-page').stages.text.inputs;

const pipeline = stringify({
  extends: `npm:restage/${page}.yaml`,
  params: {
    results,
    seeds,
    tables: 'artifacts/study-docs-page',
    took: process.env.TOOK ?? params.took,
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  },
  stages: {
    ...absent(lostStages),
    text: {
      inputs: {
        ...absent(lostInputs.filter((name) => Object.hasOwn(textInputs, name))),
        ...(hasLater ? laterInputs : {}),
      },
    },
  },
});
writeFileSync(join(project, 'pipelines/study-docs-page.yaml'), pipeline);
restage('run', 'study-docs-page.yaml', '--reporter', 'plain');

const folder = join(docs, 'study');
await copyStudy(join(project, 'artifacts/study-docs-page/text/document'), docs);

/** The stages that the page reads: their outputs hold no images. */
const stagesOf = (list) => list.map(({ scores }) => scores.replace(/\/scores(\.csv)?$/, ''));
const shared = [
  ...new Set([
    'facts',
    'settings',
    ...(study === 'study-pretrained' ? ['settings-pretrained'] : []),
    ...(isThere(`${results}/seen/facts`) ? ['seen'] : []),
    ...(isThere(`${results}/competition/metrics.json`) ? ['competition'] : []),
    ...['fakes', 'synthetic', 'fromFakes', 'fromSynthetic'].flatMap((name) =>
      stagesOf(lists[name]),
    ),
    ...[...lists.trainedFakes, ...lists.trainedSynthetic].map(({ from }) => `${from}/scores`),
    ...['fakes', 'synthetic'].flatMap((set) => [
      `simple-net-${set}/trends`,
      `simple-net-${set}/curves`,
      ...(lists.corruptions.length > 0 ? [`hand-made-${set}/corrupted-scores`] : []),
      ...(lists.curve.length > 0 ? [`learning-curve-${set}/scores`] : []),
    ]),
  ]),
];
mkdirSync(folder, { recursive: true });

const again = join(folder, 'again.sh');
const importsBefore = existsSync(again) ? readFileSync(again, 'utf8').split('\n') : [];

/**
 * Exports stages of a pipeline whose results lie below a folder, in this project or in one that is
 * linked; gives the words that import them. Results that were imported from the archive that is
 * published stay in it.
 */
function exportLinked(results, archive, pipeline, ...stages) {
  const linked = dirname(dirname(realpathSync(join(project, results))));
  const before = importsBefore.find((line) => line.includes(`/${archive}"`));
  if (!existsSync(join(linked, 'pipelines', pipeline)) && before !== undefined)
    return `${before}\n`;
  rmSync(join(folder, archive), { force: true });
  const exported = restageIn(linked, 'export', join(folder, archive), pipeline, ...stages);
  process.stdout.write(exported);
  const [, key] = /signed by (\S+)\.$/m.exec(exported);
  return `$restage import "$here/${archive}" --trust '${key}'\n`;
}

// The second and third are what experiments/collapse-study.yaml found.
const imports = [
  exportLinked(results, 'study.restage', `${study}.yaml`, ...shared),
  ...(isThere(`${params.collapse}/conclusion/document`)
    ? [
        exportLinked(
          params.collapse,
          'collapse.restage',
          'collapse-study.yaml',
          'report-size/activity',
          'conclusion',
        ),
      ]
    : []),
  ...(hasLater
    ? [
        exportLinked(
          later,
          'collapse-later.restage',
          'collapse-later.yaml',
          ...Object.values(laterStages),
        ),
      ]
    : []),
];
writeFileSync(join(folder, 'study-docs-page.yaml'), pipeline);
writeFileSync(
  again,
  `#!/bin/sh
# Makes every table of the study, and its text, of the scores in study.restage, in a new folder:
#     sh docs/study/again.sh path/to/new/folder
set -e
here=$(cd "$(dirname "$0")" && pwd)
restage="node $here/../../bin/restage.js"
mkdir -p "$1/pipelines"
cp "$here/study-docs-page.yaml" "$1/pipelines"
cd "$1"
${imports.join('')}$restage run study-docs-page.yaml --reporter plain
echo "The text is $1/artifacts/study-docs-page/text/document/study.md, and tables are beside it."
`,
);

/** Every image of a data set, with the SHA-256 of its file. */
function imagesOf(set) {
  const dataset = join(project, results, set, 'dataset');
  return ['train', 'val', 'test'].flatMap((split) => {
    const samples = JSON.parse(readFileSync(join(dataset, split, 'samples.json'), 'utf8'));
    const shards = new Map();
    return samples.map(({ shard, offset, size, path, class: label }) => {
      if (!shards.has(shard)) shards.set(shard, readFileSync(join(dataset, split, shard)));
      const bytes = shards.get(shard).subarray(offset, offset + size);
      return [set, split, label, path, createHash('sha256').update(bytes).digest('hex')].join(',');
    });
  });
}

const files = ['fakes', 'synthetic'].flatMap(imagesOf);
writeFileSync(
  join(folder, 'study-files.csv'),
  `${['set,split,class,path,sha256', ...files].join('\n')}\n`,
);
