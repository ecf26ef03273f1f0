import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '../src/digest.ts';
import { buildDigest, version } from '../src/project/package-info.ts';
import { ownKind } from './support/own-kind.ts';
import { inRepository } from './support/pages.ts';
import { Project } from './support/rig.ts';
import { noSshHosts, SshHosts } from './support/ssh-hosts.ts';
import { until } from './support/until.ts';
import { install, makeVenv } from './support/venv.ts';

const restage = JSON.stringify([inRepository('bin/restage.js')]);

/** Seconds instead of minutes until a silent host counts as lost. */
const patience = 'silence=3000,cancel=20000';

/** A stage that says that it has begun, and then waits for a file of its host. */
const waiting = `stages:
  slow:
    kind: command
    with: { run: 'echo begun; touch "/tmp/begun-$$"; while ! test -e /tmp/go; do sleep 0.1; done; echo done > \${outputs.out}' }
    outputs: { out: artifacts/slow.txt }
`;

/** The processes through which all of a host's network goes. */
const daemons = /^sshd/;

describe('machines that share no files', { skip: noSshHosts }, () => {
  let hosts: SshHosts;
  before(async () => {
    hosts = await SshHosts.start('gpu1', 'gpu2');
  });
  after(async () => await hosts[Symbol.asyncDispose]());

  /** A project with these hosts as its place `lab`. */
  function hostProject(
    yaml: string,
    files: Readonly<Record<string, string>> = {},
    names: readonly string[] = ['gpu1', 'gpu2'],
    settings = '',
  ): Project {
    const places = `lab: { engine: ssh, hosts: [${names.join(', ')}], restage: ${restage}${settings} }\n`;
    const project = new Project(yaml, { 'places.yaml': places, ...files });
    Object.assign(project.env, { PATH: hosts.path, RESTAGE_PATIENCE: patience });
    return project;
  }

  /** How often the stage of {@link waiting} began on a host. */
  const begun = (host: string) => Number(hosts.on(host, 'ls /tmp | grep -c begun- || true'));
  /** How many processes of Restage or of that stage a host has. */
  const busy = (host: string) => hosts.running(host, /test -e \/tmp\/go|restage\.js worker/);

  /** The host on which the stage has begun so often in all, and the other one. */
  async function whereBegun(times = 1): Promise<readonly [host: string, other: string]> {
    await until(() => begun('gpu1') + begun('gpu2') === times);
    return hosts.running('gpu1', /test -e \/tmp\/go/) > 0 ? ['gpu1', 'gpu2'] : ['gpu2', 'gpu1'];
  }

  /** Starts the waiting stage, once no earlier one is left. */
  async function startWaiting(project: Project) {
    for (const host of ['gpu1', 'gpu2']) hosts.on(host, 'rm -f /tmp/go /tmp/begun-*');
    const running = project.startRun('--on', 'lab');
    const [host, other] = await whereBegun();
    return { running, host, other };
  }

  test('files, folders, programs and kinds of the project reach a machine by content, and its bytes are those of a local run', async () => {
    const yaml = `stages:
  joined:
    kind: command
    inputs: { word: data/word.txt, folder: data/folder, list: ['data/many/*.txt'] }
    with: { run: 'hostname >&2; cat \${inputs.word} \${inputs.folder}/deep/a.txt \${inputs.list} > \${outputs.out}; mkdir \${outputs.dir}; cp \${inputs.word} "\${outputs.dir}/odd name"; printf "#!/bin/sh\\necho ran\\n" > \${outputs.dir}/tool; chmod +x \${outputs.dir}/tool' }
    outputs: { out: artifacts/joined.txt, dir: artifacts/dir }
  unkept:
    kind: command
    cache: false
    inputs: { dir: joined.dir }
    env: [TOLD]
    with: { run: '{ \${inputs.dir}/tool; echo "$TOLD $TRAVELS"; } > \${outputs.out}' }
    outputs: { out: artifacts/unkept.txt }
  counted:
    kind: python
    inputs: { program: programs/count.py, text: joined.out }
    outputs: { out: artifacts/counted.txt }
    with: { args: '\${inputs.text} \${outputs.out}', python: /usr/bin/python3 }
  own:
    kind: shout
    outputs: { text: artifacts/own.txt }
`;
    const files: Record<string, string> = {
      'data/word.txt': 'word\n',
      'data/folder/deep/a.txt': 'deep\n',
      'data/many/1.txt': 'one\n',
      'data/many/2.txt': 'two\n',
      'programs/count.py': `import sys\nfrom helpers.text import length\nopen(sys.argv[2], 'w').write(f'{length(sys.argv[1])}\\n')\n`,
      'programs/helpers/__init__.py': '',
      'programs/helpers/text.py': 'def length(path):\n    return len(open(path).read())\n',
      ...ownKind('shout', `context.info(said);`),
      'stages/shout/words.ts': `export const said: string = 'aloud';\n`,
    };
    files['stages/shout/run.ts'] =
      `import { said } from './words.ts';\n${files['stages/shout/run.ts']}`;
    using here = new Project(yaml, files);
    using there = hostProject(yaml, files, undefined, ', env: [TRAVELS]');
    for (const project of [here, there])
      Object.assign(project.env, { TOLD: 'declared', TRAVELS: 'with it' });
    const local = await here.run();
    const remote = await there.run('--on', 'lab');
    assert.deepEqual([local.code, remote.code], [0, 0], JSON.stringify(remote.messages));
    for (const path of [
      'joined.txt',
      'dir/odd name',
      'dir/tool',
      'unkept.txt',
      'counted.txt',
      'own.txt',
    ])
      assert.equal(there.read(`artifacts/${path}`), here.read(`artifacts/${path}`));
    assert.equal(there.read('artifacts/unkept.txt'), 'ran\ndeclared with it\n');
    assert.match((await there.command('logs', 'joined')).stdout, /gpu[12]/);
    // The results are those of a local run, so that nothing is left to do here.
    assert.deepEqual(new Set(Object.values((await there.run()).outcomes)), new Set(['up to date']));
    for (const host of ['gpu1', 'gpu2'])
      assert.equal(hosts.on(host, `ls -d ${there.root} 2>&1 || true`).includes('No such'), true);
  });

  test('a program fails on a machine that lacks its package, which is named, and runs there in an environment that `setup` names', async () => {
    const yaml = `stages:
  fit:
    kind: python
    inputs: { program: ./fit.py }
    outputs: { out: artifacts/out.txt }
    with: { args: '\${outputs.out}' }
`;
    const program = `import sys, vision\nopen(sys.argv[1], 'w').write(vision.version)\n`;
    const setup = ", setup: ['export VIRTUAL_ENV=/tmp/environment']";
    using project = hostProject(yaml, { 'fit.py': program }, ['gpu1'], setup);
    const packages = makeVenv(project, '.venv');
    install(project, packages, ['vision', '1.0']);
    const lacking = await project.run('--on', 'lab');
    assert.deepEqual(lacking.messages, {
      fit: 'gpu1 differs from the machine that decided about the stage: it lacks vision==1.0. Make both alike, and run again',
    });
    const there = `/tmp/environment${packages.slice('.venv'.length)}`;
    const metadata = 'Metadata-Version: 2.1\\nName: vision\\nVersion: 1.0\\n';
    hosts.on(
      'gpu1',
      `/usr/bin/python3 -m venv --without-pip /tmp/environment && cd ${there} && echo "version = '1.0'" > vision.py && mkdir vision-1.0.dist-info && printf '${metadata}' > vision-1.0.dist-info/METADATA && echo 'vision.py,,' > vision-1.0.dist-info/RECORD`,
    );
    const { outcomes, messages } = await project.run('--on', 'lab');
    assert.deepEqual(outcomes, { fit: 'ran' }, JSON.stringify(messages));
    assert.equal(project.read('artifacts/out.txt'), '1.0');
  });

  test('a stage whose worker is killed runs again, once more for each kill', async () => {
    using project = hostProject(waiting);
    const { running, host } = await startWaiting(project);
    assert.equal(hosts.signal(host, 'KILL', /restage\.js worker/), 1);
    const [next] = await whereBegun(2);
    hosts.on(next, 'touch /tmp/go');
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.match(stdout, /gpu[12] was lost: .*: it runs again/);
    assert.equal(project.read('artifacts/slow.txt'), 'done\n');
    assert.equal(begun('gpu1') + begun('gpu2'), 2);
  });

  test('a forced stage whose worker is killed resumes from its checkpoint on the same host, and bytes made twice are compared', async () => {
    using project = hostProject(`stages:
  long:
    kind: command
    with: { run: 'if test -e "$RESTAGE_CHECKPOINT"; then cat "$RESTAGE_CHECKPOINT" > \${outputs.out}; else mkdir -p "$(dirname "$RESTAGE_CHECKPOINT")"; echo half > "$RESTAGE_CHECKPOINT"; touch "/tmp/begun-$$"; sleep 1000; fi' }
    outputs: { out: artifacts/long.txt }
  quick:
    kind: command
    with: { run: 'echo quick > \${outputs.out}' }
    outputs: { out: artifacts/quick.txt }
`);
    for (const host of ['gpu1', 'gpu2']) hosts.on(host, 'rm -f /tmp/begun-*');
    const running = project.startRun('long', '--on', 'lab', '--force', 'long');
    await until(() => begun('gpu1') + begun('gpu2') === 1);
    const host = begun('gpu1') === 1 ? 'gpu1' : 'gpu2';
    hosts.signal(host, 'KILL', /restage\.js worker/);
    assert.equal((await running.ended).code, 0);
    assert.equal(project.read('artifacts/long.txt'), 'half\n');
    const twice = await project.run('quick', '--on', 'lab', '--twice', 'quick');
    assert.deepEqual([twice.code, twice.warnings], [0, []]);
  });

  test('a stage whose process somebody kills on its host runs again', async () => {
    using project = hostProject(waiting);
    const { running, host } = await startWaiting(project);
    hosts.signal(host, 'KILL', /^sh -ec .*test -e/);
    const [next] = await whereBegun(2);
    hosts.on(next, 'touch /tmp/go');
    assert.equal((await running.ended).code, 0);
  });

  test('a host that loses its network gives its stage to another, and ends it itself', async () => {
    using project = hostProject(waiting);
    const { running, host, other } = await startWaiting(project);
    assert.ok(hosts.signal(host, 'STOP', daemons) > 0);
    try {
      await until(() => begun(other) === 1);
      // Its worker hears nothing either: it ends after its silence, and its stage with it.
      await until(() => busy(host) === 0);
      hosts.on(other, 'touch /tmp/go');
      assert.equal((await running.ended).code, 0);
    } finally {
      hosts.signal(host, 'CONT', daemons);
    }
    assert.equal(project.read('artifacts/slow.txt'), 'done\n');
    assert.deepEqual([begun(host), begun(other)], [1, 1]);
  });

  test('a host that lost its power gives its stage to another, and serves again once it is back', async () => {
    using project = hostProject(waiting);
    const { running, host, other } = await startWaiting(project);
    hosts.powerOff(host);
    await until(() => begun(other) === 1);
    await hosts.boot(host);
    hosts.on(other, 'touch /tmp/go');
    assert.equal((await running.ended).code, 0);
    const { code, stdout } = await project.command('places', 'check', 'lab');
    assert.deepEqual([code, stdout.includes('✗')], [0, false]);
  });

  test('nothing goes on on a host when the command is killed, and the same command begins its stage again', async () => {
    using project = hostProject(waiting);
    const { running, host } = await startWaiting(project);
    running.child.kill('SIGKILL');
    await running.ended;
    await until(() => busy(host) === 0);
    for (const name of ['gpu1', 'gpu2']) hosts.on(name, 'touch /tmp/go');
    assert.equal((await project.run('--on', 'lab')).code, 0);
    for (const name of ['gpu1', 'gpu2']) {
      await until(() => busy(name) === 0);
      assert.equal(hosts.on(name, 'ls ~/.cache/restage/tickets || true').trim(), '');
    }
  });

  test('Ctrl-C ends the stages on hosts as those here', async () => {
    using project = hostProject(waiting);
    const { running, host } = await startWaiting(project);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    await until(() => busy(host) === 0);
    assert.ok(!existsSync(project.path('artifacts/slow.txt')));
  });

  test('a plan refuses stages that read what no host would have', async () => {
    using project = hostProject(
      `stages:
  script: { kind: command, with: { run: 'sh scripts/make.sh > \${outputs.out}' }, outputs: { out: artifacts/a.txt } }
  other: { kind: command, with: { run: 'cat artifacts/a.txt > \${outputs.out} # as scripts/b.sh' }, outputs: { out: artifacts/b.txt } }
  own: { kind: needy, outputs: { text: artifacts/own.txt } }
`,
      {
        'scripts/make.sh': 'echo 1\n',
        'node_modules/tiny/package.json':
          '{ "name": "tiny", "version": "1.0.0", "main": "main.js" }',
        'node_modules/tiny/main.js': 'module.exports = 1;\n',
        ...ownKind('needy', `if (!(await import('tiny'))) throw new Error();`),
      },
    );
    const { code, stderr } = await project.command('plan', 'test.yaml', '--on', 'lab');
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /"script" cannot run on "lab", whose hosts have only what it declares: its command names scripts\/make\.sh/,
    );
    assert.match(stderr, /"other" cannot run on "lab", .*: its command names artifacts\/a\.txt/);
    assert.match(
      stderr,
      /"own" cannot run on "lab", .*: its kind imports the package tiny@1\.0\.0/,
    );
    assert.equal((await project.command('plan', 'test.yaml')).code, 0);
    const detached = await project.command('run', 'test.yaml', '--on', 'lab', '--detach');
    assert.notEqual(detached.code, 0);
  });

  test('a host that lies about a result or asks for other files gets neither', async () => {
    using project = hostProject(waiting, {}, ['gpu1']);
    project.write('secret.txt', 'secret');
    const secrets = [sha256('secret'), sha256(readFileSync('/etc/passwd'))];
    const liar = (lie: string) => [
      'node',
      inRepository('test/support/lying-worker.mjs'),
      version,
      buildDigest(),
      lie,
      ...secrets,
    ];
    const places = project.read('places.yaml');
    for (const [lie, message] of [
      ['name', /^gpu1 sent what is no result: its fingerprint does not match its name$/],
      ['bytes', /^gpu1 was lost: it has not the bytes of \w+ that it promised, and 5 attempts/],
    ] as const) {
      project.write('places.yaml', places.replace(restage, JSON.stringify(liar(lie))));
      const ran = await project.run('--on', 'lab');
      assert.match(ran.messages['slow'] ?? '', message);
      assert.ok(ran.warnings.includes('2 were refused'), JSON.stringify(ran.warnings));
      assert.equal(ran.outcomes['slow'], 'failed');
    }
    assert.deepEqual(project.files('cache/results'), []);
    assert.deepEqual(project.files('cache/objects'), []);
    assert.ok(!existsSync(project.path('escaped')));
  });

  test('a host without Restage, and one that ssh does not know, are named with what to do', async () => {
    using project = hostProject(waiting, {}, ['gpu1', 'nowhere.invalid']);
    project.edit('places.yaml', restage, '[no-restage]');
    const { code, stdout } = await project.command('places', 'check', 'lab');
    assert.notEqual(code, 0);
    assert.match(stdout, /✗ gpu1: .*no-restage.*not found: install Restage on gpu1/);
    assert.match(stdout, /✗ nowhere\.invalid: .*: correct `hosts` in places\.yaml/);
    const ran = await project.run('--on', 'lab');
    assert.match(ran.messages['slow'] ?? '', /^no host of the place "lab" could be used \(gpu1: /);
  });
});
