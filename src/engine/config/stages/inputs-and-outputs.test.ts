import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPipeline } from '../loading/load-pipeline.ts';
import {
  load,
  mistakes,
  shownMistakes,
  stageOf,
  TestProject,
  testingKinds,
  value,
} from '../testing-kinds.ts';

const command = (name: string, rest: string) =>
  `  ${name}: { kind: command, with: { run: x }, ${rest} }\n`;

test('paths are from the root, absolute, or in an installed package', async () => {
  using project = new TestProject({
    'node_modules/@x/faces/package.json': '{ "exports": "./index.js" }',
    'node_modules/@x/faces/data/a.csv': 'a',
    'root.txt': 'r',
    'data/[odd] name*.txt': 'o',
  });
  const inputs = `a: ./root.txt, b: ${project.root}/root.txt, c: npm:@x/faces/data, d: "data/[odd] name*.txt"`;
  project.write({ 'pipelines/p.yaml': `stages:\n${command('s', `inputs: { ${inputs} }`)}` });
  const { inputs: resolved } = stageOf(value(await project.load()), 's');
  assert.deepEqual(
    resolved.map(({ port, list, items: [item] }) => [
      port,
      list,
      item?.from === 'path' && item.path.slice(project.root.length),
    ]),
    [
      ['a', false, '/root.txt'],
      ['b', false, '/root.txt'],
      ['c', false, '/node_modules/@x/faces/data'],
      ['d', false, '/data/[odd] name*.txt'],
    ],
  );
});

test('a path with "~" that does not exist gets a hint that "~" is not expanded', async () => {
  using project = new TestProject({ './~tilde/a.csv': 'a', '~/there.csv': 't' });
  project.write({
    'pipelines/p.yaml': `params: { faces: data/real }\nstages:\n${command('s', 'inputs: { a: "${params.faces}", b: ~tilde/a.csv, c: ~/there.csv, d: ~/faces/*.png, e: ~tilde/b.csv }')}`,
  });
  const text = shownMistakes(await project.load(['params.faces=~/faces']));
  assert.match(
    text,
    /There is no file or folder "~\/faces" .*?\n {2}"~" is not expanded here: write the whole path, or/s,
  );
  assert.match(text, /No file matches "~\/faces\/\*\.png"/);
  assert.equal(text.match(/is not expanded/g)?.length, 2);
});

test('a glob gives its files in code-unit order, and is remembered', async () => {
  using project = new TestProject({ 'data/B/2.png': '', 'data/a/10.png': '', 'data/a/9.txt': '' });
  project.write({
    'pipelines/p.yaml': `stages:\n${command('s', 'inputs: { x: "data/**/*.png", y: "data/*/" }')}`,
  });
  const pipeline = value(await project.load());
  assert.deepEqual(pipeline.sources.globs, {
    'data/**/*.png': ['data/B/2.png', 'data/a/10.png', 'data/fake/1.png', 'data/real/1.png'],
    'data/*/': ['data/B', 'data/a', 'data/fake', 'data/real'],
  });
  assert.ok(stageOf(pipeline, 's').inputs.every(({ list }) => list));
});

test('a pipeline knows the paths where something new would take precedence over an input', async () => {
  using project = new TestProject({
    'node_modules/faces/a.csv': 'a',
    'inner/data/1.png': '',
    'inner/pipelines/p.yaml': `stages:\n${command('s', 'inputs: { x: "data/[12].png", y: npm:faces/a.csv }')}`,
  });
  const root = join(project.root, 'inner');
  const { sources } = value(
    await loadPipeline({ root, file: 'pipelines/p.yaml', kinds: testingKinds }),
  );
  assert.deepEqual(
    sources.looked,
    ['data/[12].png', 'pipelines/node_modules/faces', 'node_modules/faces'].map((path) =>
      join(root, path),
    ),
  );
});

