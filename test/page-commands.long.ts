// Every command of every page is typed into a shell, and prints what the page shows of it, but for
// `notTyped`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { stringify } from 'yaml';
import { whyNoTracing } from '../src/engine/execution/trace-reads.ts';
import {
  dictionary,
  integer,
  ordered,
  tensor,
  torchZip,
} from '../src/learning/models/weights/testing-pickles.ts';
import { withoutFfmpeg } from './support/ffmpeg.ts';
import {
  blocks,
  inRepository,
  notTyped,
  type PageStep,
  pages,
  read,
  stepsOf,
} from './support/pages.ts';
import { noPyTorch } from './support/pytorch.ts';
import { type Ended, Project } from './support/rig.ts';
import { noS3, S3Server } from './support/s3.ts';
import { noSlurm, Slurm } from './support/slurm.ts';
import { smallOnnx } from './support/small-onnx.ts';
import { noSshHosts, SshHosts } from './support/ssh-hosts.ts';
import { shout, files as shoutFiles } from './support/two-stages.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

/** What a page leaves to its reader. */
interface Reader {
  /**
   * Done before a command, if it does not stand as it is on the page: what its sentences ask for,
   * or assume.
   */
  readonly before?: Readonly<Record<string, (project: Project) => unknown>>;
  /** What the reader types instead of a word in `<…>`, or of a whole command. */
  readonly words?: Record<string, string>;
  /** Runs that would take too long: they are planned. */
  readonly planned?: RegExp;
  /** Folders of the reader's own in place of those of the page, such as `/mnt/cluster`. */
  readonly folders?: Readonly<Record<string, string>>;
}

/**
 * What a page shows of an output: what stands for `…` may be anything, and so may decimals, which
 * differ by machine.
 */
function printedAs(lines: readonly string[]): RegExp {
  const text = lines.join('\n').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const open = text.replace(/\d+\\\.\d+/g, '\\d+\\.\\d+').replace(/ +/g, ' +');
  return new RegExp(`^${open.replaceAll('…', '[^]*')}\n$`);
}

/** A sentence may name a command or an option without what it takes. */
const isName = /^restage [\w-]+( check| --[\w-]+)?$/;
const lacksArgument = /missing required argument|argument missing/;

/** A step of a page with folders of the reader's own. */
function inFolders(step: PageStep, folders: Readonly<Record<string, string>>): PageStep {
  const here = (text: string) =>
    Object.entries(folders).reduce((moved, [there, own]) => moved.replaceAll(there, own), text);
  return 'file' in step
    ? { ...step, text: here(step.text) }
    : { command: here(step.command), output: step.output.map(here) };
}

/** Goes through pages as their reader does. */
async function follow(
  pages: readonly string[],
  project: Project,
  { before = {}, words = {}, planned, folders = {} }: Reader = {},
) {
  const steps = pages.flatMap(stepsOf).map((step) => inFolders(step, folders));
  const commands = steps.map((step) => ('file' in step ? '' : step.command));
  assert.deepEqual(
    Object.keys(before).filter((command) => !commands.includes(command)),
    [],
    pages.join(),
  );
  for (const step of steps) {
    if ('file' in step) project.write(step.file, step.text);
    else if (!notTyped.some(([form]) => form.test(step.command))) {
      await before[step.command]?.(project);
      const command = planned?.test(step.command)
        ? step.command.replace(' run ', ' plan ')
        : step.command;
      const line = words[command] ?? command.replace(/<[a-z]+>/g, (word) => words[word] ?? word);
      const { code, stdout, stderr } = await (/ (--)?serve\b|restage docs/.test(line)
        ? served(project, line)
        : project.type(line).ended);
      const context = `${pages.join()}: ${line}\n${stdout}${stderr}`;
      if (step.output.length > 0) assert.match(stdout + stderr, printedAs(step.output), context);
      else if (!isName.test(line) || !lacksArgument.test(stderr)) assert.equal(code, 0, context);
    }
  }
}

