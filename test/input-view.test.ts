import assert from 'node:assert/strict';
import { chmodSync, readdirSync, renameSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

const stage = (name: string, inputs: string, run: string, output = `out/${name}.txt`) =>
  `  ${name}: { kind: command, inputs: ${inputs}, outputs: { out: ${output} }, with: { run: ${JSON.stringify(run)} } }\n`;
const made = `stages:\n  made: { kind: command, outputs: { out: out/made.txt }, with: { run: "echo made > \${outputs.out}" } }\n`;

test('of a single file’s name a stage sees only the extension, which is in the fingerprint', async () => {
  using project = new Project(
    `params: { file: ./first.txt }\nstages:\n${stage('name', '{ text: "${params.file}" }', 'basename ${inputs.text} > ${outputs.out}')}`,
    { 'first.txt': 'a\n', 'second.txt': 'a\n', 'third.csv': 'a\n' },
  );
  await project.run();
  assert.equal(project.read('out/name.txt'), 'text.txt\n');
  assert.deepEqual((await project.run('--set', 'params.file=./second.txt')).outcomes, {
    name: 'up to date',
  });
  const { stdout } = await project.command('plan', '--set', 'params.file=./third.csv');
  assert.match(stdout, /run +name +input text ends in "\.csv", before in "\.txt"/);
  assert.deepEqual((await project.run('--set', 'params.file=./third.csv')).outcomes, {
    name: 'ran',
  });
  assert.equal(project.read('out/name.txt'), 'text.csv\n');
});

test('a stage sees the names of files in a folder, a list and a pattern, which are in the fingerprint', async () => {
  const show = 'for file in ${inputs.files}; do echo "${file#*/in/*/}"; done > ${outputs.out}';
  using project = new Project(
    `stages:
${stage('pattern', '{ files: "data/**/*.txt" }', show)}${stage('list', '{ files: [./data/a.txt, ./data] }', show)}${stage('one', '{ files: [./data/sub/b.txt] }', show)}${stage('folder', '{ files: ./data }', 'cd ${inputs.files}; find . -type f | sort > ${outputs.out}')}`,
    { 'data/a.txt': 'a\n', 'data/sub/b.txt': 'b\n' },
  );
  await project.run();
  assert.equal(project.read('out/pattern.txt'), 'files/data/a.txt\nfiles/data/sub/b.txt\n');
  assert.equal(project.read('out/one.txt'), 'files/b.txt\n');
  assert.equal(project.read('out/list.txt'), 'files/1/data/a.txt\nfiles/2/data/\n');
  assert.equal(project.read('out/folder.txt'), './a.txt\n./sub/b.txt\n');
  renameSync(project.path('data/a.txt'), project.path('data/c.txt'));
  project.edit('pipelines/test.yaml', './data/a.txt', './data/c.txt');
  assert.deepEqual((await project.run()).outcomes, {
    pattern: 'ran',
    list: 'ran',
    one: 'up to date',
    folder: 'ran',
  });
});

test('in a list of stages, the files are named by their labels', async () => {
  using project = new Project(`stages:
  part: { kind: command, matrix: { seed: [1, 2] }, outputs: { out: "out/part-\${matrix.seed}.txt" }, with: { run: "echo \${matrix.seed} > \${outputs.out}" } }
${stage('all', '{ parts: [part.out] }', 'for file in ${inputs.parts}; do echo "$(basename $file): $(cat $file)"; done > ${outputs.out}')}`);
  await project.run();
  assert.equal(project.read('out/all.txt'), 'seed=1.txt: 1\nseed=2.txt: 2\n');
});

test('programs that do not follow links can still read a folder of the user’s', async () => {
  using project = new Project(
    `stages:\n${stage('look', '{ images: ./data }', 'find ${inputs.images} -type f | wc -l > ${outputs.out}; du -s ${inputs.images} > /dev/null; tar -cf copy.tar -C ${inputs.images} .; tar -tf copy.tar | grep -c txt >> ${outputs.out}')}`,
    { 'data/a.txt': 'a\n', 'data/b.txt': 'b\n' },
  );
  await project.run();
  assert.equal(project.read('out/look.txt'), '2\n2\n');
});

test('editing a published file while its reader waits does not change what the reader reads', async () => {
  using project = new Project(
    made +
      stage('read', '{ text: made.out }', 'read _ < gate; cat ${inputs.text} > ${outputs.out}'),
  );
  const gate = project.gate('gate');
  const running = project.startRun();
  await running.event('stage-started', 'read');
  project.write('out/made.txt', 'edited\n');
  gate.pass();
  assert.equal((await running.ended).code, 0);
  assert.equal(project.read('out/read.txt'), 'made\n');
});

test('a stage that replaces or removes its input fails, and the published file stays as it was', async () => {
  for (const run of ['sed -i s/made/other/ ${inputs.text}', 'rm ${inputs.text}']) {
    using project = new Project(
      made + stage('bad', '{ text: made.out }', `${run}; echo x > \${outputs.out}`),
    );
    const { code, outcomes, messages } = await project.run();
    assert.equal(code, 1);
    assert.equal(outcomes['bad'], 'failed');
    assert.equal(
      messages['bad'],
      'wrote to its input out/made.txt: inputs are only to be read, so copy it first',
    );
    assert.equal(project.read('out/made.txt'), 'made\n');
    assert.equal((await project.command('verify')).code, 0);
  }
});

test('if a stage writes to an input that others read, all fail and name each other, and no wrong bytes stay', async () => {
  const read = 'echo ready; read _ < go-on; cat ${inputs.text} > ${outputs.out}';
  const write =
    'echo ready; read _ < write; chmod u+w ${inputs.text}; echo more >> ${inputs.text}; echo x > ${outputs.out}';
  using project = new Project(
    made +
      stage('reads', '{ text: made.out }', read) +
      stage('writes', '{ text: made.out }', write),
  );
  const writes = project.gate('write');
  const goesOn = project.gate('go-on');
  const running = project.startRun('--jobs', '2');
  for (const name of ['reads', 'writes']) await running.output(name, 'ready');
  writes.pass();
  const misuse = (writer: string) =>
    `its input out/made.txt was written to while it ran, by it or ${writer}: inputs are only to be read, so let the one that writes copy it first`;
  assert.equal((await running.event('stage-finished', 'writes')).message, misuse('reads'));
  goesOn.pass();
  assert.equal((await running.event('stage-finished', 'reads')).message, misuse('writes'));
  assert.equal((await running.ended).code, 1);
  assert.equal(project.read('out/made.txt'), 'made\n');
  project.edit('pipelines/test.yaml', 'echo more >>', 'cat');
  goesOn.pass();
  writes.pass();
  assert.deepEqual((await project.run()).outcomes, {
    made: 'up to date',
    reads: 'ran',
    writes: 'ran',
  });
  assert.equal(project.read('out/reads.txt'), 'made\n');
});

test('a program that a stage made can run in its reader, and another mode is another result', async () => {
  const script = 'printf "#!/bin/sh\\necho ran\\n" > ${outputs.out}; chmod 644 ${outputs.out}';
  using project = new Project(
    `stages:\n  tool: { kind: command, outputs: { out: out/tool.sh }, with: { run: ${JSON.stringify(script)} } }\n${stage('use', '{ tool: tool.out }', '${inputs.tool} > ${outputs.out}')}`,
  );
  assert.deepEqual((await project.run()).outcomes, { tool: 'ran', use: 'failed' });
  project.edit('pipelines/test.yaml', 'chmod 644', 'chmod 755');
  assert.deepEqual((await project.run()).outcomes, { tool: 'ran', use: 'ran' });
  assert.equal(project.read('out/use.txt'), 'ran\n');
  chmodSync(project.path('out/tool.sh'), 0o644);
  assert.deepEqual((await project.run()).outcomes, { tool: 'restored', use: 'up to date' });
  assert.equal(statSync(project.path('out/tool.sh')).mode & 0o111, 0o111);
});

test('a program that writes the paths of its inputs writes the same bytes in every run', async () => {
  using project = new Project(
    `${made}${stage('sums', '{ own: ./in.txt, made: made.out, all: "data/*.txt" }', 'sha256sum ${inputs.own} ${inputs.made} ${inputs.all} > ${outputs.out}')}`,
    { 'in.txt': 'a\n', 'data/1.txt': '1\n', 'data/2.txt': '2\n' },
  );
  await project.run();
  const written = project.read('out/sums.txt');
  assert.match(
    written,
    /\/cache\/in\/[0-9a-f]{16}\/own\.txt\n.*\/made\.txt\n.*\/all\/data\/1\.txt\n.*\/all\/data\/2\.txt\n$/,
  );
  assert.deepEqual((await project.run('--twice', 'sums')).warnings, []);
  assert.equal(project.read('out/sums.txt'), written);
  assert.deepEqual(readdirSync(project.path('cache/in')), []);
});

test('an output that is a link to an input has the content of the input', async () => {
  using project = new Project(
    `stages:\n  made: { kind: command, outputs: { out: out/made }, with: { run: "mkdir \${outputs.out}; echo made > \${outputs.out}/a.txt" } }\n${stage('file', '{ dir: made.out }', 'ln -s ${inputs.dir}/a.txt ${outputs.out}')}${stage('whole', '{ own: ./in.txt, dir: made.out }', 'mkdir ${outputs.out}; ln -s ${inputs.own} ${inputs.dir} ${outputs.out}', 'out/whole')}`,
    { 'in.txt': 'a\n' },
  );
  const { outcomes, stderr } = await project.run();
  assert.deepEqual(outcomes, { made: 'ran', file: 'ran', whole: 'ran' }, stderr);
  assert.equal(project.read('out/file.txt'), 'made\n');
  assert.deepEqual(project.files('out/whole'), ['dir/a.txt', 'own.txt']);
  assert.equal(project.read('out/whole/own.txt'), 'a\n');
});

test('a mode that a stage gives its input is undone, even if the input was published by a hard link', async () => {
  using project = new Project(
    `${made.replace('echo made', "printf '#!/bin/sh\\necho made'")}${stage('use', '{ tool: made.out }', 'chmod 777 ${inputs.tool}; ${inputs.tool} > ${outputs.out}')}`,
  );
  for (const outcomes of [
    { made: 'ran', use: 'ran' },
    { made: 'up to date', use: 'up to date' },
  ]) {
    assert.deepEqual((await project.run('--hard-link')).outcomes, outcomes);
    assert.equal(statSync(project.path('out/made.txt')).mode & 0o777, 0o444);
  }
  chmodSync(project.path('out/made.txt'), 0o755);
  assert.deepEqual((await project.run('--hard-link')).outcomes, {
    made: 'restored',
    use: 'up to date',
  });
  assert.deepEqual((await project.run('--hard-link')).outcomes, {
    made: 'up to date',
    use: 'up to date',
  });
});

test('messages and logs name the files of the project, not those of the private view', async () => {
  using project = new Project(
    `stages:\n${stage('fails', '{ text: ./in.txt }', 'echo "cannot parse ${inputs.text}"; exit 3')}`,
    {
      'in.txt': 'a\n',
    },
  );
  const { events } = await project.run();
  const [end] = events.filter((event) => event.type === 'stage-finished');
  assert.deepEqual(end?.logTail, [`cannot parse ${project.path('in.txt')}`]);
});

test('a stage that changes its input in place fails, even if it keeps size and times', async () => {
  const run =
    'M=$(stat -c %y ${inputs.text}); chmod u+w ${inputs.text}; echo evil > ${inputs.text}; touch -d "$M" ${inputs.text}; echo x > ${outputs.out}';
  using project = new Project(
    made +
      stage('bad', '{ text: made.out }', run) +
      stage('read', '{ text: made.out, after: bad.out }', 'cat ${inputs.text} > ${outputs.out}'),
  );
  assert.deepEqual((await project.run()).outcomes, { made: 'ran', bad: 'failed', read: 'blocked' });
  project.edit('pipelines/test.yaml', 'echo evil > ${inputs.text}', 'true');
  assert.deepEqual((await project.run()).outcomes, { made: 'up to date', bad: 'ran', read: 'ran' });
  assert.equal(project.read('out/read.txt'), 'made\n');
});

test('readers of a stage with cache: false get copies, and cannot change the published files', async () => {
  const unkept = made.replace('kind: command', 'cache: false, kind: command');
  using project = new Project(
    unkept +
      stage('bad', '{ text: made.out }', 'echo more >> ${inputs.text}; echo x > ${outputs.out}'),
  );
  assert.deepEqual((await project.run()).outcomes, { made: 'ran', bad: 'failed' });
  assert.equal(project.read('out/made.txt'), 'made\n');
});