test('a package is looked up from the file that names it, then from the project, and the file itself may be a link', async () => {
  const weights = 'npm:faces/a.csv';
  using project = new TestProject({
    'store/mine/pipelines/p.yaml': `params: { x: ${weights} }\nstages:\n${command('s', 'inputs: { x: "${params.x}", y: npm:shared/b.csv }')}`,
    'store/mine/node_modules/faces/a.csv': 'that of mine',
    'node_modules/faces/a.csv': 'that of the project',
    'node_modules/shared/b.csv': 'b',
    'pipelines/p.yaml': 'extends: npm:mine/p.yaml\n',
    'pipelines/own.yaml': `extends: npm:mine/p.yaml\nparams: { x: ${weights} }\n`,
  });
  symlinkSync('../store/mine', join(project.root, 'node_modules/mine'));
  const pathsOf = async (file: string, set: readonly string[] = []) => {
    const loaded = await loadPipeline({ root: project.root, file, kinds: testingKinds, set });
    const items = stageOf(value(loaded), 's').inputs.flatMap((input) => input.items);
    return items.map((item) => (item.from === 'path' ? item.path.replace(project.root, '') : ''));
  };
  const shared = '/node_modules/shared/b.csv';
  assert.deepEqual(await pathsOf('pipelines/p.yaml'), [
    '/store/mine/node_modules/faces/a.csv',
    shared,
  ]);
  assert.deepEqual(await pathsOf('pipelines/own.yaml'), ['/node_modules/faces/a.csv', shared]);
  const set = [`params.x=${weights}`];
  assert.deepEqual(await pathsOf('pipelines/p.yaml', set), ['/node_modules/faces/a.csv', shared]);
});

test('inputs that lead nowhere are reported, with what to write instead', async () => {
  using project = new TestProject({ 'root.txt': 'r' });
  project.write({
    'pipelines/p.yaml': `stages:
  one: { kind: load, inputs: { images: data/none } }
  two: { kind: load, inputs: { images: data/*.none } }
  three: { kind: load, inputs: { images: root.txt.x } }
  four: { kind: load, inputs: { images: npm:nothing/x } }
  five: { kind: load, inputs: { images: one.dateset } }
  six: { kind: load, inputs: { images: one.dataset } }
  seven: { kind: load, inputs: { images: "data/*/1.png" } }
  eight: { kind: roc, inputs: { scores: [] } }
  nine: { kind: load, inputs: { images: data/, imges: data/ } }
  ten: { kind: load, inputs: { images: data/none/y } }
  eleven: { kind: load, inputs: { images: picture.bin } }
`,
  });
  const text = shownMistakes(await project.load());
  for (const line of [
    '2:40: error: There is no file or folder "data/none" below the project\'s root [missing-file]',
    '3:40: error: No file matches "data/*.none" [empty-glob]',
    '4:42: error: Expected stage.port or a path for the input "images", got "root.txt.x" [wrong-reference]',
    '5:41: error: No package of "npm:nothing/x" is installed [missing-file]',
    '6:41: error: The stage "one" has no output "dateset" [unknown-port]',
    '7:40: error: The input "images" takes the type images, but "one.dataset" has the type dataset [type-mismatch]',
    '8:42: error: The input "images" takes one artifact, got 2: data/fake/1.png, data/real/1.png [many-to-single]',
    '9:41: error: The list of the input "scores" is empty [empty-list]',
    '10:48: error: The kind "load" has no input "imges" [unknown-port]',
    '11:40: error: There is no file or folder',
    '12:43: error: Unknown stage "picture" [unknown-stage]',
  ]) {
    assert.ok(text.includes(`pipelines/p.yaml:${line}`), `${line}\nis not in\n${text}`);
  }
  assert.match(text, /A file in the root is written "\.\/picture\.bin"\./);
});

test('a misspelt path is shown as it would be right, and a part that is like nothing gets no hint', async () => {
  using project = new TestProject({
    'photos/real/1.png': '',
    'cache/fotografs/x': '',
    'scores.csv': '',
  });
  const hintOf = async (text: string) => {
    project.write({
      'pipelines/p.yaml': `stages: { one: { kind: load, inputs: { images: "${text}" } } }`,
    });
    return shownMistakes(await project.load()).split('\n\n')[2];
  };
  assert.equal(await hintOf('./fotos'), '  Did you mean "./photos"?');
  assert.equal(
    await hintOf(`${project.root}/photo/rael/1.png`),
    `  Did you mean "${project.root}/photos/real/1.png"?`,
  );
  assert.equal(await hintOf('photoes/*/1.png'), '  Did you mean "photos/*/1.png"?');
  assert.equal(await hintOf('./score.csv'), '  Did you mean "./scores.csv"?');
  assert.equal(await hintOf('./photos/unlike.tiff'), undefined);
  assert.equal(await hintOf('photos/real/*.tiff'), undefined);
});