/** Ends a server as soon as it prints its address. */
async function served(project: Project, line: string): Promise<Ended> {
  // `npx` would keep the signal to itself.
  const running = project.type(`exec ${line.replace(/^npx /, '')}`);
  running.child.stderr!.on('data', (text: string) => {
    if (text.includes('Ctrl-C')) running.child.kill('SIGINT');
  });
  return await running.ended;
}

/**
 * The project of README.md's reader, with the pipelines of a clone. All others use its packages.
 */
let reader: Project;
/** A project whose reader is through with README.md: copied for pages that go on from there. */
let experienced: Project | undefined;
let s3: S3Server | undefined;
before(async () => {
  reader = empty();
  // Links to the packages of this checkout, so that npm fetches nothing.
  const packages = Object.keys(JSON.parse(read('package.json')).dependencies);
  const links = packages.map((name) => [name, `file:${inRepository(`node_modules/${name}`)}`]);
  const dependencies = Object.fromEntries(links);
  dependencies['onnxruntime-node'] = `file:${copyRuntime(reader.path('copies/node_modules'))}`;
  reader.write('package.json', JSON.stringify({ dependencies }));
  reader.write('path/to/README', '');
  for (const name of ['offline', 'ignore_scripts', 'legacy_peer_deps'])
    reader.env[`npm_config_${name}`] = 'true';
  reader.env['npm_config_cache'] = reader.path('npm-cache');
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', reader.path('path/to')], {
    cwd: inRepository('.'),
    stdio: 'ignore',
  });
  await equip(reader);
  s3 = noS3 === undefined ? await S3Server.start() : undefined;
});
after(async () => {
  reader?.[Symbol.dispose]();
  experienced?.[Symbol.dispose]();
  await s3?.[Symbol.asyncDispose]();
});

/**
 * Copies onnxruntime-node beside what it needs, since `doctor --slim` changes the package; gives
 * its folder.
 */
function copyRuntime(into: string): string {
  const copy = join(into, 'onnxruntime-node');
  cpSync(inRepository('node_modules/onnxruntime-node'), copy, { recursive: true });
  // Without what npm would fetch for it.
  const { name, version, main } = JSON.parse(read('node_modules/onnxruntime-node/package.json'));
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ name, version, main }));
  const needed = 'onnxruntime-common';
  symlinkSync(inRepository(`node_modules/${needed}`), join(into, needed));
  return copy;
}

/** A project without a pipeline. */
function empty(files: Readonly<Record<string, string>> = {}): Project {
  const project = new Project('', files);
  project.remove('pipelines/test.yaml');
  project.env['XDG_CONFIG_HOME'] = project.path('config'); // no key of whoever runs this
  project.env['PATH'] = `${project.path('node_modules/.bin')}:${process.env['PATH']}`;
  return project;
}

/** Installs the package as README.md says, for a story that is told without that page. */
function install(): void {
  if (existsSync(reader.path('node_modules/.bin/restage'))) return;
  const [packed] = reader.files('path/to').filter((name) => name.endsWith('.tgz'));
  execFileSync('npm', ['install', `path/to/${packed}`], {
    cwd: reader.root,
    env: { ...process.env, ...reader.env },
    stdio: 'ignore',
  });
}

/** A project of someone who has already installed the package. */
function installed(files: Readonly<Record<string, string>> = {}): Project {
  install();
  const project = empty(files);
  symlinkSync(reader.path('node_modules'), project.path('node_modules'));
  return project;
}

/** Gives a project the pipelines of a clone, and photographs. */
async function equip(project: Project): Promise<void> {
  cpSync(inRepository('pipelines'), project.path('pipelines'), { recursive: true });
  for (const folder of ['path/to/folder', 'photos']) await writePhotos(project, folder);
}

/**
 * A project of its own of someone who is through with README.md: its first experiment has run, in a
 * clone's pipelines, with photographs.
 */
async function goingOn(): Promise<Project> {
  if (experienced === undefined) {
    experienced = installed();
    await equip(experienced);
    for (const step of stepsOf('README.md'))
      if ('file' in step) experienced.write(step.file, step.text);
    const { code, stderr } = await experienced.command('run', 'mine.yaml');
    assert.equal(code, 0, stderr);
  }
  const project = empty();
  cpSync(experienced.root, project.root, { recursive: true, verbatimSymlinks: true });
  return project;
}

