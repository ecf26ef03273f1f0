import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { suite, test } from 'node:test';
import { Project } from './support/rig.ts';
import { install, makeVenv, noPython } from './support/venv.ts';

const yaml = (settings: string, inputs = '') => `stages:
  fit:
    kind: python
${inputs === '' ? '' : `    inputs: { ${inputs} }\n`}    outputs: { text: out/fit.txt }
    with: { args: "--to \${outputs.text}", ${settings} }
`;
const write = (text: string) =>
  `import sys\nopen(sys.argv[sys.argv.index("--to") + 1], "w").write(${text})\n`;
const files = {
  'pkg/__init__.py': '',
  'pkg/words.py': 'word = "a"\n',
  'pkg/train.py': `from .words import word\n${write('word + str(sys.argv[0].endswith("pkg/train.py"))')}`,
  'train.py': write('"plain"'),
};
const ran = { fit: 'ran' };
const upToDate = { fit: 'up to date' };
const planOf = async (project: Project): Promise<string> =>
  (await project.command('plan', 'test.yaml')).stdout.split('\n')[1]!.trim();
const mistakeOf = async (project: Project): Promise<string> =>
  (await project.command('plan', 'test.yaml')).stderr.split('\n')[0]!;

suite('programs in Python that are modules, or that others start', {
  skip: noPython ?? false,
}, () => {
  test('a module runs as by `python -m`, with relative imports, and counts like a program', async () => {
    using project = new Project(yaml('module: pkg.train'), files);
    const first = await project.run();
    assert.deepEqual(first.outcomes, ran, first.stderr);
    assert.equal(project.read('out/fit.txt'), 'aTrue');
    project.edit('pkg/words.py', '"a"', '"b"');
    assert.match(await planOf(project), /^run +fit +its code changed \(pkg\/words\.py\)$/);
    assert.deepEqual((await project.run()).outcomes, ran);
    project.edit('pkg/words.py', '"b"', '"b"  # a comment');
    assert.deepEqual((await project.run()).outcomes, upToDate);
  });

  test('a package runs by its __main__, and one module is other work than another', async () => {
    const main = `from . import words\n${write('words.word')}`;
    using project = new Project(yaml('module: pkg'), { ...files, 'pkg/__main__.py': main });
    const first = await project.run();
    assert.deepEqual(first.outcomes, ran, first.stderr);
    assert.equal(project.read('out/fit.txt'), 'a');
    project.edit('pipelines/test.yaml', 'module: pkg ', 'module: pkg.train ');
    assert.match(await planOf(project), /^run +fit +.*settings\.module: "?pkg"? → "?pkg\.train"?/);
  });

  test('a stage needs either a program or a module, and the module must be there', async () => {
    using project = new Project(yaml('continues: []'), files);
    assert.equal(
      await mistakeOf(project),
      'pipelines/test.yaml:2:3: error: There is no program: name a file by the input `program`, such as ./train.py, or a module by the setting `module`, such as pkg.train [broken-program]',
    );
    project.write('pipelines/test.yaml', yaml('module: pkg.train', 'program: ./train.py'));
    assert.match(
      await mistakeOf(project),
      /error: expected either the input `program` or `module`, got both \[wrong-settings\]$/,
    );
    project.write('pipelines/test.yaml', yaml('module: pkg.tran'));
    assert.match(
      await mistakeOf(project),
      /error: there is no module pkg\.tran, which `module` names \[broken-program\]$/,
    );
  });

  test('modules and files that no text shows count if the stage names them', async () => {
    using project = new Project(
      yaml('modules: [plugins.*], code: [tools, conf/*.json]', 'program: ./train.py'),
      {
        ...files,
        'plugins/__init__.py': '',
        'plugins/one.py': 'x = 1\n',
        'tools/sub.py': 'import deep\n',
        'tools/deep.py': 'x = 1\n',
        'conf/a.json': '{}',
      },
    );
    const first = await project.run();
    assert.deepEqual([first.outcomes, first.warnings], [ran, []], first.stderr);
    project.write('plugins/one.py', 'x = 2\n');
    project.write('plugins/two.py', 'x = 2\n');
    project.write('tools/deep.py', 'x = 2\n');
    project.write('conf/b.json', '{}');
    project.edit('conf/a.json', '{}', '{ }');
    assert.match(
      await planOf(project),
      /^run +fit +its code changed \(conf\/a\.json, conf\/b\.json, plugins\/one\.py, plugins\/two\.py and 1 more\)$/,
    );
    project.edit('pipelines/test.yaml', 'conf/*.json', 'cnf/*.json');
    assert.match(
      await mistakeOf(project),
      /error: there is no file cnf\/\*\.json, which `code` names \[broken-program\]$/,
    );
    project.edit('pipelines/test.yaml', 'cnf/*.json', 'conf/*.json');
    project.edit('pipelines/test.yaml', 'plugins.*', 'plugin');
    assert.match(
      await mistakeOf(project),
      /error: there is no module plugin, which `modules` names \[broken-program\]$/,
    );
  });

  test('a launcher starts the program, from beside the interpreter, and its package counts', async () => {
    using project = new Project(
      yaml('python: .venv/bin/python, launcher: [twice, --times=2]', 'program: ./train.py'),
      {
        ...files,
        'train.py': `import os, sys\nopen(sys.argv[2], "a").write(os.environ["RANK"] + ",".join(sys.argv[3:]) + os.environ.get("PYTHONUNBUFFERED", "") + "\\n")\n`,
      },
    );
    const packages = makeVenv(project, '.venv');
    assert.equal(
      (await project.run()).messages['fit'],
      `There is no program "twice", the first word of \`launcher\`, beside ${project.path('.venv/bin/python')} or on PATH`,
    );
    project.write(
      '.venv/bin/twice',
      `#!${project.path('.venv/bin/python')}
import os, subprocess, sys
for rank in range(int(sys.argv[1][-1])):
    subprocess.run([sys.executable, *sys.argv[2:]], env={**os.environ, "RANK": str(rank)}, check=True)
`,
    );
    chmodSync(project.path('.venv/bin/twice'), 0o755);
    install(project, packages, ['tiny', '1.0']);
    project.write(
      `${packages}/tiny-1.0.dist-info/entry_points.txt`,
      '[console_scripts]\ntwice = tiny:main\n',
    );
    const first = await project.run();
    assert.deepEqual([first.outcomes, first.warnings], [ran, []], first.stderr);
    assert.equal(project.read('out/fit.txt'), '01\n11\n');
    install(project, packages, ['tiny', '1.1']);
    project.write(
      `${packages}/tiny-1.1.dist-info/entry_points.txt`,
      '[console_scripts]\ntwice = tiny:main\n',
    );
    assert.match(await planOf(project), /^run +fit +its code changed \(tiny==1\.1\)$/);
    project.edit('pipelines/test.yaml', 'times=2', 'times=3');
    assert.match(await planOf(project), /settings\.launcher/);
  });

  test('files that only a program under a launcher loads count from then on', async () => {
    using project = new Project(
      yaml('launcher: [/usr/bin/python3, -u, starter.py]', 'program: ./train.py'),
      {
        ...files,
        'starter.py':
          'import os, subprocess, sys\nsubprocess.run([sys.executable, *sys.argv[1:]], env=os.environ.copy(), check=True)\n',
        name: 'plug',
        'plug.py': 'word = "a"\n',
        'train.py': `${write('__import__(open("name").read()).word')}`,
      },
    );
    const first = await project.run();
    assert.deepEqual(first.outcomes, ran, first.stderr);
    assert.match(
      first.warnings.at(-1)!,
      /^loaded files of the project that its code does not show: plug\.py, starter\.py\. They count/,
    );
    project.write('plug.py', 'word = "b"\n');
    assert.deepEqual((await project.run()).outcomes, ran);
  });
});
