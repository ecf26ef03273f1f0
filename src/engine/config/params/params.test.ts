import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, mistakes, stageOf, TestProject, value } from '../testing-kinds.ts';

const train = (params: string, settings: string) => `params: ${params}
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, with: ${settings} }
`;

test('a parameter is typed where it is the whole value, and text inside a longer one', async () => {
  const text =
    '{ epochs: "${params.n}", model: "${params.kind}-${ params.tail }", optimizer: "${params.o}" }';
  const pipeline = await load(train('{ n: 3, kind: simple, tail: net, o: { kind: sgd } }', text));
  const { epochs, model, optimizer } = stageOf(pipeline, 'fit').settings;
  assert.deepEqual({ epochs, model }, { epochs: 3, model: 'simple-net' });
  assert.deepEqual(optimizer, { kind: 'sgd', learningRate: 0.1, momentum: 0.9 });
});

test('nothing is computed: what looks like arithmetic is a text', async () => {
  const text = await mistakes(train('{ n: 3 }', '{ epochs: "${params.n} * 2" }'));
  assert.match(text, /Expected a number for "with\.epochs", got "3 \* 2"/);
});

test('a wrong value is reported where it is used, and where it was set', async () => {
  const text = await mistakes(train('{ n: -3, m: "${params.n}" }', '{ epochs: "${params.m}" }'));
  assert.match(
    text,
    /^pipelines.p\.yaml:4:\d+: error: Expected a number of .* for "with\.epochs", got -3/,
  );
  assert.match(text, /p\.yaml:1:14: Its value is from here\n\n +1 \| params: \{ n: -3,/);
  assert.equal(text.match(/from here/g)?.length, 1, 'not where it went through');
});

test('a map without the key that is read from it is reported once, with the position where it was set', async () => {
  const project = (set: readonly string[]) =>
    mistakes(train('{ o: { a: 1, b: 2 } }', '{ epochs: "${params.o.b}" }'), set);
  const text = await project(['params.o={ a: 3 }']);
  assert.match(text, /p\.yaml:4:\d+: error: "params\.o" is a map without "b"/);
  assert.match(text, /--set:1:10: Its value is from here\n\n +1 \| params\.o=\{ a: 3 \}/);
  assert.match(text, /To set some of its keys alone: --set params\.o\.<key>=<value>/);
  assert.equal(text.match(/error:/g)?.length, 1);
});

test('parameters refer to others in any order, and into maps', async () => {
  const pipeline = await load(
    train('{ a: "${params.b.c}", b: { c: "${params.d}" }, d: 4 }', '{ epochs: "${params.a}" }'),
  );
  assert.equal(stageOf(pipeline, 'fit').settings['epochs'], 4);
});

test('parameters that refer to each other in a cycle are reported', async () => {
  const text = await mistakes(train('{ a: "${params.b}", b: "x${params.a}" }', '{}'));
  assert.match(
    text,
    /p\.yaml:1:34: error: Parameters refer to each other in a cycle: a → b → a \[param-cycle\]/,
  );
});

test('an unknown variable is reported at its position inside the text', async () => {
  const text = await mistakes(
    train('{ epochs: 1 }', '{ model: "x ${params.epoch} ${param.y} ${z" }'),
  );
  assert.match(
    text,
    /^pipelines.p\.yaml:4:77: error: Unknown parameter "epoch".*? \^{15}\n.*?Did you mean "epochs"\?/s,
  );
  assert.match(text, /4:93: error: Unknown "\$\{param\.y\}", expected .*?Did you mean "params"\?/s);
  assert.match(text, /4:104: error: Expected \$\{params\.…\} or \$\{matrix\.…\}/);
  assert.equal(
    text.match(/error:/g)?.length,
    3,
    'what the text is otherwise is no further mistake',
  );
});

test('a list cannot be part of a text', async () => {
  const text = await mistakes(train('{ a: [1] }', '{ model: "x${params.a}" }'));
  assert.match(text, /"\$\{params\.a\}" is a list, which cannot be part of a text \[wrong-type\]/);
});

test('a doubled dollar is a literal one', async () => {
  const pipeline = await load(`stages:
  faces: { kind: load, inputs: { images: data/ }, with: { set: "$\${params.x} costs $5" } }
`);
  assert.equal(stageOf(pipeline, 'faces').settings['set'], '${params.x} costs $5');
});

test('texts and lists that double at every step are stopped', async () => {
  const doubling = (value: (name: string) => string) =>
    `{ p0: "0123456789", ${Array.from({ length: 40 }, (_, i) => `p${i + 1}: ${value(`p${i}`)}`).join(', ')} }`;
  const texts = doubling((name) => `"${`\${params.${name}}`.repeat(10)}"`);
  assert.match(
    await mistakes(train(texts, '{}')),
    /Parameters make this a text of more than 65,536 characters/,
  );
  const lists = doubling((name) => `[${Array(10).fill(`"\${params.${name}}"`).join(', ')}]`);
  assert.match(
    await mistakes(train(lists, '{}')),
    /The parameter "p6" expands to more than 250,000 values/,
  );
});

test('--set replaces what the file declares, and what refers to it follows', async () => {
  const yaml = train(
    '{ n: 3, o: { kind: adam }, m: "${params.n}" }',
    '{ epochs: "${params.m}", optimizer: "${params.o}" }',
  );
  const { settings } = stageOf(await load(yaml, ['params.n=9', 'params.o.kind=sgd']), 'fit');
  assert.equal(settings['epochs'], 9);
  assert.deepEqual(settings['optimizer'], { kind: 'sgd', learningRate: 0.1, momentum: 0.9 });
  const list = await load(train('{ o: 1 }', '{ optimizer: "${params.o}" }'), [
    'params.o={ kind: sgd, momentum: 0 }',
  ]);
  assert.deepEqual(stageOf(list, 'fit').keyedSettings, { optimizer: { kind: 'sgd', momentum: 0 } });
});

test('a wrong --set is shown like a line of a file', async () => {
  const yaml = train('{ epochs: 3 }', '{}');
  assert.equal(
    await mistakes(yaml, ['params.epoch=5']),
    `--set:1:1: error: Unknown parameter "epoch" [unknown-param]

    1 | params.epoch=5
      | ^^^^^^^^^^^^

  Did you mean "epochs"?`,
  );
  assert.match(
    await mistakes(yaml, ['epochs=5']),
    /Expected --set params\.<name>=<value> or --set <stage>\.<setting>=<value>, got "epochs=5" \[wrong-set\]/,
  );
  assert.match(await mistakes(yaml, ['epochs=5']), /\n {2}Did you mean "params\.epochs=5"\?$/);
  assert.doesNotMatch(await mistakes(yaml, ['seeds=5']), /Did you mean/);
  assert.match(await mistakes(yaml, ['sn/params.epochs=5']), /No pipeline is included as "sn"/);
  assert.match(await mistakes(yaml, ['params.epochs=[5']), /--set:1:\d+: error: .* \[yaml\]/);
});

test('a parameter that no stage reads is a warning, and so is one that only such a parameter reads', async () => {
  const yaml = train(
    '{ a: 3, b: "${params.a}", c: 1, d: "${params.c}" }',
    '{ epochs: "${params.b}" }',
  );
  const { warnings } = await load(yaml, ['params.d=5']);
  assert.deepEqual(
    warnings.map(({ message }) => message),
    ['No stage reads the parameter "c"', 'No stage reads the parameter "d"'],
  );
  assert.deepEqual((await load(train('{ n: 3 }', '{ epochs: "${params.n}" }'))).warnings, []);
});

test('an unread parameter of an extended file is reported only if the command line sets it', async () => {
  const base = { 'pipelines/base.yaml': train('{ n: 3, other: 1 }', '{}') };
  using project = new TestProject({
    ...base,
    'pipelines/p.yaml': 'extends: base.yaml\nparams: { n: 4 }\n',
  });
  const warned = async (...set: string[]) =>
    value(await project.load(set)).warnings.map(({ message }) => message);
  assert.deepEqual(await warned(), ['No stage reads the parameter "n"']);
  assert.equal((await warned('params.other=2')).length, 2);
});

test('an unread parameter gets a hint to a read one with a similar name', async () => {
  const base = {
    'pipelines/base.yaml': train('{ epochs: 3, old: 1 }', '{ epochs: "${params.epochs}" }'),
  };
  using project = new TestProject({
    ...base,
    'pipelines/p.yaml': 'extends: base.yaml\nparams: { epoch: 4, odl: 2 }\n',
  });
  const { warnings } = value(await project.load());
  assert.deepEqual(
    warnings.map(({ message, hint }) => [message, hint]),
    [
      ['No stage reads the parameter "epoch"', 'Did you mean "epochs"?'],
      ['No stage reads the parameter "odl"', undefined],
    ],
  );
});

const shell = (run: string, z: string) => `params: { z: ${JSON.stringify(z)} }
stages:
  say:
    kind: command
    inputs: { x: data/ }
    outputs: { o: out/o }
    with:
      run: |
        ${run.replaceAll('\n', '\n        ')}
`;

test('in a shell text a value fits the quotes around it, and no variables are replaced in it', async () => {
  const run = async (text: string, z: string) =>
    stageOf(await load(shell(text, z)), 'say').settings['run'];
  assert.equal(
    await run('head -n ${params.z} "${inputs.x}" # ${params.z} ${params.y}', '10'),
    'head -n 10 "${inputs.x}" # ${params.z} ${params.y}\n',
  );
  assert.equal(
    await run('echo "name: ${params.z}" \'${params.z}\' ${params.z}', 'a b'),
    "echo \"name: a b\" 'a b' 'a b'\n",
  );
  assert.equal(
    await run('echo "${params.z}" ${inputs.x.list}', '$${inputs.x}'),
    'echo ""\'$\'\'{inputs.x}\'"" ${inputs.x.list}\n',
  );
});

test('a value that a shell would read as code is reported at its position, with what to write', async () => {
  assert.equal(
    await mistakes(shell('echo ${params.z} && sh -c "ls ${params.z}"', '$(touch PWNED)')),
    `pipelines/p.yaml:9:39: error: "\${params.z}" is inside code for sh, and "$(touch PWNED)" is not a plain word [unfit-value]

    9 |         echo \${params.z} && sh -c "ls \${params.z}"
      |                                       ^^^^^^^^^^^

  Pass it as an argument: sh -c '… "$1" …' sh \${params.z}`,
  );
  assert.match(
    await mistakes(shell('echo $((${params.z} + 1))', 'a[0]')),
    /is inside arithmetic, and "a\[0\]" is not a number/,
  );
  assert.match(
    await mistakes(shell("cat <<'E'\n${params.z}\nE", '$${inputs.x}')),
    /would be read for placeholders again \[unfit-value\]/,
  );
  assert.match(
    await mistakes(shell('echo ${inputs.y.list} ${outputs.o.list}', '')),
    /no input "y\.list".*no output "o\.list"/s,
  );
});
