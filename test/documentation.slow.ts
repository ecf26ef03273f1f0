import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { shippedStages } from '../scripts/report-page.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { ownWarnings } from './support/own-warnings.ts';
import { blocks, inRepository, read } from './support/pages.ts';

/** What examples read of a package, as far as a plan looks at it. */
const faceApiFiles = Object.fromEntries(
  ['age_gender_model', 'face_recognition_model'].flatMap((name) =>
    ['-weights_manifest.json', '.bin'].map((end) => [
      `node_modules/@vladmandic/face-api/model/${name}${end}`,
      '',
    ]),
  ),
);

/** The pages on the pipeline file and on sweeps, whose examples run. */
const pagesOfExamples = [
  'yaml',
  'stages',
  'inputs',
  'matrix',
  'commands-in-stages',
  'sweeps',
  'searches',
  'choosing',
].map((name) => `docs/${name}.md`);

test('the examples of the page run, and give no warning; one that trains is planned', async () => {
  const say =
    'params: { word: hi }\nstages: { say: { kind: command, outputs: { text: artifacts/say.txt }, with: { run: "echo ${params.word} > ${outputs.text}" } } }\n';
  using project = new Project('stages: {}\n', {
    'pipelines/base.yaml': 'description: below\n',
    'pipelines/other.yaml': say,
    'tools/score.sh': 'sed s/^/k/\n',
    'list.sh': 'ls "$@"\n',
    'data/one/a.png': 'a',
    'data/b.png': 'b',
    'data/clips/a.txt': 'a',
    'data/clips/b.txt': 'b',
    'node_modules/dejavu-fonts-ttf/ttf/Sans.ttf': 'f',
  });
  for (const yaml of pagesOfExamples.flatMap((page) => blocks(page, 'yaml'))) {
    project.write('pipelines/test.yaml', yaml);
    const trains = yaml.includes('kind: train');
    const planned = trains
      ? { ...(await project.command('plan', 'test.yaml')), warnings: [] }
      : undefined;
    const { code, warnings, stderr, stdout } = planned ?? (await project.run());
    const own = ownWarnings(warnings);
    assert.deepEqual({ code, own, stderr }, { code: 0, own: [], stderr: '' }, stdout);
  }
  assert.equal(project.read('artifacts/both.txt'), 'hello\nhi\nhello\n');
});

test('the examples of the pages on classes, training, networks, weights, videos, evaluation and explanation are pipelines without a mistake', async () => {
  const images = [
    'faceforensics/original',
    'faceforensics/Deepfakes',
    'faceforensics/FaceSwap',
    'faceforensics/NeuralTextures',
  ];
  const files = {
    ...faceApiFiles,
    ...Object.fromEntries(
      [...images, 'animals/cat', 'animals/dog'].map((folder) => [`data/${folder}/1.png`, '']),
    ),
    'downloads/cifar100/train.parquet': '',
    'results.template.md': '',
    'data/ffpp/real/000.mp4': '',
    'data/videos/real/1.mp4': '',
    'data/videos/fake/2.mp4': '',
    'data/portraits/real/1.png': '',
    'data/portraits/fake/1.png': '',
    'models/detector.onnx': '',
    'models/yunet.onnx': '',
    'models/backbone.onnx': '',
    'models/published/model.json': '',
    'models/published/group1-shard1of1.bin': '',
  };
  using project = new Project('stages: {}\n', files);
  const pages = [
    'classes',
    'training',
    'preprocessing',
    'features',
    'hand-made-features',
    'resuming',
    'backends',
    'networks',
    'weights',
    'models',
    'export',
    'videos',
    'faces',
    'people',
    'video-scores',
    'evaluation',
    'other-scores',
    'intervals',
    'ranking',
    'robustness',
    'audit',
    'charts',
    'write-up',
    'reports',
    'explanation',
    'saliency',
    'gradcam',
    'faithfulness',
  ].map((name) => `docs/${name}.md`);
  for (const yaml of pages.flatMap((page) => blocks(page, 'yaml'))) {
    project.write('pipelines/test.yaml', yaml);
    assert.deepEqual(await planned(project, 'test.yaml'), []);
  }
});

/** What a plan says of a pipeline, except that the stand-ins of networks hold nothing. */
async function planned(project: Project, file: string): Promise<readonly string[]> {
  const { code, stderr } = await project.command('plan', file);
  const mistakes = stderr.split('\n').filter((line) => /^\S+: (error|warning): /.test(line));
  assert.equal(code, mistakes.length > 0 ? 1 : 0, stderr);
  assert.equal(stderr === '', mistakes.length === 0, stderr);
  return mistakes.filter((line) => !line.endsWith('[unusable-file]'));
}

const shipped = readdirSync(inRepository('pipelines'), {
  recursive: true,
  encoding: 'utf8',
}).filter((name) => /\.yaml$/.test(name));

/** The files of the packages that study-pretrained.yaml names, as far as a plan looks at them. */
const optionalPackages = Object.fromEntries(
  [
    '@vladmandic/human/models/faceres.json',
    '@vladmandic/human/models/faceres.bin',
    'nsfwjs/dist/models/inception_v3/model.min.js',
    ...[1, 2, 3, 4, 5, 6].map(
      (shard) => `nsfwjs/dist/models/inception_v3/group1-shard${shard}of6.min.js`,
    ),
  ].map((file) => [`node_modules/${file}`, '']),
);

