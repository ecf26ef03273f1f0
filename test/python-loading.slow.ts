import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync } from 'node:fs';
import { suite, test } from 'node:test';
import { whyNoTracing } from '../src/engine/execution/trace-reads.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import type { RanOnce } from './support/rig.ts';
import { print } from './support/two-stages.ts';
import { makeVenv, noPython } from './support/venv.ts';

const yaml = `
stages:
  fit:
    kind: python
    inputs: { program: ./train.py }
    outputs: { text: out/fit.txt }
    with: { args: "words \${outputs.text}" }
`;

/** A program that loads the plug-in that its first argument names. */
const files = {
  'train.py': `import importlib
import sys
plugin = importlib.import_module('plugins.' + sys.argv[1])
open(sys.argv[2], 'w').write(plugin.word + '\\n')
`,
  'plugins/words.py': 'from plugins import base\nword = base.word + "!"\n',
  'plugins/base.py': 'word = "a"\n',
  'plugins/other.py': 'word = "z"\n',
};

const ran = { fit: 'ran' };
const upToDate = { fit: 'up to date' };

/** What the program was found to load, by the warnings of a run. */
const foundFiles = ({ warnings }: RanOnce): readonly string[] =>
  warnings.flatMap(
    (text) =>
      /^loaded files of the project that its code does not show: (.*?)\. /.exec(text)?.[1] ?? [],
  );

