import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import type { LedgerLine } from '../src/engine/seals/ledger-lines.ts';
import { LocalStore } from '../src/engine/store/local-store.ts';
import { parseMetrics } from '../src/learning/metrics/metrics-file.ts';
import { Random } from '../src/random.ts';
import { startServer } from '../src/reporting/serve/serve.ts';
import { sealFile } from '../src/seal-file.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { pipeline } from './support/rig.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { writeUntrainedModel } from './support/untrained-model.ts';

/** A sealed test set that is measured: what an honest pipeline has. */
const honest = `
stages:
  faces:
    kind: load-dataset
    inputs: { images: ./photos }
    with: { seal: test }
  scores:
    kind: evaluate
    inputs: { model: ./model, dataset: faces.dataset }
    with: { draws: 0 }
  roc:
    kind: roc-det
    inputs: { scores: [scores.scores] }
    with: { draws: 100 }
  seen:
    kind: command
    inputs: { dataset: faces.dataset }
    outputs: { list: { path: out/seen.txt, type: files } }
    with: { run: "ls \${inputs.dataset} > \${outputs.list}" }
`;

/** Six small photographs in each split, and a model of random weights. */
async function sealedProject(yaml = honest): Promise<Project> {
  const project = new Project(yaml);
  project.env['XDG_CONFIG_HOME'] = project.path('home'); // no key of whoever runs this
  for (const split of ['train', 'val', 'test']) {
    for (const name of ['real', 'fake']) {
      const folder = project.path('photos', split, name);
      mkdirSync(folder, { recursive: true });
      for (let i = 0; i < 3; i += 1) {
        const random = new Random(`${split} ${name} ${i}`);
        const pixels = Uint8Array.from({ length: 3 * 60 * 60 }, () => random.integer(256));
        const image = sharp(pixels, { raw: { width: 60, height: 60, channels: 3 } });
        writeFileSync(`${folder}/${i}.png`, await image.png().toBuffer());
      }
    }
  }
  await writeUntrainedModel(project.path('model'));
  return project;
}

