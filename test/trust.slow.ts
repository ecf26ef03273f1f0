import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { StageName } from '../src/engine/config/pipeline.ts';
import { temporaryBeside } from '../src/engine/files/temporary-files.ts';
import type { RunManifest } from '../src/engine/store/runs/run-manifest.ts';
import { forgeManifest } from './support/forge-archive.ts';
import { HostedProject as Project } from './support/hosted-project.ts';
import { files, print, shout } from './support/two-stages.ts';

/** A colleague with a key, who exports a run, and a project that trusts this key. */
async function insider() {
  const maker = new Project(shout, files, 'maker');
  maker.env['XDG_CONFIG_HOME'] = maker.path('..', 'config');
  assert.equal((await maker.run()).code, 0);
  const archive = maker.path('..', 'results.tar');
  const [, key] = /signed by (\S+)\.$/m.exec(await print(maker, 'export', archive, 'test.yaml'))!;
  const reader = new Project(shout, {}, 'reader');
  reader.env['XDG_CONFIG_HOME'] = reader.path('..', 'config');
  const keyFile = maker.path('../config/restage/key.pem');
  const forged = reader.path('..', 'forged.tar');
  /** Signs another manifest, and has the reader import it. */
  const sign = async (change: (manifest: RunManifest) => unknown) => {
    await forgeManifest({ archive, forged, keyFile }, change);
    return await reader.command('import', forged, '--trust', key!);
  };
  return {
    archive,
    reader,
    sign,
    /**
     * The same with the text of `shout` at paths of the insider's choice, as stages s0, s1, and so
     * on.
     */
    publish: (paths: readonly string[]) =>
      sign((manifest) => {
        const shout = manifest.stages['shout' as StageName]!;
        const stages = paths.map(
          (text, index) => [`s${index}`, { ...shout, outputs: { text } }] as const,
        );
        return { ...manifest, stages: Object.fromEntries(stages) };
      }),
    [Symbol.dispose]: () => [maker, reader].map((project) => project[Symbol.dispose]()),
  };
}

test('a signer chooses no path where programs look for code or settings, and none outside of the project', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  reader.write('src/train.py', 'the code of the reader\n');
  reader.write('.git/config', '');
  reader.write('artifacts/clone/.git/config', '');
  reader.write('artifacts/mine.txt', 'made by hand\n');
  symlinkSync('../src', reader.path('artifacts/linked'));
  symlinkSync('clone/.git', reader.path('artifacts/linked-git'));
  symlinkSync('..', reader.path('artifacts/up'));
  const before = reader.files('.');
  const notDeclared = 'is neither below artifacts/ nor an output of pipelines/test.yaml';
  const reserved = (name: string) => `lies in "${name}/", which is not for outputs`;
  const reasons = {
    '.git/hooks/post-checkout': reserved('.git'),
    '.GIT/config': reserved('.GIT'),
    'src/.git/hooks/pre-commit': reserved('.git'),
    'artifacts/x/.git/config': reserved('.git'),
    'artifacts/up/.git/config': reserved('.git'),
    'artifacts/up/stages/command/run.ts': reserved('stages'),
    'artifacts/linked-git/hooks/pre-commit': reserved('.git'),
    'stages/command/run.ts': reserved('stages'),
    'pipelines/own.yaml': reserved('pipelines'),
    'Pipelines/own.yaml': reserved('Pipelines'),
    'cache/kinds/x.mjs': reserved('cache'),
    'node_modules/x/index.js': reserved('node_modules'),
    'package.json': "is one of the project's settings",
    'store.yaml': "is one of the project's settings",
    'places.yaml': "is one of the project's settings",
    '.envrc': 'lies at ".envrc", a hidden name in the root',
    '.npmrc': 'lies at ".npmrc", a hidden name in the root',
    '.venv/bin/python': 'lies at ".venv", a hidden name in the root',
    'artifacts/../.envrc': 'lies at ".envrc", a hidden name in the root',
    Makefile: notDeclared,
    'src/train.py': notDeclared,
    'out/other.txt': notDeclared,
    artifacts: notDeclared,
    'artifacts/linked/train.py': notDeclared,
    'artifacts/up/Makefile': notDeclared,
    '../x': "lies outside the project's root",
    '/etc/x': "lies outside the project's root",
    '.': "is the project's root itself",
    'artifacts/a\0b': 'has a character that no path can have',
  };
  const hint =
    "A pull publishes below artifacts/, and where this project's file of the pipeline has an output.";
  const paths = Object.entries(reasons);
  for (const some of [paths.slice(0, 14), paths.slice(14)]) {
    const { code, stdout, stderr } = await attacker.publish(some.map(([path]) => path));
    const mistakes = some.map(([path, reason], index) => {
      const wish = `The run of test publishes s${index}.text at "${path.replace('\0', '\ufffd')}"`;
      return `error: ${wish}, so the stage was left out: that path ${reason} [wrong-target]\n\n  ${hint}`;
    });
    assert.equal(stderr, `${mistakes.join('\n\n')}\n`);
    assert.equal(code, 1);
    assert.match(stdout, /^Brought 0 stages and artifacts\/test\/report\.html of test here/);
  }
  assert.deepEqual(
    reader.files('.').filter((path) => !path.startsWith('cache/')),
    before,
  );
  assert.equal(reader.read('src/train.py'), 'the code of the reader\n');
});

