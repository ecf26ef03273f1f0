import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { library } from './support/library.ts';

const { openProject } = library;

/** Stages that read one thing each, by what they read. */
const yaml = `
extends: base.yaml
include: { inner: included.yaml }
params: { word: a, unread: 1 }
stages:
  one:
    kind: command
    inputs: { text: ./in.txt }
    outputs: { text: out/one.txt }
    with: { run: "cat \${inputs.text} > \${outputs.text}" }
  two:
    kind: command
    inputs: { text: one.text }
    outputs: { text: out/two.txt }
    with: { run: "wc -c < \${inputs.text} > \${outputs.text}" }
  folder: { kind: command, inputs: { data: data/ }, with: { run: "ls \${inputs.data}" } }
  files: { kind: command, inputs: { texts: globbed/*.txt }, with: { run: "cat \${inputs.texts}" } }
  pair:
    kind: command
    inputs: { first: ./in.txt, second: ./same.txt, third: ./other.txt }
    with: { run: "cat \${inputs.first} \${inputs.second} \${inputs.third}" }
  declared: { kind: command, env: [MOOD], with: { run: "echo $MOOD" } }
  worded: { kind: command, with: { run: "echo \${params.word}" } }
  seeded:
    kind: command
    matrix: { seed: [1, 2] }
    outputs: { text: { type: files } }
    with: { run: "echo \${matrix.seed} > \${outputs.text}" }
  linked: { kind: command, inputs: { text: ./link.txt }, with: { run: "cat \${inputs.text}" } }
  large: { kind: command, inputs: { bytes: ./large.bin }, with: { run: "wc -c < \${inputs.bytes}" } }
`;
const files = {
  'in.txt': 'abc\n',
  'same.txt': 'abc\n',
  'other.txt': 'xyz\n',
  'data/a.txt': 'a',
  'data/b.txt': 'b',
  'globbed/1.txt': '1',
  'globbed/2.txt': '2',
  'target.txt': 'linked\n',
  'pipelines/base.yaml': 'extends: deep.yaml\nstages: {}\n',
  'pipelines/deep.yaml': "stages: { deep: { kind: command, with: { run: 'echo deep' } } }\n",
  'pipelines/included.yaml': `stages:
  made: { kind: command, outputs: { text: out/inner.txt }, with: { run: "echo 1 > \${outputs.text}" } }
`,
};
const middle = 1 << 20;

/** What is done, and which stages must run then. */
interface Case {
  readonly does: (project: Project) => void;
  readonly runs: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly set?: Readonly<Record<string, string>>;
}

const edit =
  (from: string, to: string, file = 'pipelines/test.yaml') =>
  (project: Project) =>
    project.edit(file, from, to);
const nothing = () => {};
/** New content under the size and the times of the old one. */
function rewrite(project: Project, file: string, text: string): void {
  const { atime, mtime } = statSync(project.path(file));
  writeFileSync(project.path(file), text);
  utimesSync(project.path(file), atime, mtime);
}