test('the misspelt name of an included pipeline in a reference is suggested, though the text is a path', async () => {
  using project = new TestProject({
    'pipelines/say.yaml': 'stages:\n  one: { kind: load }\n',
    'pipelines/p.yaml':
      'include: { faces: say.yaml }\nstages:\n  two: { kind: load, inputs: { images: face/one.dataset } }\n',
  });
  assert.match(
    shownMistakes(await project.load()),
    /"face\/one\.dataset"[\s\S]*Did you mean "faces\/one\.dataset"\?/,
  );
});

test('an included stage publishes among the outputs of the pipeline that includes it, not at the path in its own file', async () => {
  using project = new TestProject({
    'pipelines/say.yaml': `stages:\n${command('say', 'outputs: { text: artifacts/say.txt, folder: out/ }')}`,
    'pipelines/p.yaml': 'include: { other: say.yaml }\nstages: {}\n',
  });
  const { outputs } = stageOf(value(await project.load()), 'other/say');
  assert.deepEqual(
    outputs.map(({ path }) => path),
    ['artifacts/p/other/say/text.txt', 'artifacts/p/other/say/folder'],
  );
});

test('an output without a declared type gets a hint where to declare one, if a port takes another type', async () => {
  using project = new TestProject({});
  const outputs = 'outputs: { list: artifacts/list.csv }';
  project.write({
    'pipelines/p.yaml': `stages:\n${command('mine', outputs)}  two: { kind: load, inputs: { images: mine.list } }\n`,
  });
  const text = shownMistakes(await project.load());
  assert.match(
    text,
    /The input "images" takes the type images, but "mine\.list" has the type files \[type-mismatch\]/,
  );
  assert.match(text, /Say what it is: outputs: \{ list: \{ path: …, type: images \} \}/);
});

test('names of declared ports have no dots and slashes, since private files are named after them', async () => {
  using project = new TestProject({ 'a.csv': 'a' });
  const ports =
    'inputs: { a.b: ./a.csv }, outputs: { ".in": artifacts/z, ../../precious: artifacts/y, c.txt: artifacts/x }';
  project.write({ 'pipelines/p.yaml': `stages:\n${command('s', ports)}` });
  const text = shownMistakes(await project.load());
  for (const name of ['a.b', '.in', '../../precious', 'c.txt']) {
    assert.ok(text.includes(`"${name}" is not a valid name for a port [wrong-name]`), text);
  }
});

test('an unreadable folder is reported', {
  skip: process.getuid?.() === 0 && 'root reads everything',
}, async () => {
  using project = new TestProject({ 'secret/x': '' });
  chmodSync(join(project.root, 'secret'), 0);
  project.write({
    'pipelines/p.yaml': 'stages: { faces: { kind: load, inputs: { images: secret/ } } }',
  });
  const text = shownMistakes(await project.load());
  chmodSync(join(project.root, 'secret'), 0o700);
  assert.match(text, /"secret\/" cannot be read: permission denied \[unreadable\]/);
});

test('a file in the root without ./ gets a hint how to write it', async () => {
  using project = new TestProject({ 'notes.txt': 'n' });
  project.write({
    'pipelines/p.yaml': 'stages: { s: { kind: load, inputs: { images: notes.txt } } }',
  });
  assert.match(
    shownMistakes(await project.load()),
    /1:46: error: Expected stage\.port or a path .* got "notes\.txt" .*\n\n {2}Write "\.\/notes\.txt" for the file in the project's root\.$/s,
  );
});

test('a path that a stage makes gets a hint to read it from the stage', async () => {
  const text = await mistakes(`stages:
${command('make', 'outputs: { o: artifacts/made }')}${command('read', 'inputs: { x: artifacts/made/part.txt }')}`);
  assert.ok(
    text.endsWith(`error: "artifacts/made/part.txt" is made by the stage "make" [input-in-output]

    3 |   read: { kind: command, with: { run: x }, inputs: { x: artifacts/made/part.txt } }
      |                                                         ^^^^^^^^^^^^^^^^^^^^^^^

  pipelines/p.yaml:2:58: It is published here

    2 |   make: { kind: command, with: { run: x }, outputs: { o: artifacts/made } }
      |                                                          ^^^^^^^^^^^^^^

  Read it as make.o, so that its stage runs first.`),
    text,
  );
});

