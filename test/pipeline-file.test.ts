import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { print } from './support/two-stages.ts';

/** Measures each clip of a list, all of them together, and, if asked for, the long ones. */
const clips = `params: { long: false }
stages:
  measure:
    kind: command
    matrix: { clip: { from: data/clips.csv } }
    inputs: { clip: "\${matrix.clip.file}" }
    outputs: { size: { type: files } }
    with: { run: "echo \${matrix.clip.weight * 2} $(wc -c < \${inputs.clip}) > \${outputs.size}" }
  all:
    kind: command
    inputs: { sizes: [measure.size] }
    outputs: { text: out/all.txt }
    with: { run: "cat \${inputs.sizes} > \${outputs.text}" }
  long:
    kind: command
    when: "\${params.long}"
    inputs: { text: all.text }
    outputs: { text: out/long.txt }
    with: { run: "tail -1 \${inputs.text} > \${outputs.text}" }
`;
const files = {
  'data/clips.csv': 'name,file,weight\na,data/a.txt,1\nb,data/b.txt,1.5\n',
  'data/a.txt': 'abc\n',
  'data/b.txt': 'abcdef\n',
};

test('the rows of a CSV file are stages: a new row runs its own alone, and a run notices it', async () => {
  using project = new Project(clips, files);
  assert.equal(
    await print(project, 'plan'),
    `test: 3 stages
  run         measure[clip=a]  never ran
  run         measure[clip=b]  never ran
  may run     all              reads measure[clip=a], measure[clip=b], which must run
  left out    long             its "when" is false
2 run, 1 may run
`,
  );
  assert.equal((await project.run()).code, 0);
  assert.equal(project.read('out/all.txt'), '2 4\n3 7\n');
  const again = `test: 3 stages
  up to date  measure[clip=a]
  up to date  measure[clip=b]
  up to date  all
  left out    long             its "when" is false
3 up to date
`;
  assert.equal(await print(project, 'plan'), again, 'also where the run is remembered');
  project.write('data/c.txt', 'c\n');
  project.write('data/clips.csv', `${files['data/clips.csv']}c,data/c.txt,4\n`);
  assert.equal(
    await print(project, 'plan'),
    `test: 4 stages
  up to date  measure[clip=a]
  up to date  measure[clip=b]
  run         measure[clip=c]  never ran
  may run     all              reads measure[clip=c], which must run
  left out    long             its "when" is false
2 up to date, 1 run, 1 may run
`,
  );
  assert.equal((await project.run()).code, 0);
  assert.equal(project.read('out/all.txt'), '2 4\n3 7\n8 2\n');
});

test('a stage that a when leaves out cannot be named, and runs where its parameter asks for it', async () => {
  using project = new Project(clips, files);
  const refused = await project.command('run', 'test.yaml', 'long');
  assert.deepEqual(
    { code: refused.code, stderr: refused.stderr },
    {
      code: 1,
      stderr: `error: The stage "long" is left out: its "when" is false [unknown-stage]

  Set the parameters that its \`when\` asks for.
`,
    },
  );
  const ran = await project.command('run', 'test.yaml', 'long', '--set', 'params.long=true');
  assert.equal(ran.code, 0);
  assert.equal(project.read('out/long.txt'), '3 7\n');
});

test('a new file that a glob matches is a new stage', async () => {
  const each = `stages:
  count:
    kind: command
    matrix: { clip: { glob: "data/*.txt" } }
    inputs: { clip: "\${matrix.clip.path}" }
    outputs: { size: "out/\${matrix.clip}.txt" }
    with: { run: "wc -c < \${inputs.clip} > \${outputs.size}" }
`;
  using project = new Project(each, { 'data/a.txt': 'abc\n' });
  assert.equal((await project.run()).code, 0);
  assert.match(await print(project, 'run'), /^✓ test: 1 stage up to date/);
  project.write('data/b.txt', 'b\n');
  const second = await project.run();
  assert.equal(second.code, 0);
  assert.equal(project.read('out/b.txt'), '2\n');
});