const cases: Readonly<Record<string, Case>> = {
  'an input is touched': {
    does: (project) => utimesSync(project.path('in.txt'), 9, 9),
    runs: [],
  },
  'comments, and keys in another order': {
    does: edit(
      'declared: { kind: command, env: [MOOD], with: { run: "echo $MOOD" } }',
      '# why\n  declared: { with: { run: "echo $MOOD" }, env: [MOOD], kind: command } # so',
    ),
    runs: [],
  },
  'a block in place of braces, with an anchor': {
    does: edit(
      'worded: { kind: command, with: { run: "echo ${params.word}" } }',
      'worded:\n    kind: command\n    with: &with\n      run: echo ${params.word}\n  again: { kind: command, with: *with }',
    ),
    runs: [],
  },
  'a stage gets another name': { does: edit('  worded:', '  named:'), runs: [] },
  'a stage of a matrix gets another name': { does: edit('  seeded:', '  drawn:'), runs: [] },
  'a description, resources, retries, a timeout and an order': {
    does: edit(
      'linked: { kind: command,',
      'linked: { description: x, resources: { cpu: 2 }, retries: 1, timeout: 1h, after: two, kind: command,',
    ),
    runs: [],
  },
  'a parameter that a stage reads': { does: edit('word: a', 'word: b'), runs: ['worded'] },
  'a parameter on the command line': {
    does: nothing,
    set: { 'params.word': 'b' },
    runs: ['worded'],
  },
  'the same value on the command line': { does: nothing, set: { 'params.word': 'a' }, runs: [] },
  'a parameter that no stage reads': { does: edit('unread: 1', 'unread: 2'), runs: [] },
  'a file that is extended': {
    does: edit(
      'stages: {}',
      "stages: { worded: { with: { run: 'echo base' } } }",
      'pipelines/base.yaml',
    ),
    runs: [],
  },
  'a file at the end of a chain of three': {
    does: edit('echo deep', 'echo deeper', 'pipelines/deep.yaml'),
    runs: ['deep'],
  },
  'another name for an included pipeline': { does: edit('{ inner:', '{ other:'), runs: [] },
  'a further input': {
    does: edit('inputs: { text: ./link.txt }', 'inputs: { text: ./link.txt, more: ./other.txt }'),
    runs: ['linked'],
  },
  'a further output': {
    does: edit(
      'outputs: { text: out/two.txt }',
      'outputs: { text: out/two.txt, more: out/more.txt }',
    ),
    runs: ['two'],
  },
  'another path of an output': { does: edit('out/one.txt', 'out/first.txt'), runs: [] },
  'another extension of an output': {
    does: edit('out/two.txt', 'out/two.csv'),
    runs: ['two'],
  },
  'equal inputs change places': {
    does: edit('first: ./in.txt, second: ./same.txt', 'first: ./same.txt, second: ./in.txt'),
    runs: [],
  },
  'a declared variable': { does: nothing, env: { MOOD: 'bad' }, runs: ['declared'] },
  'variables that nobody declared': {
    does: nothing,
    env: { TZ: 'Asia/Tokyo', LANG: 'x' },
    runs: [],
  },
  'a further value of a matrix': {
    does: edit('[1, 2]', '[1, 2, 3]'),
    runs: ['seeded[seed=3]'],
  },
  'fewer values of a matrix, in another order': { does: edit('[1, 2]', '[2]'), runs: [] },
  'another name of an axis': {
    does: (project) => {
      project.edit('pipelines/test.yaml', '{ seed: [', '{ s: [');
      project.edit('pipelines/test.yaml', 'matrix.seed', 'matrix.s');
    },
    runs: [],
  },
  'a file in a folder gets another name': {
    does: (project) => renameSync(project.path('data/a.txt'), project.path('data/c.txt')),
    runs: ['folder'],
  },
  'the mode of a file in a folder': {
    does: (project) => chmodSync(project.path('data/a.txt'), 0o755),
    runs: [],
  },
  'a link to a file of the same content': {
    does: (project) => {
      rmSync(project.path('link.txt'));
      project.write('copy.txt', 'linked\n');
      symlinkSync('copy.txt', project.path('link.txt'));
    },
    runs: [],
  },
  'the target of a link': { does: edit('linked', 'edited', 'target.txt'), runs: ['linked'] },
  'one byte in the middle of a file, at its old time': {
    does: (project) => {
      const bytes = Buffer.alloc(2 * middle);
      bytes[middle] = 1;
      const { atime, mtime } = statSync(project.path('large.bin'));
      writeFileSync(project.path('large.bin'), bytes);
      utimesSync(project.path('large.bin'), atime, mtime);
    },
    runs: ['large'],
  },
  'a text of the same size and time': {
    does: (project) => rewrite(project, 'other.txt', 'xyy\n'),
    runs: ['pair'],
  },
  'a file that is edited under another name of it': {
    does: (project) => {
      linkSync(project.path('data/b.txt'), project.path('elsewhere.txt'));
      writeFileSync(project.path('elsewhere.txt'), 'B');
    },
    runs: ['folder'],
  },
  'a new file that a pattern matches': {
    does: (project) => project.write('globbed/3.txt', '3'),
    runs: ['files'],
  },
  'a file less that a pattern matches': {
    does: (project) => rmSync(project.path('globbed/2.txt')),
    runs: ['files'],
  },
  'hidden files and others that no pattern matches': {
    does: (project) => {
      project.write('globbed/.3.txt', '3');
      project.write('globbed/notes.md', 'x');
    },
    runs: [],
  },
  'an empty folder in a folder': {
    does: (project) => mkdirSync(project.path('data/empty')),
    runs: [],
  },
  'an output is removed': { does: (project) => rmSync(project.path('out/one.txt')), runs: [] },
  'an output is edited': { does: edit('abc', 'mine', 'out/one.txt'), runs: [] },
  salt: {
    does: (project) => project.edit('pipelines/test.yaml', 'params:', 'salt: 2\nparams:'),
    runs: [
      'declared',
      'deep',
      'files',
      'folder',
      'inner/made',
      'large',
      'linked',
      'one',
      'pair',
      'seeded[seed=1]',
      'seeded[seed=2]',
      'two',
      'worded',
    ],
  },
};

suite('what makes stages run', () => {
  let original: Project;
  before(async () => {
    original = new Project(yaml, files);
    symlinkSync('target.txt', original.path('link.txt'));
    writeFileSync(original.path('large.bin'), Buffer.alloc(2 * middle));
    original.env['MOOD'] = 'good';
    original.env['TZ'] = 'UTC';
    const { code, stderr } = await original.run();
    assert.equal(code, 0, stderr);
  });
  after(() => original[Symbol.dispose]());

  /** The stages that would run after a case, in a copy of the project. */
  async function runsAfter({ does, env = {}, set = {} }: Case): Promise<readonly string[]> {
    using copy = new Project('');
    cpSync(original.root, copy.root, { recursive: true, verbatimSymlinks: true });
    does(copy);
    const project = await openProject(copy.root, { env: { ...process.env, MOOD: 'good', ...env } });
    try {
      const plan = await (await project.load('test.yaml', { set })).plan();
      return plan
        .filter(({ state }) => state === 'stale' || state === 'waiting')
        .map(({ stage }) => stage)
        .toSorted();
    } finally {
      await project.close();
    }
  }

  for (const [what, story] of Object.entries(cases)) {
    const runs = story.runs.length === 0 ? 'nothing' : 'only what reads it';
    test(`${runs} runs after this change: ${what}`, async () => {
      assert.deepEqual(await runsAfter(story), story.runs);
    });
  }
});