test('a pull publishes below artifacts/, and where the pipeline of the project does; it moves nothing aside without a word', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  reader.write('artifacts/mine.txt', 'made by hand\n');
  const { code, stdout, stderr } = await attacker.publish([
    'artifacts/a/b.txt',
    'out/count.txt',
    'artifacts/mine.txt',
  ]);
  const moved = /it was moved to (\S+)\n$/.exec(stderr)?.[1] ?? '';
  assert.equal(
    stderr,
    `warning: artifacts/mine.txt held something that Restage did not put there: it was moved to ${moved}\n`,
  );
  assert.equal(code, 0);
  assert.match(stdout, /^Brought 3 stages and artifacts\/test\/report\.html of test here/);
  assert.deepEqual(reader.files('out'), ['count.txt']);
  assert.deepEqual(reader.files('artifacts'), ['a/b.txt', 'mine.txt']);
  assert.equal(reader.read(moved), 'made by hand\n');
});

test('a pull publishes nothing at, around or inside the outputs of another pipeline', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  reader.write('in.txt', 'abc\n');
  reader.write('pipelines/other.yaml', shout.replaceAll('out/', 'artifacts/theirs/'));
  await print(reader, 'run', 'other.yaml');
  const before = reader.files('artifacts');
  const { code, stderr } = await attacker.publish([
    'artifacts/theirs',
    'artifacts/theirs/count.txt',
    'artifacts/theirs/count.txt/x',
    'artifacts/other/report.html',
  ]);
  assert.equal(code, 1);
  const reasons = Array.from(
    stderr.matchAll(/that path (.*) \[wrong-target\]/g),
    ([, reason]) => reason,
  );
  assert.match(
    reasons[0]!,
    /^lies around "artifacts\/theirs\/\w+\.txt", which "\w+" of other published$/,
  );
  assert.deepEqual(reasons.slice(1), [
    'is "artifacts/theirs/count.txt", which "count" of other published',
    'cannot be written: artifacts/theirs/count.txt is not a folder, so artifacts/theirs/count.txt/x cannot be published below it; move it away',
    'is "artifacts/other/report.html", which "report" of other published',
  ]);
  assert.deepEqual(reader.files('artifacts'), before);
});