const linesOf = (project: Project): readonly LedgerLine[] =>
  project
    .read('ledger.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The lines in short: `look scores`. */
const eventsOf = (project: Project): readonly string[] =>
  linesOf(project).map((line) =>
    line.event === 'sealed' || line.event === 'unsealed'
      ? line.event
      : `${line.event} ${line.stage}`,
  );

async function failures(project: Project, yaml: string): Promise<Readonly<Record<string, string>>> {
  project.write('pipelines/test.yaml', yaml);
  const { messages, outcomes } = await project.run();
  return Object.fromEntries(
    Object.entries(outcomes).map(([stage, outcome]) => [stage, messages[stage] ?? outcome]),
  );
}

const onlyMeasured = 'Only stages that measure a model may.';
const sealHere = 'Set `seal: test`, which seals the split `test` of this data set, too.';
const unsealing = '`restage unseal` breaks the seal, and ledger.jsonl says so.';
const inLedger = '(test of faces.dataset, line 1 of ledger.jsonl)';
const sealed = (part: string, kind: string) =>
  `${part} is sealed ${inLedger}, and ${kind} with these settings may not read it. ${onlyMeasured} ${unsealing}`;
const holds = (what: string, kind: string, hint = onlyMeasured) =>
  `${what} of a sealed split ${inLedger}, and ${kind} with these settings may not read it. ${hint} ${unsealing}`;

test('a shared store gets no image of a sealed split before store.yaml says so', async (t) => {
  using project = await sealedProject();
  const shared = temporaryFolder(t);
  await project.command('store', 'init', shared);
  const { stdout } = await project.command('run', 'test.yaml');
  assert.match(stdout, /A result of load-dataset holds images of a sealed split: it stays here/);
  const images = project
    .files('photos/test')
    .map((name) => readFileSync(project.path('photos/test', name)));
  const sent = () => {
    const names = readdirSync(shared, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    const bytes = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    return images.filter((image) => bytes.some((file) => file.includes(image))).length;
  };
  assert.equal(images.length, 6);
  assert.equal(sent(), 0);
  assert.equal((await project.command('store', 'push')).code, 0);
  assert.equal(sent(), 0);
  project.write('store.yaml', `${project.read('store.yaml')}shareSealed: true\n`);
  assert.equal((await project.command('store', 'push')).code, 0);
  assert.equal(sent(), 6);
});

suite('a sealed test set', () => {
  test('is measured, each look is a line, and a program sees the other splits', async () => {
    using project = await sealedProject();
    const { outcomes, events, stderr } = await project.run();
    assert.equal(stderr, '');
    assert.deepEqual(outcomes, { faces: 'ran', scores: 'ran', roc: 'ran', seen: 'ran' });
    assert.equal(project.read('out/seen.txt'), 'dataset.json\ntrain\nval\n');
    const info = events.find((event) => event.type === 'info' && event.stage === 'seen');
    assert.equal(
      info?.type === 'info' && info.message,
      'does not see test of faces.dataset, which is sealed',
    );
    const lines = linesOf(project);
    const events4 = ['sealed', 'look scores', 'numbers scores', 'look roc', 'numbers roc'];
    assert.deepEqual(eventsOf(project), events4);
    const numbers = lines.find(({ event }) => event === 'numbers');
    const metrics = parseMetrics(project.read('artifacts/test/scores/metrics.json'));
    assert.ok(numbers?.event === 'numbers' && metrics.ok);
    assert.equal(numbers.numbers['test.auc'], metrics.value.values.get('test.auc'));

    await project.run();
    assert.deepEqual(eventsOf(project), events4, 'the same numbers shown again are no new look');
    const { code, stdout } = await project.command('ledger', 'test.yaml');
    assert.equal(code, 0);
    assert.match(stdout, /^ +1 .* sealed +test of faces\.dataset: 6 images, seal [0-9a-f]{12}$/m);
    assert.match(stdout, /^✓ 5 lines, each with the digest of the one before\. The last one is /m);
    assert.match(stdout, /^scores: no look came before it; line 2\.$/m);
    assert.match(stdout, /^roc: 1 look came before it \(1 at the images\); line 4\.$/m);
    assert.match(project.read('artifacts/test/report.html'), /Looks at sealed images/);

    project.edit('ledger.jsonl', 'look', 'book');
    const broken = await project.command('ledger');
    assert.equal(broken.code, 1);
    assert.match(broken.stdout, /^Line 2 is no line of a ledger\.$/m);
    assert.match(broken.stdout, /^Line 3 does not follow the line before it\.$/m);
  });

  test('is refused before anything runs, by each stage that would show it or choose by it', async () => {
    using project = await sealedProject(`${honest}
  embedded: { kind: embed, inputs: { dataset: faces.dataset, model: ./model } }
  audited: { kind: audit, inputs: { dataset: faces.dataset } }
  measured: { kind: features, inputs: { dataset: faces.dataset } }
  drawn: { kind: plot, inputs: { dataset: faces.dataset }, with: { chart: samples, splits: [test] } }
  mapped: { kind: gradcam, inputs: { models: [./model], datasets: [faces.dataset] } }
  salient: { kind: saliency, inputs: { model: ./model, dataset: faces.dataset } }
  wrong:
    kind: evaluate
    inputs: { model: ./model, dataset: faces.dataset }
    with: { mistakes: true }
  shown: { kind: predict, inputs: { model: ./model, images: faces.dataset } }
  again: { kind: load-dataset, inputs: { dataset: faces.dataset } }
  forged:
    kind: forge
    inputs: { dataset: faces.dataset, faces: ./faces.csv }
    with: { splits: [test] }
`);
    project.write('faces.csv', 'split,path,crop,landmarks\n');
    const { code, stderr } = await project.command('run', 'test.yaml');
    assert.equal(code, 1);
    const kinds = ['embed', 'audit', 'features', 'plot', 'gradcam', 'saliency', 'evaluate'];
    for (const kind of [...kinds, 'predict', 'load-dataset', 'forge'])
      assert.match(
        stderr,
        new RegExp(
          `test of faces\\.dataset is sealed, and ${kind} with these settings may not read it`,
        ),
      );
    // Every refusal shows the stage that seals, where it is declared.
    const declared = /^ {2}pipelines\/test\.yaml:\d+:3: The stage "faces" seals test$/gm;
    assert.equal(stderr.match(declared)?.length, kinds.length + 3);
    assert.equal(project.has('ledger.jsonl'), false);
  });

  test('is scored by predict where its charts show no image', async () => {
    using project = await sealedProject(`${honest}
  scored:
    kind: predict
    inputs: { model: ./model, images: faces.dataset }
    with: { pictures: false }
`);
    const { outcomes } = await project.run();
    assert.equal(outcomes['scored'], 'ran');
    assert.deepEqual(
      eventsOf(project).filter((event) => event.endsWith('scored')),
      ['look scored', 'numbers scored'],
    );
    const sheet = project.read('artifacts/test/scored/sheet/chart.svg');
    assert.ok(sheet.includes('not shown') && !sheet.includes('<image'));
  });

  test('is compared by a command and by pages, each with a line', async () => {
    const again = honest.replace(
      '  roc:',
      `  again:
    kind: evaluate
    inputs: { model: ./model, dataset: faces.dataset }
    with: { draws: 100 }
  roc:`,
    );
    using project = await sealedProject(again);
    await project.run();
    const first = eventsOf(project).length;
    const looks = () => eventsOf(project).slice(first);
    const words = ['compare', 'last:scores', 'last:again'] as const;
    const compared = 'restage compare last:scores last:again';
    for (const flag of ['--json', '--markdown'])
      assert.equal((await project.command(...words, flag)).code, 0);
    assert.deepEqual(looks(), [`look ${compared}`, `numbers ${compared}`]);
    const numbers = linesOf(project).at(-1);
    assert.ok(numbers?.event === 'numbers');
    const areas = Object.keys(numbers.numbers).filter((name) => name.endsWith('.auc'));
    assert.equal(areas.length, 3, 'of two models, and their difference');

    const server = await startServer({
      root: project.root,
      port: 0,
      token: 'secret',
      planner: { names: () => [], plan: async () => '' },
      fill: () => undefined,
      env: project.env,
      isWritable: false,
      warn: (line) => assert.fail(line),
    });
    try {
      const [run] = new LocalStore(project.root).runs();
      const get = async (path: string) => {
        const headers = { cookie: `restage-${server.port}=secret` };
        const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
        assert.equal(answer.status, 200);
      };
      await get(`/images.json?run=${run!.id}&stage=scores`);
      await get(`/images.json?run=${run!.id}&stage=scores&other=${run!.id}:again`);
      await get(`/images.json?run=${run!.id}&stage=faces`);
    } finally {
      await server.close();
    }
    assert.deepEqual(
      looks().filter((look) => look.startsWith('look restage serve')),
      ['look restage serve: images of scores', 'look restage serve: images of scores and again'],
    );
  });

  test('is refused by its content, whatever path leads to it', async () => {
    using project = await sealedProject();
    await project.run();
    cpSync(project.path('artifacts/test/faces/dataset'), project.path('copied'), {
      recursive: true,
    });
    cpSync(project.path('copied'), project.path('unmarked'), { recursive: true });
    project.remove(`unmarked/test/${sealFile}`);
    renameSync(project.path('unmarked/test'), project.path('unmarked/val2'));
    // The photographs of the test set under other names, in a training set.
    for (const name of ['real', 'fake']) {
      mkdirSync(project.path('renamed', name), { recursive: true });
      for (const file of readdirSync(project.path('photos/test', name)))
        cpSync(project.path('photos/test', name, file), project.path('renamed', name, `x${file}`));
    }
    project.write(
      'look.py',
      'import os, sys\nopen(sys.argv[2], "w").write(" ".join(sorted(os.listdir(sys.argv[1]))))\n',
    );
    const command = (path: string) =>
      `{ kind: command, inputs: { data: ./${path} }, outputs: { list: { path: out/${path}.txt, type: files } }, with: { run: "ls \${inputs.data} > \${outputs.list}" } }`;
    assert.deepEqual(
      await failures(
        project,
        `
stages:
  embedded: { kind: embed, inputs: { dataset: ./copied, model: ./model } }
  listed: ${command('copied')}
  programmed: { kind: python, inputs: { program: ./look.py, data: ./copied }, outputs: { list: { path: out/copied-py.txt, type: files } }, with: { args: "\${inputs.data} \${outputs.list}" } }
  unmarked: ${command('unmarked')}
  renamed: ${command('renamed')}
  raw: ${command('photos')}
  script: { kind: python, inputs: { program: ./look.py, data: ./photos }, outputs: { list: { path: out/py.txt, type: files } }, with: { args: "\${inputs.data} \${outputs.list}" } }
  unsealed: { kind: load-dataset, inputs: { images: ./photos } }
  trained: { kind: load-dataset, inputs: { images: ./renamed }, with: { split: { train: 0.5, val: 0.5 } } }
`,
      ),
      {
        embedded: sealed('test of ./copied', 'embed'),
        listed: 'ran',
        programmed: 'ran',
        unmarked: holds('./unmarked holds 2 files', 'command'),
        renamed: holds('./renamed holds 6 files', 'command'),
        raw: holds('./photos holds 6 files', 'command'),
        script: holds('./photos holds 6 files', 'python'),
        unsealed: holds('./photos holds 6 files', 'load-dataset', sealHere),
        trained: holds('./renamed holds 6 files', 'load-dataset', sealHere),
      },
    );
    assert.equal(project.read('out/copied.txt'), 'dataset.json\ntrain\nval\n');
    assert.equal(project.read('out/copied-py.txt'), 'dataset.json train val');
  });

  test('is looked at under another seal, too, whoever wrote it', async () => {
    using project = await sealedProject();
    await project.run();
    const dataset = project.path('artifacts/test/faces/dataset');
    cpSync(dataset, project.path('copied'), { recursive: true });
    project.write(`copied/test/${sealFile}`, '{"format":1,"images":[],"packed":[]}\n');
    const measured = `
stages:
  measured:
    kind: evaluate
    inputs: { model: ./model, dataset: ./copied }
    with: { draws: 0 }
`;
    assert.deepEqual(await failures(project, measured), { measured: 'ran' });
    const lines = linesOf(project);
    const [honestSeal, forgedSeal] = lines.flatMap((line) =>
      line.event === 'sealed' ? [line.seal] : [],
    );
    const look = lines.find((line) => line.event === 'look' && line.stage === 'measured');
    assert.ok(look?.event === 'look');
    assert.deepEqual(new Set(look.seals), new Set([honestSeal, forgedSeal]));

    // Where the other seal came first, the files tell that both are of one test set.
    using fresh = await sealedProject(measured);
    cpSync(project.path('copied'), fresh.path('copied'), { recursive: true });
    await fresh.run();
    fresh.write('pipelines/test.yaml', honest);
    await fresh.run();
    const { stdout } = await fresh.command('ledger', 'test.yaml', 'scores');
    assert.match(stdout, /^scores: 1 look came before it \(1 at the images\); line \d+\.$/m);
  });

  test('is looked at by whatever reads a table that a program made of its scores', async () => {
    using project = await sealedProject(`${honest}
  kept:
    kind: command
    inputs: { scores: scores.scores }
    outputs: { rows: { path: out/rows.csv, type: table } }
    with: { run: "cp \${inputs.scores} \${outputs.rows}" }
  counted:
    kind: command
    inputs: { rows: kept.rows, metrics: scores.metrics }
    outputs: { count: { path: out/count.txt, type: files } }
    with: { run: "wc -l < \${inputs.rows} > \${outputs.count}" }
  shown:
    kind: command
    inputs: { metrics: scores.metrics }
    outputs: { copy: { path: out/metrics.json, type: metrics } }
    with: { run: "cp \${inputs.metrics} \${outputs.copy}" }
`);
    await project.run();
    const looks = eventsOf(project).filter((event) => event.startsWith('look'));
    assert.deepEqual(looks.toSorted(), ['look counted', 'look kept', 'look roc', 'look scores']);
  });

  test('is sealed by a protocol that reads its folder: the message says how', async () => {
    using project = await sealedProject();
    await project.run();
    const within = `extends: npm:restage/protocols/within.yaml
params: { images: ./photos, model: simple-net, imageSize: 56, epochs: 1 }
`;
    const refused = await failures(project, within);
    assert.equal(refused['known'], holds('./photos holds 6 files', 'load-dataset', sealHere));
    const ends = await failures(project, `${within}stages: { known: { with: { seal: test } } }\n`);
    assert.equal(ends['table'], 'ran', JSON.stringify(ends));
    assert.deepEqual(eventsOf(project).slice(5), [
      'look scores',
      'numbers scores',
      'look table',
      'numbers table',
    ]);
  });

  test('takes no property of another image: what a detector decides by is asked of val', async () => {
    using project = await sealedProject(`
stages:
  faces: { kind: load-dataset, inputs: { images: ./photos }, with: { seal: test } }
  scores:
    kind: evaluate
    inputs: { model: ./model, dataset: faces.dataset }
    with: { splits: [val], draws: 0 }
  exchanged:
    kind: exchange
    matrix: { property: [brightness], partner: [other, own] }
    inputs: { dataset: faces.dataset }
    with: { property: "\${matrix.property}", partner: "\${matrix.partner}", splits: [test] }
  exchanged-scores:
    kind: evaluate
    inputs: { model: ./model, dataset: exchanged.dataset }
    with: { splits: [val], draws: 0 }
  bias:
    kind: bias
    inputs:
      unchanged: scores.scores
      exchanged: [exchanged-scores.scores]
      partners: [exchanged.partners]
    with: { split: val, draws: 20 }
`);
    const refused = await project.command('run', 'test.yaml');
    assert.match(
      refused.stderr,
      /test of faces\.dataset is sealed, and exchange with these settings may not read it[\s\S]*Exchange a property of `val` instead: `splits: \[val\]` here and in the stages that score, and `split: val` in `bias`\. `restage unseal` breaks the seal/,
    );
    project.edit('pipelines/test.yaml', 'splits: [test]', 'splits: [val]');
    const { outcomes, stderr } = await project.run();
    assert.equal(outcomes['bias'], 'ran', stderr);
    assert.deepEqual(eventsOf(project), ['sealed'], 'val has no seal, so nothing is a look');
  });

  test('is not seen by a kind of the project, unless its spec says that it measures', async () => {
    using project = await sealedProject();
    await project.run();
    for (const [name, port] of [
      ['all', ''],
      ['liar', "parts: () => ['train'],"],
      ['measure', "sealed: () => 'measures',"],
      ['keeper', "sealed: () => 'keeps',"],
    ] as const) {
      project.write(
        `stages/${name}/spec.ts`,
        `import { defineKind } from 'restage';
import { z } from 'zod';
export const spec = defineKind({
  name: '${name}', version: 1, summary: 'Lists the test set.', settings: z.strictObject({}),
  inputs: { dataset: { type: 'dataset', summary: 'Images.', ${port} } },
  outputs: { text: { type: 'files', summary: 'A text.', extension: '.txt' } },
  example: 'text: { kind: ${name} }',
});
`,
      );
      project.write(
        `stages/${name}/run.ts`,
        `import { readdirSync, writeFileSync } from 'node:fs';
export default async function run(context) {
  const names = readdirSync(context.input('dataset').path + '/test');
  writeFileSync(context.output('text'), names.join());
}
`,
      );
    }
    const stage = (kind: string) => `  ${kind}: { kind: ${kind}, inputs: { dataset: ./copied } }\n`;
    cpSync(project.path('artifacts/test/faces/dataset'), project.path('copied'), {
      recursive: true,
    });
    const ends = await failures(
      project,
      `stages:\n${stage('all')}${stage('liar')}${stage('measure')}${stage('keeper')}`,
    );
    assert.equal(ends['all'], sealed('test of ./copied', 'all'));
    assert.match(ends['liar']!, /copied\/test: it does not exist\.$/);
    // What code of the project keeps is not known: it measures, too.
    for (const kind of ['measure', 'keeper']) {
      assert.equal(ends[kind], 'ran');
      assert.ok(eventsOf(project).includes(`look ${kind}`));
      assert.ok(eventsOf(project).includes(`numbers ${kind}`));
    }
    assert.equal(eventsOf(project).length, 9);
  });

  test('decides no choice: numbers of it are refused, in a sweep and alone', async () => {
    using project = await sealedProject(`
stages:
  faces: { kind: load-dataset, inputs: { images: ./photos }, with: { seal: test } }
  nets:
    kind: command
    matrix: { net: [model, second] }
    inputs: { given: "./\${matrix.net}" }
    outputs: { model: { path: "out/\${matrix.net}", type: model } }
    with: { run: "cp -r \${inputs.given} \${outputs.model}" }
  scores:
    kind: evaluate
    inputs: { model: nets.model, dataset: faces.dataset }
    with: { draws: 0 }
  best:
    kind: select
    inputs: { models: [nets.model], metrics: [scores.metrics] }
`);
    await writeUntrainedModel(project.path('second'), { seed: 2 });
    const { messages } = await project.run();
    assert.match(
      messages['best'] ?? '',
      /^scores\[net=model\]\.metrics and scores\[net=second\]\.metrics measured sealed images, and a choice may not read such numbers\. Evaluate the candidates on other splits, and the chosen one on the sealed split\.$/,
    );
    assert.equal(eventsOf(project).filter((event) => event.startsWith('look')).length, 2);
    project.edit('pipelines/test.yaml', 'draws: 0', 'draws: 0, splits: [val]');
    assert.equal((await project.run()).outcomes['best'], 'ran');
  });

  test('stands in the ledger for commands, and for images that are left out of it', async (t) => {
    using project = await sealedProject();
    await project.run();
    const explained = await project.command('explain-image', 'model', 'photos/test/real/0.png');
    assert.equal(
      explained.stderr,
      'error: photos/test/real/0.png is sealed, and no map of it may be drawn. `restage unseal` breaks the seal, and ledger.jsonl says so.\n',
    );
    assert.equal((await project.command('predict', 'model', 'photos/test')).code, 0);
    const sheet = project.read('predicted/sheet/chart.svg');
    assert.ok(sheet.includes('not shown') && !sheet.includes('<image'));
    assert.deepEqual(eventsOf(project).slice(5), [
      'look restage predict model',
      'numbers restage predict model',
    ]);
    // From another folder, too: the ledgers around the images and the model count.
    const outside = temporaryFolder(t);
    const from = (words: string) =>
      project.type(`cd ${outside} && node ${pipeline} ${words}`).ended;
    const model = project.path('model');
    const photos = project.path('photos/test');
    assert.equal((await from(`predict ${model} ${photos}`)).code, 0);
    assert.deepEqual(eventsOf(project).slice(7), [
      `look restage predict ${model}`,
      `numbers restage predict ${model}`,
    ]);
    assert.match((await from(`explain-image ${model} ${photos}/real/0.png`)).stderr, /is sealed/);
    project.write('exclude.csv', 'path\ntest/real/0.png\n');
    project.edit(
      'pipelines/test.yaml',
      'inputs: { images: ./photos }',
      'inputs: { images: ./photos, exclude: ./exclude.csv }',
    );
    await project.run();
    const lines = linesOf(project);
    const exposed = lines.find(({ event }) => event === 'exposed');
    assert.ok(exposed?.event === 'exposed');
    assert.deepEqual([exposed.stage, exposed.images], ['faces', 1]);
    // The test set with one image less is one that was looked at before.
    const { stdout } = await project.command('ledger', 'test.yaml', 'scores');
    assert.match(
      stdout,
      /^scores: 5 looks came before it \(3 at the images, 1 at their scores, 1 that took images out\); line \d+\.$/m,
    );
    // Lines that were cut off come back with the results that are there.
    const end = lines.findIndex(({ event }) => event === 'exposed');
    project.write(
      'ledger.jsonl',
      `${project.read('ledger.jsonl').split('\n').slice(0, end).join('\n')}\n`,
    );
    await project.run();
    assert.ok(eventsOf(project).includes('exposed faces'));
    renameSync(project.path('ledger.jsonl'), project.path('kept.jsonl'));
    symlinkSync('/dev/null', project.path('ledger.jsonl'));
    assert.match((await project.run()).stderr, /ledger\.jsonl is no file/);
  });

  test('is as any other after `unseal`, which the ledger says, and which an archive carries', async () => {
    using project = await sealedProject();
    await project.run();
    const { stdout } = await project.command('unseal', 'the paper is accepted');
    assert.equal(
      stdout,
      'Broke the seal of test of faces.dataset. ledger.jsonl says so; commit it.\n',
    );
    project.edit(
      'pipelines/test.yaml',
      'stages:',
      'stages:\n  embedded: { kind: embed, inputs: { dataset: faces.dataset, model: ./model } }',
    );
    const { outcomes } = await project.run();
    assert.deepEqual([outcomes['embedded'], outcomes['seen']], ['ran', 'ran']);
    assert.equal(project.read('out/seen.txt'), 'dataset.json\ntest\ntrain\nval\n');
    assert.equal(eventsOf(project).at(-1), 'unsealed');

    await project.command('export', 'run.restage', 'test.yaml'); // makes a key
    const archived = await project.command('ledger', '--of', 'run.restage');
    assert.match(archived.stdout, /^ +6 .* unsealed +[0-9a-f]{12}: the paper is accepted$/m);
    project.write('pipelines/test.yaml', honest.replace('./photos', './others'));
    cpSync(project.path('photos'), project.path('others'), { recursive: true });
    writeFileSync(
      project.path('others/test/real/0.png'),
      await sharp({ create: { width: 60, height: 60, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    await project.run();
    const counted = await project.command('ledger', 'test.yaml', 'scores');
    assert.match(
      counted.stdout,
      /^scores: 2 looks came .* 1 seal of these images was broken before it: looks after that are unknown\.$/m,
    );
    const signed = linesOf(project).slice(6);
    assert.equal(signed.length, 5);
    assert.ok(signed.every(({ key, signature }) => key !== undefined && signature !== undefined));
    assert.equal((await project.command('ledger')).code, 0);
  });
});