/** Some pictures of noise, in splits and classes, and two more beside them. */
async function writePhotos(project: Project, folder: string): Promise<void> {
  const names = Array.from(
    { length: 72 },
    (_, i) => `${['train', 'val', 'test'][i % 3]}/${['real', 'fake'][i % 2]}/${i}.png`,
  );
  for (const [i, name] of names.entries()) {
    const noise = { type: 'gaussian' as const, mean: 100 + (i % 20), sigma: 40 };
    const image = sharp({
      create: { width: 72, height: 72, channels: 3, background: 'black', noise },
    });
    project.write(`${folder}/${name}`, '');
    await image.png().toFile(project.path(folder, name));
  }
  for (const name of ['me.jpg', 'you.jpg'])
    cpSync(project.path(folder, names[0]!), project.path(name));
}

/** A checkpoint of PyTorch: a state dict, and what else a training saves. */
function writeCheckpoint(project: Project): void {
  const sizes = { '0': 432, '1': 16, '2': 32, '3': 8, '4': 8 };
  const view = (key: keyof typeof sizes, shape: readonly number[], storage = 'FloatStorage') => {
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    const length = shape.reduce((a, b) => a * b, 1);
    return tensor({ key, storage, length, shape, strides });
  };
  const state = ordered({
    'conv1.weight': view('0', [4, 3, 3, 3]),
    'conv1.bias': view('1', [4]),
    'fc.weight': view('2', [2, 4]),
    'fc.bias': view('3', [2]),
    'bn1.num_batches_tracked': view('4', [], 'LongStorage'),
  });
  const storages = Object.entries(sizes).map(([key, size]) => [key, Buffer.alloc(size)] as const);
  const content = dictionary({ epoch: integer(9), state_dict: state });
  writeFileSync(project.path('net.pth'), torchZip(content, Object.fromEntries(storages)));
}

const command =
  (...words: readonly string[]) =>
  async (project: Project) =>
    await project.command(...words);
const edit = (file: string, from: string, to: string) => (project: Project) =>
  project.edit(file, from, to);