test('plan shows what the command line changes, and from where; a changed file of parameters runs again', async () => {
  const text = `params: { word: hello, times: 1 }
stages:
  say:
    kind: command
    outputs: { text: out/say.txt }
    with: { run: "echo \${params.word} \${params.times} > \${outputs.text}" }
`;
  using project = new Project(text, { 'loud.yaml': 'word: HELLO\n' });
  const options = ['--params', 'loud.yaml', '--set', 'params.times=2'];
  assert.equal(
    await print(project, 'plan', ...options),
    `test: 1 stage
  set         params.word   "HELLO" by loud.yaml:1, instead of "hello"
  set         params.times  2 by --set, instead of 1
  run         say           never ran
1 run
`,
  );
  assert.equal((await project.run(...options)).code, 0);
  assert.equal(project.read('out/say.txt'), 'HELLO 2\n');
  assert.match(await print(project, 'run', ...options), /^✓ test: 1 stage up to date/);
  project.write('loud.yaml', 'word: HO\n');
  assert.equal((await project.run(...options)).code, 0);
  assert.equal(project.read('out/say.txt'), 'HO 2\n');
  const set = await project.run('--set', 'say.run=echo ho > ${outputs.text}');
  assert.equal(set.code, 0);
  assert.equal(project.read('out/say.txt'), 'ho\n');
});

test('an evaluate of scores inherits their matrix without brackets, and puts them together in brackets', async () => {
  const rows = (seed: string) =>
    ['a', 'b', 'c', 'd'].map((key, i) => `${key},test,${i % 2},0.${seed},0.${i + 1}`).join('\\n');
  const text = `stages:
  fit:
    kind: command
    matrix: { seed: [1, 2] }
    outputs: { scores: { type: scores } }
    with: { run: "printf 'key,split,label,real,fake\\n${rows('${matrix.seed}')}\\n' > \${outputs.scores}" }
  judged: { kind: evaluate, inputs: { scores: fit.scores }, with: { splits: [test], draws: 0 } }
  together: { kind: evaluate, inputs: { scores: [fit.scores] }, with: { splits: [test], draws: 0 } }
  table: { kind: table, inputs: { metrics: [judged.metrics] }, with: { values: [test.auc], over: [seed] } }
`;
  using project = new Project(text);
  const { outcomes, code } = await project.run('table');
  assert.equal(code, 0);
  assert.deepEqual(Object.keys(outcomes).sort(), [
    'fit[seed=1]',
    'fit[seed=2]',
    'judged[seed=1]',
    'judged[seed=2]',
    'table',
  ]);
  const { code: failed, messages } = await project.run('together');
  assert.equal(failed, 1);
  assert.match(
    JSON.stringify(messages),
    /Expected every image in one of the scores, got .*To evaluate each by itself, leave the brackets out, as in scores: fit\.scores\./,
  );
});

test('--axis makes a stage for each value, and those that read it; each is found again when it is the value of the file', async () => {
  const text = `params: { word: a }
stages:
  say: { kind: command, outputs: { text: { type: files } }, with: { run: "echo \${params.word} > \${outputs.text}" } }
  count: { kind: command, inputs: { text: say.text }, outputs: { size: { type: files } }, with: { run: "wc -c < \${inputs.text} > \${outputs.size}" } }
`;
  using project = new Project(text);
  assert.equal(
    await print(project, 'plan', '--axis', 'word=a,bb'),
    `test: 4 stages
  set         word            ["a","bb"] by --axis
  run         say[word=a]     never ran
  run         say[word=bb]    never ran
  may run     count[word=a]   reads say[word=a], which must run
  may run     count[word=bb]  reads say[word=bb], which must run
2 run, 2 may run
`,
  );
  assert.equal((await project.run('--axis', 'word=a,bb')).code, 0);
  const { outcomes } = await project.run('--set', 'params.word=bb');
  assert.deepEqual(outcomes, { say: 'restored', count: 'restored' });
});