test('outputs at the same path, inside one another, inside an input or outside the root are reported', async () => {
  using project = new TestProject();
  mkdirSync(join(project.root, 'artifacts'), { recursive: true });
  symlinkSync('/tmp', join(project.root, 'artifacts', 'away'));
  symlinkSync('../stages', join(project.root, 'artifacts', 'kinds'));
  mkdirSync(join(project.root, 'stages'));
  project.write({
    'pipelines/p.yaml': `stages:
${command('a', 'outputs: { o: artifacts/x }')}${command('b', 'outputs: { o: ./artifacts//x/ }')}${command('c', 'outputs: { o: artifacts/x/y }')}${command('d', 'inputs: { i: data/ }, outputs: { o: data/new }')}${command('e', 'outputs: { o: ../x, p: cache/x, q: pipelines, r: /etc/x, s: ., t: artifacts/away/x, u: package.json, v: .envrc, w: stages/x/run.ts, x: out/.GIT/x, y: artifacts/kinds/x }')}`,
  });
  const text = shownMistakes(await project.load());
  for (const part of [
    '3:55: error: "artifacts/x" is claimed by two outputs: "o" of "a" and "o" of "b" [output-twice]',
    '4:55: error: The output "artifacts/x/y" lies inside the output "o" of "a" [output-inside]',
    '5:77: error: The output "data/new" lies inside the input "data/" [output-inside]',
    '6:55: error: The output "../x" lies outside the project\'s root [wrong-target]',
    '6:64: error: The output "cache/x" lies in "cache/", which is not for outputs [wrong-target]',
    '6:76: error: The output "pipelines" lies in "pipelines/", which is not for outputs [wrong-target]',
    'error: The output "/etc/x" lies outside the project\'s root [wrong-target]',
    'error: The output "." is the project\'s root itself [wrong-target]',
    'error: The output "artifacts/away/x" lies outside the project\'s root [wrong-target]',
    'error: The output "package.json" is one of the project\'s settings [wrong-target]',
    'error: The output ".envrc" lies at ".envrc", a hidden name in the root [wrong-target]',
    'error: The output "stages/x/run.ts" lies in "stages/", which is not for outputs [wrong-target]',
    'error: The output "out/.GIT/x" lies in ".GIT/", which is not for outputs [wrong-target]',
    'error: The output "artifacts/kinds/x" lies in "stages/", which is not for outputs [wrong-target]',
  ]) {
    assert.ok(text.includes(part), `${part}\nis not in\n${text}`);
  }
  assert.equal(text.match(/wrong-target/g)?.length, 11);
});

test('a path that the instances of a matrix share is reported once, with both ways out', async () => {
  const text = await mistakes(`stages:
  f:
    kind: command
    matrix: { n: [1, 2, 3], m: [x, y] }
    outputs: { o: { path: "f-\${matrix.m}.csv", type: scores } }
    with: { run: "echo \${matrix.n} \${matrix.m}" }
${command('g', 'outputs: { o: g, p: g }')}`);
  assert.equal(
    text,
    `pipelines/p.yaml:5:19: error: "f-x.csv" is claimed by 3 instances of "f", such as "f[m=x,n=1]" and "f[m=x,n=2]" [output-twice]

    5 |     outputs: { o: { path: "f-\${matrix.m}.csv", type: scores } }
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

  Leave its path out, outputs: { o: { type: scores } }: then every instance has its own. Or put \${matrix.n} into the path.

pipelines/p.yaml:7:61: error: "g" is claimed by two outputs: "o" of "g" and "p" of "g" [output-twice]

    7 |   g: { kind: command, with: { run: x }, outputs: { o: g, p: g } }
      |                                                             ^

  pipelines/p.yaml:7:55: The first one is here

    7 |   g: { kind: command, with: { run: x }, outputs: { o: g, p: g } }
      |                                                       ^`,
  );
});