/** What pages leave to a reader who is through with README.md. */
const shared: Readonly<Record<string, Reader>> = {
  'CHANGELOG.md': {
    before: { 'restage model net.pth': writeCheckpoint },
    // Other pages type these, in projects that have what they need.
    words: {
      'restage compare --over seed': 'restage compare --help',
      'restage report --images <filter>': 'restage report --help',
      'restage export study-crate study.yaml --rocrate': 'restage export --help',
      'restage export faces.json study.yaml faces --croissant': 'restage export --help',
      'restage export model-card.md study.yaml my-net/fit --model-card': 'restage export --help',
      'restage export model.html study.yaml my-net/fit --page': 'restage export --help',
      'restage compare main...': 'restage compare --help',
      'restage store add': 'restage store add --help',
    },
  },
  'bench/runner/README.md': {
    before: { 'restage store push': command('store', 'init', './shared') },
  },
  'docs/commands.md': { words: { '<command>': 'run' } },
  'docs/experiments.md': {
    before: {
      'npx restage run study.yaml wide': edit(
        'pipelines/study.yaml',
        '\ninclude:\n',
        '\ninclude:\n  wide: { file: experiments/wide.yaml, params: { dataset: fakes.dataset } }\n',
      ),
    },
    // Weights from the network; an hour; as `study.long.ts` does.
    planned: /=imagenet|study-full|study-photographs|run study\.yaml$/,
  },
  'docs/explanation.md': {
    before: {
      'restage explain-image experiments/simple-net-fakes.yaml me.jpg you.jpg': command(
        ...'run experiments/simple-net-fakes.yaml --set params.images=path/to/folder --set params.epochs=1'.split(
          ' ',
        ),
      ),
      'restage explain-image sweep.yaml:best me.jpg --out best.png': async (project) => {
        const best =
          '{ kind: load-model, inputs: { weights: fit.model }, with: { model: simple-net, imageSize: 72 } }';
        project.write('pipelines/sweep.yaml', `extends: mine.yaml\nstages: { best: ${best} }\n`);
        await project.command('run', 'sweep.yaml', 'best');
      },
    },
  },
  // Minutes; its page is written of such a run.
  'docs/gallery.md': { planned: /run gallery/ },
  'docs/networks.md': {
    before: {
      'restage plan own.yaml': edit('pipelines/own.yaml', 'kernel: 5', 'kernel: 100'),
      'restage model own.yaml fit': edit('pipelines/own.yaml', 'kernel: 100', 'kernel: 5'),
      'restage model artifacts/own/fit/model': (project) =>
        writeUntrainedModel(project.path('artifacts/own/fit/model')),
    },
  },
  'docs/report.md': {
    before: {
      'npx restage plan as-reported.yaml --set params.fakes=path/to/deepfakes --set params.synthetic=path/to/synthetic-faces':
        async (project) => {
          for (const folder of ['path/to/deepfakes', 'path/to/synthetic-faces'])
            await writePhotos(project, folder);
        },
    },
    // Hours, and minutes; as `as-reported.slow.ts` does.
    planned: /run as-reported/,
  },
  'docs/serve.md': {
    before: {
      'restage run experiments/mine.yaml --watch --serve': (project) =>
        project.write('pipelines/experiments/mine.yaml', 'extends: ../mine.yaml\n'),
    },
  },
  'docs/features.md': { words: { '<network>': 'my-net' } },
  'docs/export.md': {
    before: {
      'restage predict artifacts/mine/fit/model photos/unsorted': (project) =>
        writePhotos(project, 'photos/unsorted'),
    },
    words: {
      'restage export model.html study.yaml my-net/fit --page --scores artifacts/study/my-net/scores/scores.csv --metrics artifacts/study/my-net/scores/metrics.json':
        'restage export measured.html mine.yaml fit --page --scores artifacts/mine/scores/scores.csv --metrics artifacts/mine/scores/metrics.json',
    },
  },
  // The page shows its search only in part; test/search.test.ts explains one.
  'docs/searches.md': {
    words: { 'restage explain study.yaml search[trial=4]': 'restage explain --help' },
  },
  'docs/share-pages.md': {
    before: {
      'restage report --runs last,last~1 --to shared': command(
        'run',
        'mine.yaml',
        '--set',
        'params.learningRate=0.0005',
      ),
    },
  },
  'docs/weights.md': { before: { 'restage model net.pth': writeCheckpoint } },
  'docs/yaml.md': { words: { '<kind>': 'train' } },
};

const alone = new Set<string>();
/** Pages that their reader goes through in a project of their own, one after the other. */
function story(
  pages: readonly string[],
  skip: string | undefined,
  tell: (pages: readonly string[]) => Promise<void>,
): void {
  for (const page of pages) alone.add(page);
  test(
    `the commands of ${pages.join(', ')} print what it shows`,
    { skip: skip ?? false },
    async () => await tell(pages),
  );
}

story(['README.md'], undefined, async (pages) => {
  const before = {
    'npx restage plan mine.yaml': edit('pipelines/mine.yaml', '0.0003', '0.0005'),
    'restage serve': edit('pipelines/mine.yaml', '0.0005', '0.0003'),
  };
  // Minutes; as `as-reported.slow.ts` does.
  await follow(pages, reader, { before, planned: /run as-reported/ });
});

story(['docs/tutorial.md'], undefined, async (pages) => {
  using project = installed();
  const words: Record<string, string> = {};
  await follow(pages, project, {
    words,
    before: {
      'restage import study.restage --trust <key>': async () => {
        const { stdout } = await project.command('export', 'again.restage', 'study.yaml');
        words['<key>'] = /signed by (\S+)\.$/m.exec(stdout)![1]!;
      },
    },
  });
});