test('several outputs make no Git repository together, nor with what lies in the project', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  execFileSync('git', ['init', '-q', '--bare', reader.path('artifacts/mine')]);
  const config = reader.read('artifacts/mine/config');
  const repository = (folder: string) =>
    `that path lies in "${folder}/", which is or would become a Git repository [wrong-target]`;
  const refused = async (paths: Readonly<Record<string, string>>) => {
    const { code, stdout, stderr } = await attacker.publish(Object.keys(paths));
    const reasons = Array.from(stderr.matchAll(/that path .*/g), ([reason]) => reason);
    assert.deepEqual([code, reasons], [1, Object.values(paths).map(repository)]);
    assert.match(stdout, /^Brought 0 stages and /);
  };
  await refused({
    'artifacts/bare/HEAD': 'artifacts/bare',
    'artifacts/bare/objects/ab': 'artifacts/bare',
    'artifacts/bare/ref\u017f/heads': 'artifacts/bare',
    'artifacts/linked/head': 'artifacts/linked',
    'artifacts/linked/commondir': 'artifacts/linked',
    'artifacts/mine/config': 'artifacts/mine',
    'artifacts/mine/hooks/post-checkout': 'artifacts/mine',
  });
  assert.equal(reader.read('artifacts/mine/config'), config);
  const half = ['artifacts/halves/HEAD', 'artifacts/halves/objects'];
  assert.equal((await attacker.publish(half)).code, 0);
  await refused({ 'artifacts/halves/refs': 'artifacts/halves' });
  const discovered = spawnSync('git', ['rev-parse', '--git-dir'], {
    cwd: reader.path('artifacts/halves'),
    env: { ...process.env, GIT_CEILING_DIRECTORIES: reader.root },
  });
  assert.equal(discovered.status, 128);
});

test('one path is for one output of a run: of two at one path neither is published, and both are named', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  mkdirSync(reader.path('artifacts/real'), { recursive: true });
  symlinkSync('real', reader.path('artifacts/link'));
  const { code, stdout, stderr } = await attacker.publish([
    'artifacts/a.txt',
    'artifacts/b/../a.txt',
    'artifacts/c',
    'artifacts/c/d',
    'artifacts/E.txt',
    'artifacts/e.txt',
    'artifacts/real/f',
    'artifacts/link/f',
    'artifacts/fine.txt',
  ]);
  const reasons = Array.from(
    stderr.matchAll(/publishes (\S+) at .* that path (.*) \[/g),
    ([, what, why]) => [what, why],
  );
  const at = (relation: string, path: string, stage: string) =>
    `${relation} "${path}", where ${stage}.text of the same run would lie`;
  assert.deepEqual(reasons, [
    ['s0.text', at('is', 'artifacts/b/../a.txt', 's1')],
    ['s1.text', at('is', 'artifacts/a.txt', 's0')],
    ['s2.text', at('lies around', 'artifacts/c/d', 's3')],
    ['s3.text', at('lies inside', 'artifacts/c', 's2')],
    ['s4.text', at('is', 'artifacts/e.txt', 's5')],
    ['s5.text', at('is', 'artifacts/E.txt', 's4')],
    ['s6.text', at('is', 'artifacts/link/f', 's7')],
    ['s7.text', at('is', 'artifacts/real/f', 's6')],
  ]);
  assert.equal(code, 1);
  assert.match(stdout, /^Brought 1 stage and artifacts\/test\/report\.html of test here/);
  assert.deepEqual(reader.files('artifacts'), ['fine.txt']);
});

test('a path that no disk has leaves out its stage alone, and so does one that cannot be written', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  const deep = `artifacts/${'a/'.repeat(3000)}b`;
  const { code, stdout, stderr } = await attacker.publish([
    deep,
    `artifacts/${'n'.repeat(300)}`,
    'artifacts/fine.txt',
  ]);
  assert.equal(code, 1);
  const hint =
    "A pull publishes below artifacts/, and where this project's file of the pipeline has an output.";
  const reason = 'its name or its path is too long; a name has at most 255 bytes';
  const wish = `The run of test publishes s0.text at "${deep.slice(0, 199)}…", so the stage was left out`;
  assert.equal(
    stderr,
    `error: ${wish}: that path cannot be written: ${deep.slice(0, 79)}… cannot be published: ${reason} [wrong-target]

  ${hint}

error: s1 was left out. Cannot write artifacts/${'n'.repeat(300)}: ${reason}. [wrong-target]
`,
  );
  assert.match(stdout, /^Brought 1 stage and artifacts\/test\/report\.html of test here/);
  assert.deepEqual(reader.files('artifacts'), ['fine.txt']);
});