/** A project with the pipelines that come with Restage, as far as a plan looks at them. */
function shippedProject(): Project {
  const project = new Project('stages: {}\n', { ...faceApiFiles, ...optionalPackages });
  for (const file of shipped) project.write(`pipelines/${file}`, read(`pipelines/${file}`));
  for (const page of readdirSync(inRepository('pipelines/texts')))
    project.write(`pipelines/texts/${page}`, '');
  return project;
}

/**
 * The folders of photographs that the pages describe: with splits, and with one folder for each
 * class.
 */
const photographs = [
  ...['train', 'val', 'test'].flatMap((split) => [
    `photos/${split}/real/1.png`,
    `photos/${split}/fake/1.png`,
  ]),
  ...['original', 'FaceSwap', 'Deepfakes'].map((name) => `path/to/folder/${name}/1.png`),
];

test('the pipelines that come with Restage give no warning', async () => {
  using project = shippedProject();
  for (const path of ['scores.csv', 'mean.py', ...photographs]) project.write(path, '');
  const examples = ['README.md', 'docs/experiments.md'].flatMap((page) => blocks(page, 'yaml'));
  const files = examples.map((_, i) => `example${i}.yaml`);
  for (const [i, text] of examples.entries()) project.write(`pipelines/${files[i]}`, text);
  // A page of the study reads the results of another pipeline: see below.
  const whole = shipped.filter((file) => !/^(base\/|study-page)/.test(file));
  const pipelines = [...whole, ...files];
  assert.ok(pipelines.length > 10);
  for (const file of pipelines) {
    assert.deepEqual({ file, said: await planned(project, file) }, { file, said: [] });
  }
  await project.command('init', '.');
  assert.equal((await project.command('plan', 'first.yaml')).stderr, '');
});

test('the pages of the study read what the study publishes, and give no warning', async () => {
  using project = shippedProject();
  const studies = {
    'study-page': 'study-photographs',
    'study-page-pretrained': 'study-pretrained',
  };
  const publishedBy = async (name: string) =>
    (await shippedStages(project.root, name)).flatMap(({ outputs }) =>
      outputs.map(({ path }) => path),
    );
  // A project has its own file of it in `pipelines/`: results lie below `artifacts/collapse-study`.
  const collapse = (await publishedBy('experiments/collapse-study')).map((path) =>
    path.replace('artifacts/experiments/', 'artifacts/'),
  );
  for (const [page, study] of Object.entries(studies)) {
    const published = [...(await publishedBy(study)), ...collapse];
    const mistakes = await publishedBy(page).then(
      () => '',
      ({ message }: Error) => message,
    );
    const absent = Array.from(
      mistakes.matchAll(/no file or folder "(artifacts\/[^"]+)"/g),
      ([, path]) => path!,
    );
    assert.ok(absent.length > 50, mistakes);
    const unpublished = absent.filter(
      (path) => !published.some((output) => path === output || path.startsWith(`${output}/`)),
    );
    assert.deepEqual(unpublished, []);
    for (const path of absent) project.write(path, path);
    assert.deepEqual({ page, said: await planned(project, `${page}.yaml`) }, { page, said: [] });
  }
});

test('the pipelines, stages and parameters that the examples of --help name are there', async () => {
  using project = shippedProject();
  await project.command('init', '.');
  const examples = Array.from(
    read('src/cli/declare-commands.ts').matchAll(
      /'restage (?:run|plan|explain|graph|logs|model) (\S+\.yaml.*?)'/g,
    ),
    ([, words]) => words!.replace(/ --(svg|steps) \S+/, '').split(' '),
  );
  assert.ok(examples.length > 7);
  for (const words of examples) {
    const { code, stderr } = await project.command('plan', ...words);
    assert.deepEqual({ words, code, stderr }, { words, code: 0, stderr: '' });
  }
});

test('the places and the store of the pages are files without a mistake', async () => {
  using project = new Project('stages: {}\n');
  const places = ['docs/cluster.md', 'docs/places.md', 'docs/schedulers.md', 'docs/hosts.md']
    .flatMap((page) => blocks(page, 'yaml'))
    .filter((yaml) => yaml.includes('engine:'));
  assert.ok(places.length >= 5);
  for (const yaml of places) {
    project.write('places.yaml', yaml);
    const place = yaml.split(':')[0]!;
    project.write(
      'pipelines/test.yaml',
      `stages: { say: { kind: command, place: ${place}, with: { run: echo } } }\n`,
    );
    const { code, stderr } = await project.command('plan', 'test.yaml');
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  }
  project.env['XDG_CONFIG_HOME'] = project.path('config'); // no key of whoever runs this
  project.write('store.yaml', blocks('docs/store.md', 'yaml')[0]!);
  const { code, stdout, stderr } = await project.command('store', 'keys');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.match(stdout, /^name +key\nalice@laptop +\w+\n$/);
});