story(
  ['docs/videos.md', 'docs/video-scores.md', 'docs/faces.md', 'docs/people.md'],
  withoutFfmpeg || undefined,
  async (pages) => {
    using project = installed();
    await follow(pages, project, {
      before: {
        'npx restage plan forgeries.yaml': (project) => {
          project.write('data/videos/real/1.mp4', 'a video');
          project.write('data/videos/fake/2.mp4', 'another one');
        },
      },
    });
    const metrics = JSON.parse(project.read('artifacts/drawn/video-scores/metrics.json'));
    const { auc, videos, intervals } = metrics.splits.test;
    assert.equal(videos, 12);
    assert.ok(intervals.auc[0] <= auc && auc <= intervals.auc[1], JSON.stringify(intervals));
  },
);

story(['docs/cache.md', 'docs/staleness.md', 'docs/local-store.md'], undefined, async (pages) => {
  using project = installed();
  const checked = 'restage run names.yaml --force --check-reads';
  const traced =
    whyNoTracing() === undefined ? {} : { [checked]: checked.replace(' --check-reads', '') };
  await follow(pages, project, {
    words: { '<file>': 'names.yaml', '<stage>': 'count', ...traced },
  });
  const { stdout } = await project.command('explain', 'names.yaml', 'count', '--json');
  assert.deepEqual(JSON.parse(stdout)[0].fingerprint, JSON.parse(blocks(pages[0]!, 'json')[0]!));
});

story(['docs/diagnostics.md'], undefined, async (pages) => {
  using project = installed({ 'data/faces/dataset.json': '{}' });
  const before =
    'stages:\n  net:\n    kind: train\n    inputs: { dataset: ./data/faces }\n    with:\n';
  project.write('pipelines/faces.yaml', `${before}      epoch: 5\n      model: simple-net\n`);
  await follow(pages, project, {
    words: { '<kind>': 'train', 'restage store init': 'restage store init ./shared' },
  });
});

story(
  [
    'docs/evaluation.md',
    'docs/other-scores.md',
    'docs/intervals.md',
    'docs/ranking.md',
    'docs/robustness.md',
    'docs/audit.md',
    'docs/charts.md',
    'docs/write-up.md',
    'docs/reports.md',
  ],
  undefined,
  async (pages) => {
    const scores =
      'key,split,label,real,fake\na,test,0,0,0.1\nb,test,0,0,0.6\nc,test,1,0,0.7\nd,test,1,0,0.9\n';
    using project = installed({ 'scores.csv': scores });
    project.write(
      'pipelines/experiments/audit.yaml',
      'extends: npm:restage/experiments/audit.yaml\n',
    );
    await writePhotos(project, 'path/to/folder');
    for (const [name, confidence] of Object.entries({ a: 0.9, b: 0.95 })) {
      const settings = `{ splits: [test], confidence: ${confidence} }`;
      const stage = `{ kind: evaluate, inputs: { scores: ./scores.csv }, with: ${settings} }`;
      project.write(`pipelines/experiments/${name}.yaml`, `stages: { scores: ${stage} }\n`);
      assert.equal((await project.command('run', `experiments/${name}.yaml`)).code, 0);
    }
    const [{ run }] = JSON.parse((await project.command('history', '--json')).stdout);
    const compare = 'restage compare experiments/a.yaml:scores 2025-01-31T09-12:scores --markdown';
    await follow(pages, project, {
      words: { [compare]: compare.replace('2025-01-31T09-12', run) },
    });
  },
);