test('a run without stages has its report alone', async () => {
  using attacker = await insider();
  const { code, stdout, stderr } = await attacker.publish([]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.match(
    stdout,
    /^Brought 0 stages and artifacts\/test\/report\.html of test here, from the run \S+\.\n$/,
  );
});

test('an object that is damaged here is brought anew', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  await attacker.publish(['artifacts/a.txt']);
  const objects = reader.files('cache/objects').map((path) => `cache/objects/${path}`);
  for (const path of objects) reader.replace(path, 'X'.repeat(reader.read(path).length));
  for (const path of ['artifacts/a.txt', 'artifacts/test/report.html']) reader.remove(path);
  const { code, stdout, stderr } = await attacker.publish(['artifacts/a.txt']);
  assert.equal(code, 0);
  assert.match(stdout, /^Brought 1 stage and artifacts\/test\/report\.html of test here/);
  assert.equal(reader.read('artifacts/a.txt'), 'ABC\n');
  assert.match(reader.read('artifacts/test/report.html'), /^<!doctype html>/i);
  assert.equal(stderr.match(/is damaged \(its content does not match its digest\)/g)?.length, 2);
});

test('a signer names no port that a result has not, and no pipeline whose report lies outside of artifacts/', async () => {
  using attacker = await insider();
  const { reader } = attacker;
  reader.write('src/report.html', 'made by hand\n');
  mkdirSync(reader.path('artifacts'));
  symlinkSync('../src', reader.path('artifacts/linked'));
  const ports = await attacker.sign((manifest) => {
    const shout = manifest.stages['shout' as StageName]!;
    return {
      ...manifest,
      stages: { shout: { ...shout, outputs: { constructor: 'artifacts/x' } } },
    };
  });
  assert.deepEqual({ code: ports.code, stderr: ports.stderr }, { code: 0, stderr: '' });
  assert.equal(reader.has('artifacts/x'), false);
  for (const name of ['a/../../src', 'linked']) {
    const { code, stdout, stderr } = await attacker.sign(({ stages, ...manifest }) => {
      const shout = { ...stages['shout' as StageName]!, outputs: {} };
      return { ...manifest, pipeline: name, stages: { shout } };
    });
    const wish = `The run of ${name} publishes the report at "artifacts/${name}/report.html", so it was left out`;
    const why = `that path is neither below artifacts/ nor an output of ${name}, whose file is not here`;
    const hint =
      "A pull publishes below artifacts/, and where this project's file of the pipeline has an output.";
    assert.equal(stderr, `error: ${wish}: ${why} [wrong-target]\n\n  ${hint}\n`);
    assert.equal(code, 1);
    assert.match(stdout, /^Brought 1 stage of /);
  }
  assert.equal(reader.read('src/report.html'), 'made by hand\n');
});

test('a signed text that is no run is ignored with a warning', async () => {
  using attacker = await insider();
  const broken: readonly ((manifest: RunManifest) => unknown)[] = [
    (manifest) => ({ ...manifest, stages: { a: null } }),
    (manifest) => ({ ...manifest, stages: { a: { result: 'x', outputs: {} } } }),
    (manifest) => ({ ...manifest, stages: [] }),
    ({ stages, ...manifest }) => ({ ...manifest, stages: { '': Object.values(stages)[0] } }),
    (manifest) => ({ ...manifest, report: '../../x' }),
    () => null,
  ];
  for (const change of broken) {
    const { code, stdout, stderr } = await attacker.sign(change);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(
      stderr,
      /^warning: runs\/test-\w+\/[^/]+\/\w+\.json in the archive is signed, but is no run: it is ignored\nerror: the archive has no run of test that is trusted \[no-store\]\n$/,
    );
  }
});

