import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatWarning } from '../../diagnostics/format-diagnostic.ts';
import { load, mistakes, stageOf } from '../testing-kinds.ts';

/** A pipeline whose stage `roc` takes any texts as columns, and any text as title. */
const pipelineOf = (params: string, settings: string) => `params: ${params}
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset }, with: ${settings} }
`;

const params = `
  n: 3
  half: 0.5
  net: xception
  sizes: [8, 16, 32]
  nothing: null
  nets: { small: { width: 8 }, large: { width: 32 } }
  size: large`;

/** The value of an expression, as a parameter and so as any JSON: `[value]` in the run's text. */
async function resultOf(expression: string): Promise<string> {
  const pipeline = await load(`params: ${params}
  result: ${JSON.stringify(`\${${expression}}`)}
stages:
  say:
    kind: command
    outputs: { text: artifacts/say.txt }
    with: { run: "echo \${params.result} > \${outputs.text}" }
`);
  return String(stageOf(pipeline, 'say').settings['run']).slice(5, -' > ${outputs.text}'.length);
}

/** The message and the marked text of an expression that has no value. */
async function mistakeOf(expression: string): Promise<string> {
  const text = `params: ${params}
  result: ${JSON.stringify(`\${${expression}}`)}
stages: { faces: { kind: load, inputs: { images: data/ }, with: { set: "\${params.result}" } } }
`;
  const [head = '', frame = '', hint] = (await mistakes(text)).split('\n\n');
  const [line = '', carets = ''] = frame.split('\n');
  const marked = line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1);
  const message = head.replace(/^.*?error: /, '').replace(' [wrong-expression]', '');
  return [message, marked, hint?.trim()].filter((part) => part !== undefined).join(' | ');
}

test('numbers are computed as on paper: products first, and 0.1 * 3 is 0.3', async () => {
  const values = {
    '1 + params.n * 2': '7',
    '(1 + params.n) * 2': '8',
    '-params.n - -1': '-2',
    'params.n / 2': '1.5',
    '7 % 3': '1',
    '-7 % 3': '2',
    '0.1 * params.n': '0.3',
    '1e-4 * 5': '0.0005',
    'round(params.n / 2)': '2',
    'round(-2.5)': '-3',
    'round(1.005, 2)': '1.01',
    'min(params.n, 2, 5)': '2',
    'max(params.sizes)': '32',
    'len(params.sizes) + len(params.net) + len(params.nets)': '13',
  };
  for (const [expression, expected] of Object.entries(values)) {
    assert.equal(await resultOf(expression), expected, expression);
  }
});

test('comparisons, conditions, texts and lists have values', async () => {
  const values = {
    "params.net == 'xception' and params.n >= 3": 'true',
    'not (params.n < 3 or params.half != 0.5)': 'true',
    "'cep' in params.net and 16 in params.sizes and 'small' in params.nets": 'true',
    'params.nothing == null': 'true',
    'params.nothing != params.n': 'true',
    "'a' < 'b'": 'true',
    '[1, params.n] == [1, 3]': 'true',
    "'x' if params.n > 5 else 'y' if params.n > 2 else 'z'": 'y',
    "params.net + '-' + params.size": 'xception-large',
    'params.sizes[1]': '16',
    'params.nets[params.size].width * 2': '64',
    "params.nets['small']['width']": '8',
    'params.sizes[len(params.sizes) - 1]': '32',
    'len(params.sizes + [64])': '4',
    "false and params.nets['huge'] == 1": 'false',
  };
  for (const [expression, expected] of Object.entries(values)) {
    assert.equal(await resultOf(expression), expected, expression);
  }
});

test('an expression without a value is reported at the part that is wrong', async () => {
  assert.equal(
    await mistakeOf('params.n - params.net'),
    '"-" takes two numbers, got a number and a text | params.n - params.net',
  );
  assert.equal(await mistakeOf('1 + params.n / 0'), '3 / 0 has no value | params.n / 0');
  assert.equal(
    await mistakeOf("params.n == '3'"),
    '"==" takes two values of one type, got a number and a text | params.n == \'3\'',
  );
  assert.equal(
    await mistakeOf("params.nets['lage']"),
    'The map has no "lage" | \'lage\' | Did you mean "large"?',
  );
  assert.equal(
    await mistakeOf('params.sizes[3]'),
    'The list has no item 3 | params.sizes[3] | Its items have the numbers 0 to 2.',
  );
  assert.equal(
    await mistakeOf('1 if params.n else 2'),
    '"if" takes true or false, got a number | params.n',
  );
  assert.equal(
    await mistakeOf('round(params.net)'),
    '"round" takes a number, got a text | params.net',
  );
  assert.equal(
    await mistakeOf('9007199254740991 + params.n'),
    'Whole numbers beyond 9007199254740991 would be rounded | 9007199254740991 + params.n',
  );
  assert.equal(await mistakeOf('1e308 * 10'), 'The result is too large a number | 1e308 * 10');
});