story(['docs/cookbook.md'], undefined, async (pages) => {
  const scoresOf = (wrong: number) =>
    Array.from({ length: 40 }, (_, at) => {
      const label = at % 2;
      const logit = (at < wrong ? -1 : 1) * (2 * label - 1) * (1 + at / 40);
      return `${at}.png,test,${label},${-logit},${logit}\n`;
    });
  const probabilitiesOf = (wrong: number) =>
    Array.from({ length: 40 }, (_, at) => {
      const isFake = at % 2 === 1;
      const probability = 0.5 + (at < wrong === isFake ? -1 : 1) * (0.1 + at / 100);
      return `${at}.png,${isFake ? 'fake' : 'real'},${probability}\n`;
    });
  const header = 'key,split,label,real,fake\n';
  using project = installed({
    'mine.csv': header + scoresOf(3).join(''),
    'raw.csv': `path,label,prob_fake\n${probabilitiesOf(9).join('')}`,
  });
  await writePhotos(project, 'photos');
  for (const [name, other] of Object.entries({ cat: 'real', dog: 'fake' }))
    cpSync(project.path('photos/train', other), project.path('animals', name), { recursive: true });
  writeFileSync(project.path('net.onnx'), smallOnnx(224));
  for (const name of ['real/1.mp4', 'fake/2.mp4']) project.write(`clips/${name}`, 'a video');
  for (const who of ['AUTHOR', 'COMMITTER'])
    Object.assign(project.env, {
      [`GIT_${who}_NAME`]: 'Alice',
      [`GIT_${who}_EMAIL`]: 'alice@example.org',
    });
  const words: Record<string, string> = {};
  await follow(pages, project, {
    words,
    // Videos are typed in docs/videos.md.
    planned: /run clips\.yaml/,
    before: {
      'restage run loop.yaml': () =>
        cpSync(inRepository('stages/python/restage.py'), project.path('restage.py')),
      'restage compare main... --markdown': async () => {
        for (const line of ['init -q -b main', 'add pipelines mine.csv', 'commit -q -m Measure'])
          execFileSync('git', line.split(' '), {
            cwd: project.root,
            env: { ...process.env, ...project.env },
          });
        await project.command('run', 'two-models.yaml', '--force');
      },
      'restage import ours.restage --trust <key>': async () => {
        const { stdout } = await project.command('export', 'again.restage', 'two-models.yaml');
        words['<key>'] = /signed by (\S+)\.$/m.exec(stdout)![1]!;
      },
    },
  });
  assert.match(project.read('artifacts/two-models/both/tests.csv'), /^mine,theirs,40,/m);
  assert.match(project.read('artifacts/paper/numbers/latex.tex'), /\\toprule/);
});

story(['docs/pull-requests.md'], undefined, async (pages) => {
  using project = installed({ 'pipelines/study.yaml': shout, ...shoutFiles });
  const git = (line: string) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...line.split(' ')], {
      cwd: project.root,
    });
  for (const line of ['init -q -b main', 'add pipelines', 'commit -q -m Count', 'tag v0.2.0'])
    git(line);
  assert.equal((await project.command('run', 'study.yaml')).code, 0);
  await follow(pages, project, {
    words: {
      'restage compare study.yaml:my-net/scores main...:my-net/scores':
        'restage compare study.yaml:count main...:count',
    },
  });
});

/** Everybody in one project; test/course.slow.ts plays the same apart. */
story(['docs/course.md'], undefined, async (pages) => {
  using project = installed();
  const words: Record<string, string> = {};
  await follow(pages, project, {
    words,
    folders: { '/srv/course/store': project.path('course-store') },
    before: {
      'restage import ada.restage --trust <key>': async () => {
        const again = ['again.restage', 'hand-ins/ada.yaml', 'fit'];
        const { stdout } = await project.command('export', ...again);
        words['<key>'] = /signed by (\S+)\.$/m.exec(stdout)![1]!;
      },
      'restage run ranking.yaml': () => writePhotos(project, 'hidden'),
    },
  });
  assert.match(project.read('artifacts/ranking/leaderboard/leaderboard.csv'), /^1,ada,/m);
});

story(['docs/review.md'], undefined, async (pages) => {
  using project = installed();
  await follow(pages, project, {
    before: {
      'npx restage verify': () =>
        execFileSync('sh', [inRepository('docs/study/again.sh'), project.root], {
          stdio: 'ignore',
        }),
    },
  });
});

story(['docs/assistants.md'], undefined, async (pages) => {
  using project = installed();
  const words = Object.fromEntries(
    ['restage mcp', 'restage mcp --allow-run'].map((line) => [line, `${line} --help`]),
  );
  await follow(pages, project, { words });
});

story(['docs/sealed.md'], undefined, async (pages) => {
  using project = installed();
  await writePhotos(project, 'photos');
  await follow(pages, project, {
    words: { '<archive>': 'run.restage' },
    before: {
      'restage ledger --of <archive>': command('export', 'run.restage', 'sealed.yaml'),
    },
  });
});

