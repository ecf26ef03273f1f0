import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { suite, test } from 'node:test';
import { endOf, Project, type RanOnce } from './support/rig.ts';
import { noPython } from './support/venv.ts';

const stage = (name: string, lock = 'requirements.txt') => `  ${name}:
    kind: python
    inputs: { program: ./train.py }
    outputs: { text: out/${name}.txt }
    with: { args: "\${outputs.text} ${name}", environment: ${lock} }
`;
const program = `import sys
import tiny
open(sys.argv[1], "w").write(tiny.version + " " + sys.prefix)
`;

/** Writes a wheel of a package of one module, as pip installs it. */
const wheels = `import sys, zipfile
name, version, needs = sys.argv[1:4]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"wheels/{name}-{version}-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}.py", f"version = '{version}'\\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", f"{name}.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
`;

/** A project whose packages come from wheels beside it, and from no registry. */
function withWheels(yaml: string): Project {
  const project = new Project(yaml, { 'train.py': program, 'wheels/none.txt': '' });
  const make = (name: string, version: string, needs = '') =>
    execFileSync('/usr/bin/python3', ['-c', wheels, name, version, needs], { cwd: project.root });
  make('tiny', '1.0');
  make('tiny', '2.0');
  make('needy', '1.0', 'Requires-Dist: under>=1\n');
  make('under', '1.0');
  project.write('requirements.txt', lockOf('tiny==1.0'));
  project.env['PATH'] = '/usr/bin:/bin';
  return project;
}
const lockOf = (...lines: readonly string[]) =>
  ['--no-index', '--find-links ./wheels', ...lines, ''].join('\n');

const outputOf = ({ events }: RanOnce) =>
  events.flatMap((event) => (event.type === 'stage-output' ? [event.text] : [])).join('');
const environments = (project: Project) =>
  readdirSync(project.path('cache/environments')).flatMap((place) =>
    readdirSync(project.path('cache/environments', place), { withFileTypes: true }).filter(
      (entry) => entry.isDirectory(),
    ),
  ).length;

suite('a program in Python in the environment of a lock', { skip: noPython ?? false }, () => {
  test('runs with exactly the packages of the lock, in an environment that is made once for all stages', async () => {
    using project = withWheels(`stages:\n${stage('one')}${stage('two')}`);
    const planned = await project.command('plan', 'test.yaml');
    assert.deepEqual([planned.code, project.has('cache/environments')], [0, false], planned.stderr);
    const first = await project.run();
    assert.deepEqual(first.outcomes, { one: 'ran', two: 'ran' }, JSON.stringify(first));
    assert.match(project.read('out/one.txt'), /^1\.0 \S+\/cache\/environments\//);
    assert.equal(project.read('out/one.txt'), project.read('out/two.txt'));
    assert.equal(environments(project), 1);
    assert.equal(
      outputOf(first).split('makes the environment of requirements.txt: venv').length,
      2,
    );
    project.write('requirements.txt', `# tested\n${lockOf('tiny==1.0  # the first')}`);
    assert.deepEqual((await project.run()).outcomes, { one: 'up to date', two: 'up to date' });

    project.write('requirements.txt', lockOf('tiny==2.0'));
    assert.match(
      (await project.command('plan', 'test.yaml')).stdout,
      /run +one +its code changed \(its environment\)$/m,
    );
    await project.run();
    assert.match(project.read('out/one.txt'), /^2\.0 /);
    project.write('requirements.txt', lockOf('tiny==1.0'));
    assert.deepEqual((await project.run()).outcomes, { one: 'restored', two: 'restored' });
    assert.match(
      /<dt>software<\/dt><dd>([^<]*)/.exec(project.read('artifacts/test/report.html'))?.[1] ?? '',
      /^Python 3\.\d+\.\d+, .*\btiny 1\.0/,
    );
  });

  test('two runs at once make it once', async () => {
    using project = withWheels(`stages:\n${stage('one')}`);
    project.write('pipelines/other.yaml', `stages:\n${stage('two')}`);
    const other = project.start('run', 'other.yaml', '--reporter', 'json');
    const [one, two] = await Promise.all([project.run(), endOf(other)]);
    assert.deepEqual([one.outcomes, two.outcomes], [{ one: 'ran' }, { two: 'ran' }]);
    assert.equal(environments(project), 1);
    assert.equal(`${outputOf(one)}${outputOf(two)}`.split(': pip install').length, 2);
  });

  test('a kill while it is made leaves none that is used', async () => {
    using project = withWheels(`stages:\n${stage('one')}`);
    const running = project.startRun();
    await running.output('one', ': pip install');
    running.child.kill('SIGKILL');
    await running.ended;
    const again = await project.run();
    assert.deepEqual(again.outcomes, { one: 'ran' }, again.stderr);
    assert.match(project.read('out/one.txt'), /^1\.0 /);
    assert.equal(environments(project), 1);
  });

  test('a lock that leaves a version open is a mistake with its line', async () => {
    using project = withWheels(`stages:\n${stage('one')}`);
    const mistake = async () => (await project.command('plan', 'test.yaml')).stderr.split('\n')[0];
    project.write('requirements.txt', lockOf('tiny>=1'));
    assert.equal(
      await mistake(),
      'pipelines/test.yaml:4:24: error: requirements.txt:3: "tiny>=1" names no single version. Write all packages with their versions, as `python -m pip freeze` prints them: torch==2.6.0 [broken-program]',
    );
    project.remove('requirements.txt');
    assert.equal(
      await mistake(),
      'pipelines/test.yaml:4:24: error: There is no file requirements.txt, whose packages the program is to run with [broken-program]',
    );
  });

  test('a lock without what its packages require fails, since that would be another version tomorrow', async () => {
    using project = withWheels(`stages:\n${stage('one')}`);
    project.write('requirements.txt', lockOf('tiny==1.0', 'needy==1.0'));
    assert.equal(
      (await project.run()).messages['one'],
      'requirements.txt does not lock everything: needy 1.0 requires under, which is not installed. Write all packages with their versions, as `python -m pip freeze` prints them',
    );
    project.write('requirements.txt', lockOf('tiny==1.0', 'needy==1.0', 'under==1.0'));
    assert.deepEqual((await project.run()).outcomes, { one: 'ran' });
  });

  test('a uv.lock is installed by uv, as its lock says and no other way', async () => {
    using project = withWheels(`stages:\n${stage('one', 'sub/uv.lock')}`);
    project.write('sub/uv.lock', 'version = 1\n');
    assert.equal(
      (await project.run()).messages['one'],
      'sub/uv.lock needs the program uv, which is not on PATH',
    );
    // A stand-in, since uv cannot be installed everywhere: it notes its words, and makes what uv
    // makes.
    project.write(
      'bin/uv',
      `#!/bin/sh
echo "$@" > "${project.path('words')}"
/usr/bin/python3 -m venv --without-pip "$UV_PROJECT_ENVIRONMENT"
echo "version = 'of uv'" > "$("$UV_PROJECT_ENVIRONMENT/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tiny.py"
`,
    );
    chmodSync(project.path('bin/uv'), 0o755);
    project.env['PATH'] = `${project.path('bin')}:/usr/bin:/bin`;
    const first = await project.run();
    assert.deepEqual(first.outcomes, { one: 'ran' }, first.stderr);
    assert.match(project.read('out/one.txt'), /^of uv /);
    assert.equal(
      project.read('words'),
      `sync --locked --project ${project.path('sub')} --python /usr/bin/python3\n`,
    );
  });
});
