import assert from 'node:assert/strict';
import { chmodSync, renameSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { print } from './support/two-stages.ts';

/** A pipeline of one stage; `outputs` is the published path of its text, if the file names one. */
const greet = (text: string, outputs = '') => `stages:
  greet:
    kind: command
    outputs: { text: ${outputs || '{ }'} }
    with: { run: "echo ${text} > \${outputs.text}" }
`;
const refused = async (project: Project, ...argv: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await project.command(...argv);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  return stderr;
};

test('files of one name inside and outside pipelines/ are different pipelines, with different outputs', async () => {
  using project = new Project(greet('inside'), {
    'test.yaml': greet('root'),
    'studies/test.yaml': greet('folder'),
  });
  assert.match(await print(project, 'run', 'pipelines/test.yaml'), /✓ test: 1 ran/);
  assert.match(await print(project, 'run', './test.yaml'), /✓ \.\/test: 1 ran/);
  assert.match(await print(project, 'run', 'studies/test.yaml'), /✓ \.\/studies\/test: 1 ran/);
  assert.deepEqual(project.files('artifacts'), [
    '@/studies/test/greet/text',
    '@/test/greet/text',
    'test/greet/text',
  ]);
  assert.equal(project.read('artifacts/test/greet/text'), 'inside\n');
  assert.equal(project.read('artifacts/@/test/greet/text'), 'root\n');
  for (const file of ['pipelines/test.yaml', './test.yaml', 'studies/test.yaml']) {
    assert.match(await print(project, 'plan', file), /1 up to date/);
  }
});

test('a file of another project publishes inside this one', async () => {
  using project = new Project(greet('here'));
  using otherProject = new Project(greet('elsewhere'));
  assert.match(
    await print(project, 'run', otherProject.path('pipelines/test.yaml')),
    /✓ \.\.\/\S+\/pipelines\/test: 1 ran/,
  );
  const [published] = project.files('artifacts');
  assert.match(published!, /^@@\/\S+\/pipelines\/test\/greet\/text$/);
  assert.equal(await print(project, 'clean'), 'Nothing to clean.\n');
});

test('clean and gc keep what belongs to a file outside pipelines/ while the file exists', async () => {
  using project = new Project(greet('inside'), { 'test.yml': greet('root') });
  await print(project, 'run', './test.yml');
  assert.equal(await print(project, 'clean'), 'Nothing to clean.\n');
  project.letHoursPass(72);
  assert.match(
    await print(project, 'gc', '--keep', '1d', '--yes'),
    /^Removed 0 results and 0 objects /,
  );
  project.remove('artifacts');
  assert.match(await print(project, 'run', './test.yml'), /1 restored/);

  project.remove('test.yml');
  assert.equal(await print(project, 'clean', '--yes'), 'Removed 2 outputs.\n');
  assert.deepEqual(project.files('artifacts'), []);
  project.letHoursPass(144);
  assert.match(
    await print(project, 'gc', '--keep', '1d', '--yes'),
    /^Removed 1 result and 1 object /,
  );
});

test('clean keeps the outputs of a file outside pipelines/ that has mistakes, and removes what its stages no longer claim', async () => {
  using project = new Project(greet('inside'), { 'test.yaml': greet('root') });
  await print(project, 'run', './test.yaml');
  project.edit('test.yaml', 'kind', 'kid');
  assert.deepEqual(await project.command('clean'), {
    code: 0,
    stdout: 'Nothing to clean.\n',
    stderr: 'warning: the pipeline ./test has mistakes; the outputs of its stages stay\n',
  });
  project.write('test.yaml', greet('root', 'out/text'));
  assert.match(
    await print(project, 'clean'),
    /^would remove artifacts\/@\/test\/greet\/text \(greet of \.\/test\)\n/,
  );
});

test('a path that another pipeline claims is an error before anything runs, with both positions', async () => {
  using project = new Project(greet('first', 'out/text'), {
    'pipelines/other.yaml': greet('second', 'out/text'),
  });
  await print(project, 'run', 'test.yaml');
  for (const command of ['plan', 'run']) {
    assert.equal(
      await refused(project, command, 'other.yaml'),
      `pipelines/other.yaml:4:22: error: "out/text" is claimed by two pipelines: by "greet" of test, which published there, and by "greet" [output-claimed]

    4 |     outputs: { text: out/text }
      |                      ^^^^^^^^

  pipelines/test.yaml:4:22: The first one is here

    4 |     outputs: { text: out/text }
      |                      ^^^^^^^^

  Give one of them another path or none, which is one below artifacts/<pipeline>, or remove pipelines/test.yaml.
`,
    );
  }
  assert.equal(project.read('out/text'), 'first\n');
  assert.match(await print(project, 'plan', 'test.yaml'), /1 up to date/);
});

test('an output inside a folder that another pipeline claims, or around its file, is an error, and nothing is moved', async () => {
  const folder = greet('', 'out/dir').replace(
    /run: .*"/,
    'run: "mkdir ${outputs.text}; echo a > ${outputs.text}/a"',
  );
  for (const [first, second, message] of [
    [folder, greet('second', 'out/dir/a'), '"out/dir/a" lies inside "out/dir"'],
    [greet('first', 'out/dir/a'), folder, '"out/dir" lies around "out/dir/a"'],
  ] as const) {
    using project = new Project(first, { 'pipelines/other.yaml': second });
    await print(project, 'run', 'test.yaml');
    const [line] = (await refused(project, 'run', 'other.yaml')).split('\n', 1);
    assert.equal(
      line,
      `pipelines/other.yaml:4:22: error: ${message}, which "greet" of test published and still claims [output-claimed]`,
    );
    assert.match(await print(project, 'run', 'test.yaml'), /1 stage up to date/);

    project.edit('pipelines/test.yaml', 'out/dir', 'out/moved');
    const { code, stdout } = await project.command('run', 'other.yaml');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /! greet: \S+ held something that Restage did not put there: it was moved to cache\/displaced/,
    );
  }
});