test('an expression that cannot be read is reported where reading stops, with what was meant', async () => {
  assert.equal(await mistakeOf('params.n *'), 'Expected a value at the end | }');
  assert.equal(
    await mistakeOf('params.n > 1 && params.half > 0'),
    'Expected an operator, got "&&" | && | Write "and".',
  );
  assert.equal(
    await mistakeOf('params.n > 1 ? 2 : 3'),
    'Expected an operator, got "?" | ? | Write a if … else b.',
  );
  assert.equal(
    await mistakeOf('floor(params.half)'),
    'Unknown function "floor" | floor | Known: min, max, round, len.',
  );
  assert.equal(
    await mistakeOf('1 < params.n < 5'),
    'A comparison takes two values, got a second "<" | < | Write "a < b and b < c".',
  );
  assert.equal(await mistakeOf("params.net == 'x"), "A text here has no closing quote | '");
  const deep = await mistakeOf(`${'('.repeat(40)}params.n${')'.repeat(40)}`);
  assert.match(deep, /^More than 32 brackets within each other/);
});

test('what a text meant before there were expressions, it means still', async () => {
  const text = pipelineOf(
    '{ "a b": 3, c-d: 4, "x * y": 5, n: 2 }',
    '{ epochs: "${params.a b}", seed: "${params.c-d}", rate: "${params.x * y}" }',
  );
  const { epochs, seed, rate } = stageOf(await load(text), 'fit').settings;
  assert.deepEqual({ epochs, seed, rate }, { epochs: 3, seed: 4, rate: 5 });
  const unknown = await mistakes(pipelineOf('{ n: 2 }', '{ model: "${HOME:-x}" }'));
  assert.match(unknown, /Unknown "\$\{HOME:-x\}", expected \$\{params\.…\} or \$\{matrix\.…\}/);
  const minus = await mistakes(pipelineOf('{ n: 2 }', '{ epochs: "${params.n-1}" }'));
  assert.match(
    minus,
    /Unknown parameter "n-1" \[unknown-param\].*Known: n\. To subtract, write spaces around "-": \$\{params\.n - 1\}/s,
  );
});

test('an expression reads axes, and a computed value has the fingerprint of the written one', async () => {
  const text = (epochs: string) => `params: { base: 2 }
stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit:
    kind: train
    matrix: { seed: [1, 2], net: [{ id: small, width: 2 }, { id: large, width: 8 }] }
    inputs: { dataset: faces.dataset }
    with:
      seed: "\${matrix.seed}"
      rate: "\${0.1 if matrix.net == 'large' else params.base}"
      epochs: ${epochs}
`;
  const pipeline = await load(text('"${params.base * matrix.net.width}"'));
  const large = stageOf(pipeline, 'fit[net=large,seed=2]').keyedSettings;
  assert.deepEqual(large, { seed: 2, rate: 0.1, epochs: 16 });
  const small = stageOf(pipeline, 'fit[net=small,seed=1]').keyedSettings;
  assert.deepEqual(small, { seed: 1, rate: 2, epochs: 4 });
});

test('the text of a command may compute with parameters; other ${…} belong to the shell', async () => {
  const pipeline = await load(`params: { n: 3, name: a b }
stages:
  say:
    kind: command
    outputs: { text: artifacts/say.txt }
    with: { run: "echo \${params.n * 2} \${params.name + '!'} \${HOME:-x} > \${outputs.text}" }
`);
  assert.equal(
    stageOf(pipeline, 'say').settings['run'],
    "echo 6 'a b!' ${HOME:-x} > ${outputs.text}",
  );
});

test('a calculation around ${…} stays a text, and a warning says so', async () => {
  const pipeline = await load(`params: { n: 3, day: 5 }
stages:
  fit: { kind: load, inputs: { images: data/ }, with: { set: "\${params.n} * 2" } }
  other: { kind: load, inputs: { images: data/ }, with: { set: "\${params.n}/\${params.day}" } }
`);
  assert.equal(stageOf(pipeline, 'fit').settings['set'], '3 * 2');
  assert.deepEqual(pipeline.warnings.map(formatWarning), [
    'pipelines/p.yaml:3:62: "3 * 2" is a text: only what is inside "${ }" is computed. To compute it, write "${params.n * 2}".',
  ]);
  const text = await mistakes(pipelineOf('{ n: 3 }', '{ epochs: "${params.n} * 2" }'));
  assert.match(
    text,
    /Expected a number for "with\.epochs", got "3 \* 2".*To compute it, write "\$\{params\.n \* 2\}"\./s,
  );
});
