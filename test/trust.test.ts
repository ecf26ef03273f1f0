import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { test } from 'node:test';
import type { StageName } from '../src/engine/config/pipeline.ts';
import type { RunManifest } from '../src/engine/store/remote/manifest.ts';
import { forgeManifest } from './support/forge-archive.ts';
import { Project } from './support/rig.ts';
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
    reader,
    sign,
    /** The same with the text of `shout` at paths of the insider's choice, as stages s0, s1, and so on. */
    publish: (paths: readonly string[]) =>
      sign((manifest) => {
        const shout = manifest.stages['shout' as StageName]!;
        const stages = paths.map((text, index) => [`s${index}`, { ...shout, outputs: { text } }] as const);
        return { ...manifest, stages: Object.fromEntries(stages) };
      }),
    [Symbol.dispose]: () => [maker, reader].map((one) => one[Symbol.dispose]()),
  };
}

test('a signer chooses no path where programs look for code or settings, and none outside of the project', async () => {
  using world = await insider();
  const { reader } = world;
  reader.write('src/train.py', 'the code of the reader\n');
  reader.write('.git/config', '');
  reader.write('artifacts/mine.txt', 'made by hand\n');
  symlinkSync('../src', reader.path('artifacts/linked'));
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
  const hint = "A pull publishes below artifacts/, and where this project's file of the pipeline has an output.";
  const paths = Object.entries(reasons);
  for (const some of [paths.slice(0, 14), paths.slice(14)]) {
    const { code, stdout, stderr } = await world.publish(some.map(([path]) => path));
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
  using world = await insider();
  const { reader } = world;
  reader.write('artifacts/mine.txt', 'made by hand\n');
  const { code, stdout, stderr } = await world.publish(['artifacts/a/b.txt', 'out/count.txt', 'artifacts/mine.txt']);
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
  using world = await insider();
  const { reader } = world;
  reader.write('in.txt', 'abc\n');
  reader.write('pipelines/other.yaml', shout.replaceAll('out/', 'artifacts/theirs/'));
  await print(reader, 'run', 'other.yaml');
  const before = reader.files('artifacts');
  const { code, stderr } = await world.publish([
    'artifacts/theirs',
    'artifacts/theirs/count.txt',
    'artifacts/theirs/count.txt/x',
    'artifacts/other/report.html',
  ]);
  assert.equal(code, 1);
  const reasons = Array.from(stderr.matchAll(/that path (.*) \[wrong-target\]/g), ([, reason]) => reason);
  assert.match(reasons[0]!, /^lies around "artifacts\/theirs\/\w+\.txt", which "\w+" of other published$/);
  assert.deepEqual(reasons.slice(1), [
    'is "artifacts/theirs/count.txt", which "count" of other published',
    'cannot be written: artifacts/theirs/count.txt is not a folder, so artifacts/theirs/count.txt/x cannot be published below it; move it away',
    'is "artifacts/other/report.html", which "report" of other published',
  ]);
  assert.deepEqual(reader.files('artifacts'), before);
});

test('a signed text that is no run is ignored with a warning', async () => {
  using world = await insider();
  const broken: readonly ((manifest: RunManifest) => unknown)[] = [
    (manifest) => ({ ...manifest, stages: { a: null } }),
    (manifest) => ({ ...manifest, stages: { a: { result: 'x', outputs: {} } } }),
    (manifest) => ({ ...manifest, stages: [] }),
    (manifest) => ({ ...manifest, report: '../../x' }),
    () => null,
  ];
  for (const change of broken) {
    const { code, stdout, stderr } = await world.sign(change);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(
      stderr,
      /^warning: runs\/test-\w+\/[^/]+\/\w+\.json in the archive is signed, but is no run: it is ignored\nerror: the archive has no run of test that is trusted \[no-store\]\n$/,
    );
  }
});
