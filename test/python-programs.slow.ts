import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, realpathSync, utimesSync } from 'node:fs';
import { suite, test } from 'node:test';
import { machineCapacity } from '../src/engine/execution/machine-capacity.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { inRepository, read } from './support/pages.ts';
import { endOf, type RanOnce } from './support/rig.ts';
import { install, makeVenv, noPython } from './support/venv.ts';

const yaml = `
stages:
  fit:
    kind: python
    inputs: { program: ./train.py }
    outputs: { text: out/fit.txt }
    with: { args: "--to \${outputs.text}" }
`;
const files = {
  'train.py': `import sys
from parts.words import word  # where the words are
open(sys.argv[2], 'w').write(word + '\\n')
`,
  'parts/__init__.py': '',
  'parts/words.py': 'from . import letters\n\nword = letters.first + "b"\n',
  'parts/letters.py': 'first = "a"\n',
  'parts/unused.py': 'first = "z"\n',
};

const output = ({ events }: RanOnce) =>
  events.flatMap((event) => (event.type === 'stage-output' ? [event.text] : [])).join('');
const unclear = (what: string) =>
  `pipelines/test.yaml:5:24: ${what}: the files of the project that it loads count from the first run on; new files and installed packages do not`;
const beside = (file: string) =>
  `loaded files of the project that its code does not show: ${file}. They count from now on: a change of them reruns the stage`;
const warningsOf = ({ warnings }: RanOnce) => warnings.map((text) => text.split('\n')[0]);
const ran = { fit: 'ran' };
const upToDate = { fit: 'up to date' };

/** The hook of imports that `pip install -e` may write: it finds `hooked` in this file. */
const finder = (path: string): string => `import sys
from importlib.util import spec_from_file_location

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return spec_from_file_location(name, '${path}') if name == 'hooked' else None

sys.meta_path.append(Finder)
`;