story(['docs/report-a-detector.md'], undefined, async (pages) => {
  using project = installed();
  const drawn = '{ kind: make-faces, with: { images: { all: 200 }, size: 72, seed: 7 } }';
  project.write('pipelines/drawn.yaml', `stages: { drawn: ${drawn} }\n`);
  assert.equal((await project.command('run', 'drawn.yaml')).code, 0);
  for (const name of ['real', 'fake'])
    cpSync(project.path('artifacts/drawn/drawn/faces/all', name), project.path('photos', name), {
      recursive: true,
    });
  project.write('published.csv', blocks(pages[0]!, 'csv')[0]!);
  await follow(pages, project, { words: { '<archive>': 'detector.restage' } });
  // Nothing before the look that the page announces read a sealed image.
  const events = project.read('ledger.jsonl').trimEnd().split('\n');
  const stages = events.map((line) => JSON.parse(line)).map(({ event, stage }) => [event, stage]);
  assert.deepEqual(stages.slice(0, 5), [
    ['sealed', undefined],
    ['look', 'scores'],
    ['numbers', 'scores'],
    ['look', 'table'],
    ['numbers', 'table'],
  ]);
});

story(['docs/library.md'], undefined, async (pages) => {
  using project = installed();
  await follow(pages, project);
});

story(['docs/notebooks.md'], undefined, async (pages) => {
  using project = installed();
  await follow(pages, project);
});

story(['docs/own-kinds.md', 'docs/kind-specs.md'], undefined, async (pages) => {
  using project = installed({ 'notes.txt': 'one\n\nthree\n' });
  await follow(pages, project, { before: { 'restage logs': command('run', 'notes.yaml') } });
  assert.equal(project.read('artifacts/notes/lines/count.txt'), '3\n');
});

story(
  ['docs/python.md', 'docs/python-code.md', 'docs/python-environments.md'],
  noPyTorch,
  async (pages) => {
    using project = installed({
      'after/restage.py': read('stages/python/restage.py'),
      'after/net.py': blocks(pages[0]!, 'python')[1]!,
      'data/README': '',
    });
    const data =
      'import torch; torch.save((torch.randn(8, 3, 32, 32), torch.arange(8) % 2), "data/images.pt")';
    execFileSync('/usr/bin/python3', ['-c', data], { cwd: project.root });
    const alone = 'python3 after/train.py --data data/images.pt --lr 0.1';
    await follow(pages, project, {
      words: { 'restage run': 'restage run study.yaml', [alone]: `/usr/bin/${alone}` },
    });
  },
);

/** A project whose commands reach a bucket of the group; its address is `s3://lab-results`. */
async function sharing(files: Readonly<Record<string, string>>): Promise<Project> {
  const project = installed(files);
  Object.assign(project.env, s3!.env, { AWS_ENDPOINT_URL: s3!.endpoint });
  await fetch(`${s3!.endpoint}/lab-results`, { method: 'PUT' });
  return project;
}

story(['docs/store.md', 'docs/store-commands.md', 'docs/trust.md'], noS3, async (pages) => {
  using project = await sharing({ 'pipelines/study.yaml': shout, ...shoutFiles });
  for (const who of ['AUTHOR', 'COMMITTER'])
    Object.assign(project.env, {
      [`GIT_${who}_NAME`]: 'Alice',
      [`GIT_${who}_EMAIL`]: 'alice@example.org',
    });
  execFileSync('git', ['init', '-q'], { cwd: project.root });
  using cluster = empty();
  const named = ['restage store add', 'restage store keys add'];
  await follow(pages, project, {
    folders: { '/mnt/cluster': cluster.root },
    before: {
      // The page shows the file with the key that this makes.
      'restage store keys add ci': (project) =>
        project.write('store.yaml', 'url: .restage-store\n'),
      'restage store push': async (project) => {
        const named = project.read('store.yaml');
        project.remove('store.yaml');
        await project.command('store', 'init', '.restage-store');
        project.write('store.yaml', named);
      },
    },
    words: Object.fromEntries(named.map((line) => [line, `${line} --help`])),
  });
});