test('a path is free for another pipeline once the first has moved away or is gone', async () => {
  using project = new Project(greet('first', 'out/text'), {
    'pipelines/other.yaml': greet('second', 'out/text'),
  });
  await print(project, 'run', 'test.yaml');
  project.edit('pipelines/test.yaml', 'out/text', 'out/moved');
  assert.match(await print(project, 'run', 'other.yaml'), /1 ran/);
  assert.equal(project.read('out/text'), 'second\n');
  assert.deepEqual(project.files('cache/displaced'), []);

  project.remove('pipelines/other.yaml');
  project.edit('pipelines/test.yaml', 'out/moved', 'out/text');
  assert.match(await print(project, 'run', 'test.yaml'), /1 restored/);
  assert.equal(project.read('out/text'), 'first\n');
});

test('a renamed pipeline keeps its claim, although nothing of it is published again', async () => {
  using project = new Project(greet('first', 'out/text'), {
    'third.yaml': greet('third', 'out/text'),
  });
  await print(project, 'run', 'test.yaml');
  renameSync(project.path('pipelines/test.yaml'), project.path('pipelines/renamed.yaml'));
  assert.match(await print(project, 'run', 'renamed.yaml'), /1 stage up to date/);
  assert.match(
    await refused(project, 'run', './third.yaml'),
    /by "greet" of renamed, which published there/,
  );
});

test('a pipeline with mistakes may still claim a path, so another one does not take it', async () => {
  using project = new Project(greet('first', 'out/text'), {
    'pipelines/other.yaml': greet('second', 'out/text'),
  });
  await print(project, 'run', 'test.yaml');
  project.edit('pipelines/test.yaml', 'kind', 'kid');
  const refusal = await refused(project, 'run', 'other.yaml');
  assert.match(
    refusal,
    /"out\/text" is claimed by "greet", but was published by "greet" of test, whose file has mistakes/,
  );
  assert.match(refusal, /Fix pipelines\/test\.yaml, or publish elsewhere\./);
});

test('a copy of a pipeline, which claims each of its paths, is one error', async () => {
  const copied = `stages:
  greet:
    kind: command
    outputs: { a: { path: out/a, type: files }, b: { path: out/b }, c: { path: out/c } }
    with: { run: "touch \${outputs.a} \${outputs.b} \${outputs.c}" }
`;
  using project = new Project(copied, { 'pipelines/copy.yaml': copied });
  await print(project, 'run', 'test.yaml');
  const refusal = await refused(project, 'run', 'copy.yaml');
  assert.match(refusal, /"out\/a" is claimed by two pipelines: .*; so it is with 2 more outputs /);
  assert.equal(refusal.match(/output-claimed/g)?.length, 1);
});

test('of two pipelines that run at once and claim one path, the second to publish fails and keeps its work', async () => {
  using project = new Project(greet('first', 'out/text'), {
    'pipelines/other.yaml': greet('second; read _ < gate; echo second', 'out/text'),
  });
  const gate = project.gate('gate');
  const otherRun = project.start('run', 'other.yaml', '--reporter', 'json');
  await otherRun.event('stage-started', 'greet');
  await print(project, 'run', 'test.yaml');
  gate.pass();
  assert.equal((await otherRun.ended).code, 1);
  const { message } = await otherRun.event('stage-finished', 'greet');
  assert.equal(
    message,
    'out/text is claimed by two pipelines, by "greet" of test and by "greet" of other: it was left as the first published it; give one of them another path',
  );
  assert.equal(project.read('out/text'), 'first\n');
  project.edit('pipelines/other.yaml', 'out/text', 'out/other');
  assert.match(await print(project, 'run', 'other.yaml'), /1 restored/);
});

test('--hard-link: an edit of a published file damages the object, which is noticed, and the stage runs again', async () => {
  using project = new Project(greet('hello'));
  await project.run('--hard-link');
  const path = project.path('artifacts/test/greet/text');
  assert.equal(statSync(path).mode & 0o222, 0);
  chmodSync(path, 0o644);
  project.write('artifacts/test/greet/text', 'edited\n');
  const { outcomes, warnings } = await project.run('--hard-link');
  assert.deepEqual(outcomes, { greet: 'ran' });
  assert.match(
    warnings.join('\n'),
    /artifacts\/test\/greet\/text held something .* moved to cache\/displaced/,
  );
  assert.equal(project.read('artifacts/test/greet/text'), 'hello\n');
  assert.match((await project.command('verify')).stdout, /✓ all sound/);
});
