import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { ownKind } from './support/own-kind.ts';
import { Project, pipeline as program } from './support/rig.ts';

const yaml = 'stages: { own: { kind: own, outputs: { text: out/own.txt } } }';

test('a pipeline that is a folder, or a link that leads nowhere, is called so', async () => {
  using project = new Project(yaml, ownKind('own', ''));
  mkdirSync(project.path('pipelines/folder.yaml'));
  symlinkSync('gone', project.path('pipelines/link.yaml'));
  const stderrOf = async (word: string) => (await project.command('plan', word)).stderr;
  assert.equal(
    await stderrOf('folder.yaml'),
    `error: The pipeline "folder.yaml" is a folder, not a file [not-a-file]\n\n  It lies at ${project.path('pipelines/folder.yaml')}.\n`,
  );
  assert.equal(
    await stderrOf('link.yaml'),
    `error: The pipeline "link.yaml" is a link that leads nowhere [not-a-file]\n\n  It lies at ${project.path('pipelines/link.yaml')}.\n`,
  );
  assert.match(await stderrOf('folders.yaml'), /There is no pipeline "folders\.yaml"/);
});

test('a command in a folder that was removed says so', async () => {
  using project = new Project('');
  for (const words of ['run x', 'plan', 'history']) {
    const line = `mkdir gone; cd gone; rmdir ../gone; exec '${process.execPath}' '${program}' ${words}`;
    const { code, stdout, stderr } = await project.type(line).ended;
    assert.deepEqual(
      { code, stdout, stderr },
      {
        code: 1,
        stdout: '',
        stderr:
          'error: The folder in which this command runs was removed: change to another one.\n',
      },
      words,
    );
  }
});

test('a project in a folder with characters of patterns loads its own kinds; with a backslash, it says what Node cannot do', async () => {
  using odd = new Project(yaml, ownKind('own', ''), '[x]*{a,b} ?');
  assert.deepEqual((await odd.run()).outcomes, { own: 'ran' });
  using backslash = new Project(yaml, ownKind('own', ''), 'back\\slash');
  const { code, stderr } = await backslash.command('plan', 'test.yaml');
  assert.equal(code, 1);
  const reason = `Node loads no module from a folder with a backslash in its name: rename ${backslash.root}`;
  assert.ok(
    stderr.includes(`The kind own in stages/own cannot be loaded: ${reason} [broken-kind]`),
    stderr,
  );
});

test('a cache that is a file, or a link that leads nowhere, is the mistake that every command tells', async () => {
  const where = ', but Restage keeps the results of the project there [wrong-value]';
  using file = new Project(yaml, { ...ownKind('own', ''), cache: 'a file' });
  using link = new Project(yaml, ownKind('own', ''));
  symlinkSync('gone', link.path('cache'));
  for (const words of [['plan', 'test.yaml'], ['run', 'test.yaml'], ['history'], ['gc']]) {
    assert.equal(
      (await file.command(...words)).stderr,
      `error: ${file.path('cache')} is not a folder${where}\n\n  Move it away.\n`,
    );
    assert.equal(
      (await link.command(...words)).stderr,
      `error: ${link.path('cache')} is a link that leads nowhere${where}\n\n  Make the folder that it names, or remove the link.\n`,
    );
  }
});