suite('files that a program loads although its text does not show them', {
  skip: noPython ?? false,
}, () => {
  function withVenv(more: Readonly<Record<string, string>> = {}, text = yaml, name = '.') {
    const project = new Project(text, { ...files, ...more }, name);
    makeVenv(project, '.venv');
    return project;
  }
  const plan = async (project: Project) => (await project.command('plan', 'test.yaml')).stdout;

  test('they count from the first run on: a change of one reruns the stage, and the old content restores it', async () => {
    using project = withVenv();
    const first = await project.run();
    assert.deepEqual(
      [first.outcomes, first.warnings.map((text) => text.split('\n')[0])],
      [
        ran,
        [
          'pipelines/test.yaml:5:24: train.py:3 imports a module whose name is computed: the files of the project that it loads count from the first run on; new files and installed packages do not',
          'loaded files of the project that its code does not show: plugins/base.py, plugins/words.py. They count from now on: a change of them reruns the stage',
        ],
      ],
    );
    assert.deepEqual((await project.run()).outcomes, upToDate);
    project.edit('plugins/other.py', '"z"', '"y"');
    project.edit('plugins/words.py', 'from plugins', '# a comment\nfrom plugins');
    assert.deepEqual((await project.run()).outcomes, upToDate);
    project.edit('plugins/base.py', '"a"', '"b"');
    assert.match(await plan(project), /^ +run +fit +its code changed \(plugins\/base\.py\)$/m);
    const second = await project.run();
    assert.deepEqual(
      [second.outcomes, foundFiles(second), project.read('out/fit.txt')],
      [ran, [], 'b!\n'],
    );
    project.edit('plugins/base.py', '"b"', '"a"');
    assert.deepEqual((await project.run()).outcomes, { fit: 'restored' });
  });

  test('a change of the program is the only reason that is given for it, and the plug-ins are found again', async () => {
    using project = withVenv();
    await project.run();
    project.edit('train.py', "+ '\\n'", "+ '?\\n'");
    assert.match(await plan(project), /^ +run +fit +its code changed \(train\.py\)$/m);
    assert.deepEqual(foundFiles(await project.run()), ['plugins/base.py, plugins/words.py']);
    assert.match(await plan(project), /up to date +fit/);
  });

  test('each stage counts what it loaded itself, whatever another one of the same program loads', async () => {
    const text = yaml
      .replace('    outputs: { text: out/fit.txt }\n', '    outputs: { text: { type: files } }\n')
      .replace('words', '${matrix.plugin}')
      .replace('    kind: python\n', '    kind: python\n    matrix: { plugin: [words, other] }\n');
    using project = withVenv({}, text);
    const words = 'fit[plugin=words]';
    const otherStage = 'fit[plugin=other]';
    assert.deepEqual((await project.run()).outcomes, { [words]: 'ran', [otherStage]: 'ran' });
    assert.deepEqual((await project.run()).outcomes, {
      [words]: 'up to date',
      [otherStage]: 'up to date',
    });
    project.edit('plugins/other.py', '"z"', '"y"');
    assert.deepEqual((await project.run()).outcomes, {
      [words]: 'up to date',
      [otherStage]: 'ran',
    });
  });

  test('a file that is gone, or back, is noticed', async () => {
    using project = withVenv({
      'train.py': `import importlib, sys
try:
    word = importlib.import_module('plugins.' + sys.argv[1]).word
except ImportError:
    word = 'none'
open(sys.argv[2], 'w').write(word)
`,
    });
    await project.run();
    const text = project.read('plugins/base.py');
    project.remove('plugins/base.py');
    assert.match(
      await plan(project),
      /^ +run +fit +its code changed \(plugins\/base\.py is gone\)$/m,
    );
    assert.deepEqual([(await project.run()).outcomes, project.read('out/fit.txt')], [ran, 'none']);
    assert.deepEqual((await project.run()).outcomes, upToDate);
    project.write('plugins/base.py', text);
    assert.deepEqual((await project.run()).outcomes, { fit: 'restored' });
  });

  test('a run that had nothing to do is not remembered beyond a change of such a file', async () => {
    using project = withVenv();
    await project.run();
    project.letHoursPass(1);
    assert.deepEqual((await project.run()).outcomes, upToDate);
    const quick = await project.command('run', 'test.yaml');
    assert.equal(quick.code, 0, quick.stderr);
    const again = await project.command('run', 'test.yaml');
    assert.match(again.stdout, /up to date/);
    project.edit('plugins/base.py', '"a"', '"b"');
    assert.match((await project.command('run', 'test.yaml')).stdout, /fit: ran/);
    assert.equal(project.read('out/fit.txt'), 'b!\n');
  });

  test('a watched pipeline runs again when one changes', async () => {
    using project = withVenv();
    project.write('train.py', `${project.read('train.py')}print(plugin.word)\n`);
    const running = project.startRun('--watch');
    await running.output('fit', 'a!');
    await running.printed('Waiting for a change');
    project.edit('plugins/base.py', '"a"', '"b"');
    await running.output('fit', 'b!');
    running.child.kill('SIGINT');
    await running.ended;
  });

  test('another clone knows them by the shared store', async () => {
    using maker = withVenv({}, yaml, 'maker');
    maker.env['XDG_CONFIG_HOME'] = maker.path('..', 'config');
    await print(maker, 'store', 'init', '../shared');
    assert.deepEqual((await maker.run()).outcomes, ran);
    using clone = withVenv({
      'store.yaml': maker.read('store.yaml').replace('../shared', maker.path('../shared')),
    });
    clone.env['XDG_CONFIG_HOME'] = clone.path('config');
    assert.deepEqual((await clone.run()).outcomes, { fit: 'restored' });
    clone.edit('plugins/base.py', '"a"', '"b"');
    assert.deepEqual([(await clone.run()).outcomes, clone.read('out/fit.txt')], [ran, 'b!\n']);
    clone.edit('plugins/base.py', '"b"', '"a"');
    clone.remove('cache');
    assert.deepEqual(
      [(await clone.run()).outcomes, clone.read('out/fit.txt')],
      [{ fit: 'restored' }, 'a!\n'],
    );
  });

  test('gc keeps what leads to a result that it keeps', async () => {
    using project = withVenv();
    await project.run();
    project.edit('plugins/base.py', '"a"', '"b"');
    await project.run();
    project.letHoursPass(24 * 40);
    await print(project, 'gc', '--keep', '7d', '--yes');
    assert.deepEqual(
      readdirSync(project.path('cache/results'), { recursive: true }).filter((name) =>
        /json$/.test(String(name)),
      ).length,
      2,
    );
    assert.deepEqual((await project.run()).outcomes, upToDate);
  });

  test('a file counts however the program loaded it, and in whatever process', async () => {
    const names = [
      'spawned',
      'forked',
      'started',
      'shelled',
      'run_by_path',
      'by_spec',
      'compiled',
      'at_last',
    ];
    using project = withVenv({
      'train.py': `import importlib.util, multiprocessing, os, runpy, subprocess, sys
def work(name):
    __import__(name)
if __name__ == '__main__':
    sys.path.insert(0, os.path.join(os.getcwd(), *sys.argv[:0], 'lib'))
    folder = sys.path[0]
    for method in ('fork', 'spawn'):
        with multiprocessing.get_context(method).Pool(1) as pool:
            pool.map(work, [method + 'ed'])
    subprocess.run([sys.executable, os.path.join(folder, 'started.py')], check=True)
    os.system(f'{sys.executable} {folder}/shelled.py')
    runpy.run_path(os.path.join(folder, 'run_by_path.py'))
    spec = importlib.util.spec_from_file_location('x', os.path.join(folder, 'by_spec.py'))
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    path = os.path.join(folder, 'compiled.py')
    exec(compile(open(path).read(), path, 'exec'))
    open(sys.argv[2], 'w').write('done')
    work('at_last')
    os._exit(0)
`,
      ...Object.fromEntries(names.map((name) => [`lib/${name}.py`, 'x = 1\n'])),
    });
    const first = await project.run();
    assert.deepEqual(
      [first.outcomes, foundFiles(first)],
      [
        ran,
        [
          names
            .map((name) => `lib/${name}.py`)
            .sort()
            .join(', '),
        ],
      ],
    );
  });

  test('a shared library that ctypes opens counts', async () => {
    using project = withVenv({
      'train.py': `import ctypes, os, sys
ctypes.CDLL(os.path.join(os.getcwd(), *sys.argv[:0], 'own.so'))
open(sys.argv[2], 'w').write('done')
`,
    });
    const code = 'import _ctypes, shutil; shutil.copy(_ctypes.__file__, "own.so")';
    execFileSync('/usr/bin/python3', ['-c', code], { cwd: project.root });
    const first = await project.run();
    assert.deepEqual([first.outcomes, foundFiles(first)], [ran, ['own.so']]);
    appendFileSync(project.path('own.so'), 'x');
    assert.match(await plan(project), /^ +run +fit +its code changed \(own\.so\)$/m);
  });

  test('a file that the program writes and loads follows from the rest, and does not count', async () => {
    using project = withVenv({
      'train.py': `import sys, importlib
open('made.py', 'w').write('word = 1\\n')
importlib.import_module('made' if sys.argv else '')
open(sys.argv[2], 'w').write('done')
`,
    });
    const first = await project.run();
    assert.deepEqual([first.outcomes, foundFiles(first)], [ran, []]);
    assert.deepEqual((await project.run()).outcomes, upToDate);
  });

  test('the outputs are not cached if such a file was edited while the program ran', async () => {
    using project = withVenv();
    project.write('train.py', `open('gate').readline()\n${project.read('train.py')}`);
    const gate = project.gate('gate');
    const running = project.startRun();
    await running.output('fit', 'runs with');
    project.edit('plugins/base.py', '"a"', '"e"');
    gate.pass();
    await running.ended;
    assert.match(await plan(project), /^ +run +fit /m);
  });

  test('the program sees nothing of being watched', async () => {
    const look = `import os, sys, traceback
seen = {
    'path': sys.path, 'argv': sys.argv, 'orig': getattr(sys, 'orig_argv', None), 'flags': str(sys.flags), 'hook': str(sys.excepthook),
    'modules': sorted(sys.modules), 'finders': [str(finder) for finder in sys.meta_path],
    'cache': [path for path in sys.path_importer_cache if 'scratch' in path], 'variable': os.environ.get('PYTHONPATH'),
    'main': [__name__, __file__, str(__spec__), str(__loader__).split(' at ')[0], sorted(globals())],
}
try:
    1 / 0
except ZeroDivisionError:
    seen['traceback'] = traceback.format_exc()
open(sys.argv[1], 'w').write(repr({name: value for name, value in seen.items()}).replace(sys.argv[1], 'OUT'))
`;
    for (const variables of [{}, { PYTHONPATH: 'lib:more' }]) {
      using project = withVenv({ 'train.py': look, 'lib/sitecustomize.py': 'import colorsys\n' });
      project.edit('pipelines/test.yaml', 'words ', '');
      Object.assign(project.env, variables);
      const first = await project.run();
      assert.deepEqual(first.outcomes, ran, JSON.stringify(first.messages));
      const env = { ...process.env, ...project.env, PYTHONHASHSEED: '0' };
      execFileSync(project.path('.venv/bin/python'), ['-u', 'train.py', 'plain.txt'], {
        cwd: project.root,
        env,
      });
      assert.equal(project.read('out/fit.txt'), project.read('plain.txt'));
      assert.equal(project.read('out/fit.txt').includes('colorsys'), 'PYTHONPATH' in variables);
    }
  });

  test('--check-reads does not name what counts anyway', {
    skip: whyNoTracing() ?? false,
  }, async () => {
    using project = withVenv();
    const first = await project.run('--check-reads');
    const undeclared = first.warnings.filter((text) => text.startsWith('read files'));
    assert.deepEqual(
      [first.outcomes, undeclared.map((text) => text.replace(/ \(\d of its files\).*/, ''))],
      [ran, ['read files of the project that it does not declare: .venv/']],
    );
  });
});