test('an output that a setting asks for exists only with that setting', async () => {
  const evaluate = (rest: string, views = 'scored.views') => `
params: { wanted: true }
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset } }
  scored: { kind: evaluate, inputs: { model: fit.model, dataset: faces.dataset }${rest} }
  read: { kind: command, with: { run: x }, inputs: { x: ${views} } }
`;
  for (const wanted of ['true', '"${params.wanted}"']) {
    const { outputs } = stageOf(await load(evaluate(`, with: { views: ${wanted} }`)), 'scored');
    assert.deepEqual(
      outputs.map(({ port }) => port),
      ['scores', 'views'],
    );
  }
  const { outputs } = stageOf(
    await load(evaluate(', with: { views: false }', 'scored.scores')),
    'scored',
  );
  assert.deepEqual(
    outputs.map(({ port }) => port),
    ['scores'],
  );

  const messages = await mistakes(evaluate(', outputs: { views: artifacts/views }'));
  for (const part of [
    ':6:94: error: The kind "evaluate" has the output "views" only where it is asked for [unknown-port]',
    ':7:57: error: The stage "scored" has no output "views" [unknown-port]',
  ]) {
    assert.ok(messages.includes(part), messages);
  }
  assert.equal(messages.match(/Set "views: true" under "with"\./g)?.length, 2);
});

test('an output in a linked folder counts at its real path', async () => {
  using project = new TestProject({ 'store/x': '' });
  symlinkSync('store', join(project.root, 'artifacts'));
  project.write({
    'pipelines/p.yaml': `stages:\n${command('a', 'outputs: { o: artifacts/x }')}${command('b', 'outputs: { o: store/x }')}`,
  });
  assert.match(shownMistakes(await project.load()), /"store\/x" is claimed by two outputs/);
});

test('a command quotes parameters for the shell and leaves its ports and everything else to it', async () => {
  const pipeline = await load(`params: { n: 5, text: "it's", list: [a, b c] }
stages:
  s:
    kind: command
    matrix: { m: [{ id: x, flag: --fast }] }
    inputs: { i: data/ }
    outputs: { o: { type: scores }, p: artifacts/p.txt }
    with:
      run: |
        f \${params.n} \${params.text} \${params.list} \${matrix.m} \${matrix.m.flag}
        cat \${inputs.i} > \${outputs.o}; echo $HOME \${HOME:-x} $$ $(ls) \${#a[@]}
`);
  const { settings, outputs } = stageOf(pipeline, 's[m=x]');
  assert.equal(
    settings['run'],
    `f 5 'it'\\''s' a 'b c' x --fast\ncat \${inputs.i} > \${outputs.o}; echo $HOME \${HOME:-x} $$ $(ls) \${#a[@]}\n`,
  );
  assert.deepEqual(
    outputs.map(({ port, type, path, extension }) => [port, type, path, extension]),
    [
      ['o', 'scores', 'artifacts/p/s@m=x/o', undefined],
      ['p', 'files', 'artifacts/p.txt', '.txt'],
    ],
  );
});

test('a command that names an undeclared port is reported', async () => {
  const text = await mistakes(`stages:
  s: { kind: command, inputs: { images: data/ }, outputs: { o: {} }, with: { run: "a \${inputs.image} \${outputs.x} \${params.y}" } }
`);
  assert.match(text, /2:86: error: The stage declares no input "image".*?Did you mean "images"\?/s);
  assert.match(text, /2:102: error: The stage declares no output "x"/);
  assert.match(text, /2:115: error: Unknown parameter "y"/);
});

test('a slip in the name of a side is found in a shell text, except where another language may mean it', async () => {
  const stage = (run: string) => `stages:
  a: { kind: command, inputs: { x: ./data }, outputs: { y: out/y }, with: { run: ${JSON.stringify(run)} } }
`;
  for (const slip of [
    'cp ${inputs.x} ${output.y}',
    'cp "${input.x}" ${outputs.y}',
    'cat <<E > ${outputs.y}\n${param.z}\nE',
  ]) {
    const [, side, name] = /\$\{(input|output|param)\.(\w)\}/.exec(slip)!;
    const text = await mistakes(stage(slip));
    const message = `error: Unknown "\${${side}.${name}}", which is no variable of the shell either [unknown-variable]`;
    assert.ok(
      text.includes(message) && text.includes(`Did you mean "\${${side}s.${name}}"?`),
      text,
    );
  }
  const javaScript = "node -e 'console.log(`${input.x}`)' ${inputs.x} > ${outputs.y}";
  assert.equal(stageOf(await load(stage(javaScript)), 'a').settings['run'], javaScript);
});