suite('programs in Python', { skip: noPython ?? false }, () => {
  /** A project with a virtual environment, whose packages lie in the folder given. */
  function withVenv(more: Readonly<Record<string, string>> = {}, text = yaml) {
    const project = new Project(text, { ...files, ...more });
    return { project, packages: makeVenv(project, '.venv') };
  }
  const plan = async (project: Project) => (await project.command('plan', 'test.yaml')).stdout;

  test('a program runs again when a module that it imports changes, and not for a comment or another module', async () => {
    const { project } = withVenv();
    using _ = project;
    const first = await project.run();
    assert.deepEqual(first.outcomes, ran, JSON.stringify(first));
    assert.equal(project.read('out/fit.txt'), 'ab\n');
    assert.match(output(first), /^runs with \.venv\/bin\/python \(Python 3\.\d+\.\d+\)\n/);
    project.write('parts/unused.py', 'first = "y"\n');
    project.edit('train.py', '# where the words are', '# where all the words are');
    project.edit('parts/words.py', 'letters.first + "b"', '(letters.first +\n        "b")');
    assert.deepEqual((await project.run()).outcomes, upToDate);

    project.edit('parts/letters.py', '"a"', '"c"');
    assert.match(await plan(project), /^ +run +fit +its code changed \(parts\/letters\.py\)$/m);
    assert.deepEqual((await project.run()).outcomes, ran);
    assert.equal(project.read('out/fit.txt'), 'cb\n');
    project.edit('parts/letters.py', '"c"', '"a"');
    assert.deepEqual((await project.run()).outcomes, { fit: 'restored' });
    project.write('parts/__init__.py', '"""Parts of words."""\n'); // a program may print it
    project.edit('parts/words.py', 'from . import letters\n', 'from . import letters, more\n');
    project.write('parts/more.py', '');
    assert.match(
      await plan(project),
      /fit +its code changed \(parts\/__init__\.py, parts\/more\.py, parts\/words\.py\)$/m,
    );
  });

  test('found code is remembered until a file changes, or a nearer module appears', async () => {
    const { project } = withVenv();
    using _ = project;
    await project.run();
    project.letHoursPass(1);
    await project.run();
    assert.equal(
      project.files('cache/memory').filter((name) => name.startsWith('code-')).length,
      1,
    );
    assert.deepEqual((await project.run()).outcomes, upToDate);
    project.write('sys.py', '# no other module: that of Python is built in\n');
    assert.deepEqual((await project.run()).outcomes, upToDate);
    project.write('parts.py', 'raise SystemExit("not this one: a folder comes first")\n');
    assert.deepEqual((await project.run()).outcomes, upToDate);
    project.write('parts/letters/__init__.py', 'first = "d"\n'); // before letters.py
    assert.match(
      await plan(project),
      /fit +its code changed \(parts\/letters\.py is gone, parts\/letters\/__init__\.py\)$/m,
    );
    assert.deepEqual((await project.run()).outcomes, ran);
    assert.equal(project.read('out/fit.txt'), 'db\n');
  });

  test('Python runs the present text of a module, and not bytecode of an earlier one with the same size and time', async () => {
    const { project } = withVenv();
    using _ = project;
    project.env['PYTHONDONTWRITEBYTECODE'] = '';
    const path = project.path('parts/letters.py');
    for (const letter of ['a', 'c', 'd']) {
      project.write('parts/letters.py', `first = "${letter}"\n`);
      utimesSync(path, 1e9, 1e9);
      assert.deepEqual(
        [(await project.run()).outcomes, project.read('out/fit.txt')],
        [ran, `${letter}b\n`],
      );
      assert.ok(project.files('parts/__pycache__').some((name) => name.startsWith('letters.')));
    }
  });

  test('an imported package counts by its version, and so does one that it requires', async () => {
    const { project, packages } = withVenv({ 'train.py': `import tiny\n${files['train.py']}` });
    using _ = project;
    install(project, packages, ['tiny', '1.0'], 'under>=1');
    install(project, packages, ['under', '1.0+cpu']);
    install(project, packages, ['other', '1.0']);
    assert.deepEqual((await project.run()).outcomes, ran);
    install(project, packages, ['other', '2.0']);
    assert.deepEqual((await project.run()).outcomes, upToDate);
    install(project, packages, ['under', '1.0+cu124']);
    assert.match(await plan(project), /fit +its code changed \(under==1\.0\+cu124\)$/m);
    assert.deepEqual((await project.run()).outcomes, ran);
    install(project, packages, ['tiny', '1.1'], 'under>=1');
    assert.match(await plan(project), /fit +its code changed \(tiny==1\.1\)$/m);
  });

  test('folders without __init__.py are followed, and a package counts even if no RECORD lists its files, as on Debian', async () => {
    const { project, packages } = withVenv({
      'train.py': `import tiny.core.deep\nfrom src.models.net import x\n${files['train.py']}`,
      'src/models/net.py': 'x = 1\n',
    });
    using _ = project;
    for (const name of ['__init__', 'core/deep']) project.write(`${packages}/tiny/${name}.py`, '');
    project.write(
      `${packages}/tiny-1.0.dist-info/METADATA`,
      'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n',
    );
    const first = await project.run();
    assert.deepEqual(first.outcomes, ran, first.stderr);
    project.edit(`${packages}/tiny-1.0.dist-info/METADATA`, '1.0', '2.0');
    project.write('src/models/net.py', 'x = 2\n');
    assert.match(
      await plan(project),
      /fit +its code changed \(src\/models\/net\.py, tiny==2\.0\)$/m,
    );
  });

  test('a package that is installed in place counts by its contents, whether a path or an import hook finds it', async () => {
    const { project, packages } = withVenv({
      'train.py': `import mine\nimport hooked\n${files['train.py']}`,
      'lib/mine.py': 'x = 1\n',
      'elsewhere/hooked.py': 'x = 1\n',
    });
    using _ = project;
    project.write(`${packages}/mine.pth`, project.path('lib'));
    project.write(
      `${packages}/mine-1.0.dist-info/METADATA`,
      'Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n',
    );
    project.write(`${packages}/hooked.pth`, 'import hooked_finder\n');
    project.write(`${packages}/hooked_finder.py`, finder(project.path('elsewhere/hooked.py')));
    const info = `${packages}/hooked-1.0.dist-info`;
    project.write(`${info}/METADATA`, 'Metadata-Version: 2.1\nName: hooked\nVersion: 1.0\n');
    project.write(
      `${info}/direct_url.json`,
      '{"url":"file:///elsewhere","dir_info":{"editable":true}}',
    );
    project.write(`${info}/RECORD`, 'hooked.pth,,\nhooked_finder.py,,\n');
    assert.deepEqual((await project.run()).outcomes, ran);
    project.write('lib/mine.py', 'x = 2\n');
    project.write('elsewhere/hooked.py', 'x = 2\n');
    assert.match(
      await plan(project),
      /fit +its code changed \(elsewhere\/hooked\.py, lib\/mine\.py\)$/m,
    );
  });

  test('a package from a folder or a repository counts by its code too, since its version may stay the same', async () => {
    const { project, packages } = withVenv({ 'train.py': `import tiny\n${files['train.py']}` });
    using _ = project;
    install(project, packages, ['tiny', '1.0']);
    const info = `${packages}/tiny-1.0.dist-info`;
    const record = (code: string, metadata: string) =>
      project.write(
        `${info}/RECORD`,
        `tiny.py,sha256=${code},9\ntiny-1.0.dist-info/METADATA,sha256=${metadata},9\n`,
      );
    project.write(
      `${info}/direct_url.json`,
      '{"url":"https://example.org/tiny.git","vcs_info":{"vcs":"git"}}',
    );
    record('a', 'a');
    assert.deepEqual((await project.run()).outcomes, ran);
    record('a', 'b');
    assert.deepEqual((await project.run()).outcomes, upToDate);
    record('b', 'b');
    assert.match(await plan(project), /fit +its code changed \(tiny==1\.0\)$/m);
  });

  test('an interpreter counts by its build, not by its path', async () => {
    const { project, packages } = withVenv();
    using _ = project;
    await project.run();
    project.edit('pipelines/test.yaml', 'with: {', 'with: { python: /usr/bin/python3,');
    assert.deepEqual((await project.run()).outcomes, upToDate);
    project.edit('pipelines/test.yaml', 'python: /usr/bin/python3,', '');
    project.write(
      `${packages}/build.pth`,
      'import sys; sys.version = sys.version.split()[0] + " (of tests)"\n',
    );
    assert.match(
      await plan(project),
      /fit +its code changed \(Python 3\.\d+\.\d+ \(of tests\)\)$/m,
    );
  });

  test('an interpreter that lacks a package is skipped, and the log says so', async () => {
    const { project } = withVenv({ 'train.py': `import tiny\n${files['train.py']}` });
    using _ = project;
    makeVenv(project, 'active');
    const packages = makeVenv(project, 'conda');
    Object.assign(project.env, {
      VIRTUAL_ENV: project.path('active'),
      CONDA_PREFIX: project.path('conda'),
    });
    project.env['PATH'] = '/usr/bin:/bin';
    const refused = await project.run();
    assert.equal(
      refused.messages['fit'],
      'train.py imports what is not installed: .venv/bin/python lacks tiny, active/bin/python lacks tiny, conda/bin/python lacks tiny, /usr/bin/python3 lacks tiny. Install it: .venv/bin/python -m pip install tiny; or on Debian: apt-get install python3-tiny',
    );
    install(project, packages, ['tiny', '1.0']);
    const ended = await project.run();
    assert.deepEqual(ended.outcomes, ran);
    assert.match(
      output(ended),
      /^runs with conda\/bin\/python \(Python [\d.]+\): \.venv\/bin\/python lacks tiny, active\/bin\/python lacks tiny\n/,
    );
  });

  test('an import by a computed name gets a warning, and one that is written out or guarded is followed', async () => {
    const { project } = withVenv({
      'train.py': `import importlib
import runpy
import sys
sys.path.append('lib')
import deep
name = 'parts.' + sys.argv[1].replace('--to', 'unused')
importlib.import_module(name)
importlib.import_module('parts.letters')
__import__('parts.words')
__import__(name)
runpy.run_path(name.replace('.', '/') + '.py')
runpy.run_path('parts/run.py')
try:
    import absent
except ImportError:
    pass
open(sys.argv[2], 'w').write('done')
`,
      'lib/deep.py': 'x = 1\n',
      'parts/run.py': '',
    });
    using _ = project;
    const first = await project.run();
    const computed = 'imports a module whose name is computed';
    assert.deepEqual(
      [first.outcomes, warningsOf(first)],
      [
        ran,
        [
          ...[
            `train.py:7 ${computed}`,
            `train.py:10 ${computed}`,
            'train.py:11 runs code that it finds itself',
          ].map(unclear),
          beside('parts/unused.py'),
        ],
      ],
    );
    project.write('lib/deep.py', 'x = 2\n');
    project.edit('parts/letters.py', '"a"', '"c"');
    project.edit('parts/words.py', 'first + "b"', 'first + "c"');
    project.write('parts/run.py', 'x = 1\n');
    assert.match(
      await plan(project),
      /fit +its code changed \(lib\/deep\.py, parts\/letters\.py, parts\/run\.py, parts\/words\.py\)$/m,
    );
  });

  test('import folders relative to the file are followed, and others get a warning and are not run', async () => {
    const { project } = withVenv({
      'tools/run/train.py': `import os
import sys
from pathlib import Path
FILE = Path(__file__).resolve()
ROOT = FILE.parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT / 'lib'))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'beside'))
sys.path.append(os.environ['MORE'])
sys.path.append(open('ran', 'a').name)
import deep
import near
import far
open(sys.argv[2], 'w').write(far.word)
`,
      'lib/deep.py': 'x = 1\n',
      'tools/beside/near.py': 'x = 1\n',
      'more/far.py': 'word = "far"\n',
    });
    using _ = project;
    project.edit('pipelines/test.yaml', './train.py', './tools/run/train.py');
    project.env['MORE'] = project.path('more');
    const planned = await project.command('plan', 'test.yaml');
    assert.deepEqual([planned.code, project.has('ran')], [0, false]);
    const first = await project.run();
    const changes = (line: number) =>
      unclear(
        `tools/run/train.py:${line} changes sys.path by a value that only running it can tell`,
      );
    assert.deepEqual(
      [first.outcomes, warningsOf(first)],
      [ran, [changes(9), changes(10), beside('more/far.py')]],
    );
    for (const file of ['lib/deep.py', 'tools/beside/near.py']) project.write(file, 'x = 2\n');
    assert.match(
      await plan(project),
      /fit +its code changed \(lib\/deep\.py, tools\/beside\/near\.py\)$/m,
    );
  });

  test('a module of the project is never to be installed, wherever it lies', async () => {
    const { project } = withVenv({
      'train.py': `import tiny\nimport only\n${files['train.py']}`,
      'tools/only.py': 'x = 1\n',
    });
    using _ = project;
    project.edit('pipelines/test.yaml', 'with: {', 'with: { python: .venv/bin/python,');
    assert.equal(
      (await project.run()).messages['fit'],
      'train.py imports what is not installed: .venv/bin/python lacks tiny. Install it: .venv/bin/python -m pip install tiny; or on Debian: apt-get install python3-tiny',
    );
    project.edit('train.py', 'import tiny\n', '');
    const started = await project.run();
    assert.deepEqual(warningsOf(started), [
      unclear(
        'train.py:1 imports only, which is tools/only.py in the project, but not where Python looks as far as its code shows',
      ),
    ]);
    assert.match(output(started), /^ModuleNotFoundError: No module named 'only'$/m);
    project.env['PYTHONPATH'] = project.path('tools');
    assert.deepEqual([(await project.run()).outcomes, warningsOf(await project.run())], [ran, []]);
  });

  test('Python 3.10 serves, and an older one is refused with its version', async () => {
    const { project } = withVenv();
    using _ = project;
    project.edit('pipelines/test.yaml', 'with: {', 'with: { python: ./older,');
    const planned = async (version: string) => {
      const set = `sys.version_info, sys.version = (${version.replaceAll('.', ', ')}, "final", 0), "${version} (older)"`;
      const run = 'sys.argv = sys.argv[1:]; sys.path[0] = os.path.dirname(sys.argv[0])';
      const code = `import os, runpy, sys; ${set}; ${run}; runpy.run_path(sys.argv[0], run_name="__main__")`;
      project.write('older', `#!/bin/sh\nexec /usr/bin/python3 -c '${code}' "$@"\n`);
      chmodSync(project.path('older'), 0o755);
      return (await project.command('plan', 'test.yaml')).stderr.split('\n')[0];
    };
    assert.equal(
      await planned('3.9.19'),
      'pipelines/test.yaml:5:24: error: older cannot be used: Python 3.9.19 is too old: the oldest supported version is 3.10 [broken-program]',
    );
    assert.equal(await planned('3.10.0'), '');
  });

  test('a program runs in the root of the project, and a set of texts has the same order in each run', async () => {
    const words = '" ".join({str(number) for number in range(20)})';
    const { project } = withVenv({
      'tools/train.py': `import os, sys\nopen(sys.argv[2], 'w').write(os.getcwd() + ' ' + ${words})\n`,
    });
    using _ = project;
    project.edit('pipelines/test.yaml', './train.py', './tools/train.py');
    project.env['PYTHONHASHSEED'] = '7';
    assert.deepEqual((await project.run()).outcomes, ran);
    const order = (seed: string) => {
      const env = { ...process.env, PYTHONHASHSEED: seed };
      return execFileSync('/usr/bin/python3', ['-c', `print(end=${words})`], {
        env,
        encoding: 'utf8',
      });
    };
    assert.equal(project.read('out/fit.txt'), `${realpathSync(project.root)} ${order('0')}`);
    project.edit('pipelines/test.yaml', 'with: {', 'env: { PYTHONHASHSEED: 5 }\n    with: {');
    assert.deepEqual((await project.run()).outcomes, ran);
    assert.equal(project.read('out/fit.txt'), `${realpathSync(project.root)} ${order('5')}`);
  });

  test('where PYTHONSAFEPATH leaves out the folder of the program, the modules that are found elsewhere count', async () => {
    const { project } = withVenv({ 'tools/train.py': files['train.py'] });
    using _ = project;
    project.write('tools/parts/__init__.py', '');
    project.write('tools/parts/words.py', 'word = "no"\n');
    project.edit('pipelines/test.yaml', './train.py', './tools/train.py');
    Object.assign(project.env, { PYTHONSAFEPATH: '1', PYTHONPATH: project.root });
    assert.deepEqual([(await project.run()).outcomes, project.read('out/fit.txt')], [ran, 'ab\n']);
    project.edit('parts/letters.py', '"a"', '"c"');
    assert.deepEqual([(await project.run()).outcomes, project.read('out/fit.txt')], [ran, 'cb\n']);
    project.env['PYTHONSAFEPATH'] = '';
    assert.deepEqual([(await project.run()).outcomes, project.read('out/fit.txt')], [ran, 'no\n']);
  });

  test('a program has one core, or as many as its stage asks for', async () => {
    const { project } = withVenv({
      'train.py': `import os, sys\nopen(sys.argv[2], 'w').write(os.environ['OMP_NUM_THREADS'])\n`,
    });
    using _ = project;
    await project.run();
    assert.equal(project.read('out/fit.txt'), '1');
    project.edit(
      'pipelines/test.yaml',
      '    kind: python\n',
      '    kind: python\n    resources: { cpu: all }\n',
    );
    await project.run('--force');
    assert.equal(project.read('out/fit.txt'), String(machineCapacity(process.env).cpu));
  });

  test('more epochs are other settings, so a checkpoint of fewer does not serve', async () => {
    const { project } = withVenv({
      'train.py': `import restage
done = restage.checkpoint.load() or []
restage.checkpoint.save([*done, restage.settings['epochs']])
open(restage.outputs['text'], 'w').write(str(done))
`,
      'restage.py': read('stages/python/restage.py'),
    });
    using _ = project;
    project.edit('pipelines/test.yaml', 'args: "--to ${outputs.text}"', 'args: { epochs: 3 }');
    await project.run();
    project.edit('pipelines/test.yaml', 'epochs: 3', 'epochs: 5');
    assert.deepEqual([(await project.run()).outcomes, project.read('out/fit.txt')], [ran, '[]']);
  });

  test('the template says what to install where PyTorch is missing', async () => {
    const { project } = withVenv({
      'train.py': read('src/project/templates/train.py'),
      'restage.py': read('stages/python/restage.py'),
    });
    using _ = project;
    project.edit('pipelines/test.yaml', 'with: {', 'with: { python: .venv/bin/python,');
    assert.equal(
      (await project.run()).messages['fit'],
      'train.py imports what is not installed: .venv/bin/python lacks torch, PIL. Install it: .venv/bin/python -m pip install torch pillow; or on Debian: apt-get install python3-torch python3-pil',
    );
  });

  test('restage.py comes with Restage, so nobody is told to install a package of that name', async () => {
    const { project } = withVenv({ 'code/train.py': 'import tiny, restage\n' });
    using _ = project;
    project.edit('pipelines/test.yaml', 'with: {', 'with: { python: .venv/bin/python,');
    project.edit('pipelines/test.yaml', './train.py', './code/train.py');
    const what = 'code/train.py imports what is not installed: .venv/bin/python lacks';
    const pip = 'Install it: .venv/bin/python -m pip install tiny';
    const debian = 'or on Debian: apt-get install python3-tiny';
    const copying = `restage.py comes with Restage, not from pip: cp ${inRepository('stages/python/restage.py')} code/`;
    assert.equal(
      (await project.run()).messages['fit'],
      `${what} tiny, restage. ${pip}; ${debian}. ${copying}`,
    );
    project.edit('code/train.py', 'import tiny, restage', 'import restage');
    assert.equal((await project.run()).messages['fit'], `${what} restage. ${copying}`);
  });

  test('a program that cannot be read is a mistake with its line, and only of the stages that use it', async () => {
    const { project } = withVenv({ 'parts/letters.py': 'first = (\n' });
    using _ = project;
    const { code, stderr } = await project.command('plan', 'test.yaml');
    assert.equal(code, 1);
    assert.match(stderr, /parts\/letters\.py:1: '\(' was never closed/);
    const okStage = `  ok: { kind: command, outputs: { out: out/ok.txt }, with: { run: "echo ok > \${outputs.out}" } }\n`;
    project.write('pipelines/test.yaml', `${yaml}${okStage}`);
    const run = await project.run();
    assert.deepEqual([run.code, run.outcomes], [1, {}]);
    assert.match(run.stderr, /parts\/letters\.py:1: '\(' was never closed \[broken-program\]/);
    assert.deepEqual((await project.run('ok')).outcomes, { ok: 'ran' });
    project.edit('pipelines/test.yaml', './train.py', './absent.py');
    assert.match(
      (await project.command('plan', 'test.yaml')).stderr,
      /There is no file or folder ".\/absent.py"/,
    );
  });

  test('the outputs of a program that was edited while it ran are used in this run but not cached', async () => {
    const { project } = withVenv({ 'train.py': `open('gate').readline()\n${files['train.py']}` });
    using _ = project;
    const gate = project.gate('gate');
    const running = project.startRun();
    await running.output('fit', 'runs with');
    project.edit('parts/letters.py', '"a"', '"e"');
    gate.pass();
    const first = await endOf(running);
    assert.deepEqual(first.outcomes, ran, JSON.stringify(first));
    assert.deepEqual(first.warnings, [
      'parts/letters.py changed while the stage ran, by an edit or by the stage itself: its outputs are used in this run only; the next run repeats the stage',
    ]);
    assert.equal(project.read('out/fit.txt'), 'eb\n');
    project.edit('parts/letters.py', '"e"', '"a"');
    assert.match(
      await plan(project),
      /^ +run +fit /m,
      'what ran is not taken for what was decided',
    );
  });

  test('a list port is a list, however many items it has', async () => {
    const text =
      "import restage\nprint([type(restage.inputs[port]).__name__ for port in ('one', 'list', 'glob')])\n";
    const { project } = withVenv({
      'train.py': text,
      'restage.py': read('stages/python/restage.py'),
      'data/a.txt': 'a',
    });
    using _ = project;
    project.write(
      'pipelines/test.yaml',
      `stages:
  fit:
    kind: python
    inputs: { program: ./train.py, one: data/a.txt, list: [data/a.txt], glob: data/*.txt }
`,
    );
    assert.match(output(await project.run()), /\['str', 'list', 'list'\]/);
  });

  test('arguments are a map, in which true is a flag, or the words of a command line', async () => {
    const { project } = withVenv({ 'train.py': `import sys\nprint(sys.argv[1:])\n` });
    using _ = project;
    project.edit('pipelines/test.yaml', '    outputs: { text: out/fit.txt }\n', '');
    project.edit(
      'pipelines/test.yaml',
      '"--to ${outputs.text}"',
      '{ lr: 0.001, fast: true, slow: false, sizes: [8, 16] }',
    );
    assert.match(
      output(await project.run()),
      /\['--lr', '0\.001', '--fast', '--sizes', '8', '16'\]/,
    );
    project.edit('pipelines/test.yaml', 'fast: true', 'data: "${inputs.program}"');
    const { stderr } = await project.command('plan', 'test.yaml');
    assert.match(
      stderr,
      /error: A map under "args" cannot name "\$\{inputs\.program\}" \[unknown-variable\]/,
    );
    assert.match(stderr, /Write it as a text, which can: args: "--x \$\{inputs\.program\}"/);
    project.edit(
      'pipelines/test.yaml',
      '{ lr: 0.001, data: "${inputs.program}", slow: false, sizes: [8, 16] }',
      '5',
    );
    const wrong = await project.command('plan', 'test.yaml');
    assert.match(
      wrong.stderr,
      /error: Expected a map of arguments, or a text with the words of a command line for "with\.args", got 5 /,
    );
  });
});