test('an archive is read in place: what is no plain file in it, or no archive, is refused at once, and nothing is left behind', async () => {
  using attacker = await insider();
  const { archive, reader } = attacker;
  const folder = reader.path('../inside');
  mkdirSync(folder);
  const archiveOf = (...command: readonly string[]) => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    execFileSync('tar', ['-xf', archive, '-C', folder]);
    execFileSync('sh', ['-c', command.join('; ')], { cwd: folder });
    execFileSync('tar', ['-cf', reader.path('../x.tar'), '-C', folder, '.']);
    return '../x.tar';
  };
  const refused = async (path: string, reason: string, hint = '') => {
    const { code, stdout, stderr } = await reader.command('import', path);
    const mistake = `error: ${path} is no complete archive of \`restage export\`: ${reason} [no-store]\n${hint}`;
    assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: '', stderr: mistake });
  };
  for (const name of ['signer', 'store.json']) {
    await refused(
      archiveOf(`rm ${name}`, `mkfifo ${name}`),
      `"./${name}" in it is neither a plain file nor a folder`,
    );
    const link = archiveOf(`rm ${name}`, `ln -s /dev/zero ${name}`);
    await refused(link, `"./${name}" in it is neither a plain file nor a folder`);
  }
  await refused(
    archiveOf('mkfifo objects'),
    '"./objects" in it is neither a plain file nor a folder',
  );
  await refused(archiveOf('printf "\\033[2J" > signer'), 'it does not name the key that signed it');
  await refused(archiveOf('head -c 5000 /dev/zero > pipeline'), 'it does not name its pipeline');
  execFileSync('mkfifo', [reader.path('../pipe')]);
  await refused('../pipe', 'it is no plain file');
  await refused('/dev/zero', 'it is no plain file');
  await refused('..', 'it is no plain file');
  await refused('pipelines/test.yaml', 'it is cut short');
  execFileSync('gzip', [reader.path('../x.tar')]);
  await refused(
    '../x.tar.gz',
    'it is no tar archive, or damaged',
    '\n  It is compressed: unpack it with gunzip first.\n',
  );
  assert.deepEqual(
    readdirSync(reader.path('..')).filter((name) => name.startsWith('.')),
    [],
  );
});

test('an export whose first word is the pipeline is refused: its file would be taken for a pipeline', async () => {
  using maker = new Project(shout, files, 'maker');
  maker.env['XDG_CONFIG_HOME'] = maker.path('..', 'config');
  await maker.run();
  const messagesOf = async (...words: readonly string[]) => {
    const { code, stderr } = await maker.command('export', ...words);
    return [code, stderr];
  };
  const refusal = (word: string, command: string) => [
    2,
    `error: The first word names the new file, and ${word} is the name of a pipeline: ${command}\n`,
  ];
  assert.deepEqual(
    await messagesOf('test.yaml'),
    refusal('test.yaml', 'restage export test.restage test.yaml'),
  );
  assert.deepEqual(
    await messagesOf('pipelines/new.yaml', 'test.yaml'),
    refusal('pipelines/new.yaml', 'restage export new.restage test.yaml'),
  );
  assert.equal(existsSync(maker.path('test.yaml')), false);
  assert.equal(existsSync(maker.path('pipelines/new.yaml')), false);
});

test('an export that was killed leaves one hidden file, which the next one there removes', async () => {
  using maker = new Project(shout, files, 'maker');
  maker.env['XDG_CONFIG_HOME'] = maker.path('..', 'config');
  await maker.run();
  maker.write('../out/.tmp-000000-1-000000000000', 'of a process elsewhere');
  const dead = temporaryBeside(maker.path('../out/x')).replace(
    `-${process.pid}-`,
    `-${spawnSync('true').pid}-`,
  );
  maker.write(`../out/${basename(dead)}`, 'half');
  await print(maker, 'export', '../out/x.tar', 'test.yaml');
  assert.deepEqual(readdirSync(maker.path('../out')).sort(), [
    '.tmp-000000-1-000000000000',
    'x.tar',
  ]);
});