story(['docs/records.md'], undefined, async (pages) => {
  const drawn = { kind: 'make-faces', with: { size: 48, images: { train: 2, val: 2, test: 2 } } };
  const faces = { kind: 'load-dataset', inputs: { images: 'drawn.faces' } };
  const model = { layers: ['globalAveragePool', { dense: 2 }] };
  const fit = {
    kind: 'train',
    inputs: { dataset: 'faces.dataset' },
    with: { model, imageSize: 48, epochs: 1 },
  };
  const study = shout + stringify({ drawn, faces, fit }).replaceAll(/^/gm, '  ');
  using project = installed({ 'pipelines/study.yaml': study, ...shoutFiles });
  const whole = 'restage export study-crate study.yaml --rocrate --license CC-BY-4.0';
  const scores = 'restage export scores-crate study.yaml my-net/scores --rocrate';
  const card =
    'restage export model-card.md study.yaml my-net/fit --model-card --license CC-BY-4.0';
  await follow(pages, project, {
    before: {
      [whole]: command('run', 'study.yaml'),
      [scores]: (read) => read.write('package.json', '{ "license": "MIT" }'),
    },
    words: {
      [scores]: 'restage export scores-crate study.yaml shout --rocrate',
      [card]: card.replace('my-net/', ''),
    },
  });
});

story(['docs/dvc.md'], noS3, async (pages) => {
  using project = await sharing({
    'data/raw.csv': 'A,real,-1\nB,real,0.5\nC,fake,2\n\nD,fake,1\n',
  });
  await follow(pages, project, {
    before: { 'restage compare last last~1': command('run', '--set', 'params.rate=2') },
  });
});

story(
  ['docs/cluster.md', 'docs/cluster-faults.md', 'docs/schedulers.md'],
  noSlurm,
  async (pages) => {
    using project = installed({ 'pipelines/study.yaml': shout, ...shoutFiles });
    await using slurm = await Slurm.start(1);
    Object.assign(project.env, slurm.env, {
      PATH: `${project.path('node_modules/.bin')}:${slurm.env['PATH']}`,
    });
    const fits = {
      'partition: gpu': 'partition: main',
      'cpu: 16': 'cpu: 1',
      '4GiB, most: 64GiB': '200MiB, most: 800MiB',
    };
    const before = {
      'restage places check cluster': () => {
        for (const [from, to] of Object.entries(fits))
          project.write('places.yaml', project.read('places.yaml').replace(from, to));
      },
      'restage run study.yaml --on cluster --detach': () => project.write('in.txt', 'other\n'),
    };
    await follow(pages, project, { before });
  },
);

story(['docs/hosts.md'], noSshHosts, async (pages) => {
  using project = installed({ 'pipelines/study.yaml': shout, ...shoutFiles });
  await using hosts = await SshHosts.start('gpu1', 'gpu2');
  project.env['PATH'] = `${project.path('node_modules/.bin')}:${hosts.path}`;
  // The hosts have Restage where this checkout lies.
  const restage = `  restage: ${JSON.stringify([inRepository('bin/restage.js')])}\n`;
  const before = {
    'restage places check lab': () => project.edit('places.yaml', '  local:', `${restage}  local:`),
  };
  await follow(pages, project, { before });
});

/**
 * It quotes the promises of other pages, whose readers type these commands;
 * test/guarantees.test.ts compares the sentences.
 */
const quoting = 'docs/guarantees.md';

const others = pages.filter(
  (page) => page !== quoting && !alone.has(page) && stepsOf(page).length > 0,
);
for (const page of others)
  story([page], undefined, async (pages) => {
    const { words, ...more } = shared[page] ?? {};
    using project = await goingOn();
    await follow(pages, project, {
      ...more,
      words: {
        'restage run': 'restage run mine.yaml',
        // An assistant's program talks to it; test/assistant.slow.ts does.
        'restage mcp': 'restage mcp --help',
        ...words,
      },
    });
  });
