import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../src/stage.ts';
import { type BenchStage, StageBench } from '../../test/support/stage-bench.ts';
import program from './program.ts';
import { spec } from './spec.ts';

/** Runs a command as Restage does, and fails as it fails. */
const command = (bench: StageBench, text: string, stage: BenchStage = {}) =>
  bench.run(
    spec,
    async (context) => {
      const { argv, title } = program({ ...context, environments: '' });
      const { status } = spawnSync(argv[0]!, argv.slice(1), { cwd: context.root, stdio: 'ignore' });
      if (status !== 0) throw new StageError(`exited with code ${status}: ${title}`);
    },
    { outputs: [], ...stage, with: { run: text } },
  );

test('a command reads its inputs and writes its outputs, whatever their paths hold', async () => {
  using bench = new StageBench();
  const input = join(bench.root, "it's $(one) file.txt");
  writeFileSync(input, 'three\none\ntwo\n');
  await command(bench, 'sort ${inputs.words} | head -n 1 > ${outputs.first}', {
    inputs: { words: input },
    outputs: ['first'],
  });
  assert.equal(readFileSync(bench.output('first'), 'utf8'), 'one\n');
});

test('a command may begin with a dash, which is not an option of the shell', async () => {
  using bench = new StageBench();
  await assert.rejects(
    command(bench, '-x || exit 3'),
    new StageError('exited with code 3: -x || exit 3'),
  );
});

test('the paths of a list port become separate words', async () => {
  using bench = new StageBench();
  const parts = ['a b.txt', 'c.txt'].map((name) => join(bench.root, name));
  for (const part of parts) writeFileSync(part, `${part.at(-5)}\n`);
  await command(bench, 'cat ${inputs.parts} > ${outputs.all}', {
    inputs: { parts },
    outputs: ['all'],
  });
  assert.equal(readFileSync(bench.output('all'), 'utf8'), 'b\nc\n');
});

test('every other dollar is the shell’s own', async () => {
  using bench = new StageBench();
  await command(
    bench,
    'x=1; y=${x:-2}${nothing-z}; echo "$x$y $((x + 1)) `echo $x`" > ${outputs.out}',
    {
      outputs: ['out'],
    },
  );
  assert.equal(readFileSync(bench.output('out'), 'utf8'), '11z 2 1\n');
});

test('a command starts in the root of the project', async () => {
  using bench = new StageBench();
  await command(bench, 'touch here');
  assert.ok(existsSync(join(bench.root, 'here')));
});

test('the first line that fails ends the command, and the stage says with which code', async () => {
  using bench = new StageBench();
  await assert.rejects(
    command(bench, '(exit 3)\ntouch after'),
    new StageError('exited with code 3: (exit 3) …'),
  );
  assert.ok(!existsSync(join(bench.root, 'after')));
});

/** `count` files in a folder of the bench, with names of `length` characters. */
function manyFiles(bench: StageBench, count: number, length: number): readonly string[] {
  const folder = join(bench.root, 'images');
  mkdirSync(folder);
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${i}`.padStart(length, '0'));
    writeFileSync(path, `${i}\n`);
    return path;
  });
}

test('a command may name thousands of files, and a shell and its programs get them all', async () => {
  using bench = new StageBench();
  const images = manyFiles(bench, 5000, 100);
  await command(
    bench,
    'cat ${inputs.images} | wc -l > ${outputs.n}; for i in ${inputs.images}; do echo $i; done > ${outputs.l}',
    {
      inputs: { images },
      outputs: ['n', 'l'],
    },
  );
  assert.equal(readFileSync(bench.output('n'), 'utf8').trim(), '5000');
  assert.equal(readFileSync(bench.output('l'), 'utf8'), `${images.join('\n')}\n`);
});

test('more paths than a program takes are refused before it runs, and a list file takes any number', async () => {
  using bench = new StageBench();
  const images = manyFiles(bench, 12_000, 200);
  const kilobytes = Math.round((images.length * (images[0]!.length + 1)) / 1000).toLocaleString(
    'en',
  );
  const stage = { inputs: { images }, outputs: ['out'] };
  await assert.rejects(
    command(bench, 'cat ${inputs.images} | wc -l > ${outputs.out}', stage),
    new StageError(
      `"\${inputs.images}" is 12,000 paths of ${kilobytes} kB together, more than cat takes as arguments (argument list too long). "\${inputs.images.list}" is a file of them, one path a line`,
    ),
  );
  await command(
    bench,
    "printf '%s\\n' ${inputs.images} > ${outputs.out}; cmp ${inputs.images.list} ${outputs.out}",
    stage,
  );
  await command(bench, 'xargs cat < "${inputs.images.list}" | wc -l > ${outputs.out}', stage);
  assert.equal(readFileSync(bench.output('out'), 'utf8').trim(), '12000');
});

test('a list file is refused if a path has a line break', async () => {
  using bench = new StageBench();
  const images = ['a\nb.png', 'c.png'].map((name) => join(bench.root, name));
  for (const image of images) writeFileSync(image, '');
  await assert.rejects(
    command(bench, 'cat ${inputs.images.list}', { inputs: { images } }),
    new StageError(
      `"\${inputs.images.list}" has one path a line, but ${JSON.stringify(images[0])} has a line break`,
    ),
  );
});

test('names of files and folders are never run as code, even inside quotes or in a shell that reads them again', async () => {
  using bench = new StageBench();
  const folder = join(bench.root, '"; touch PWNED; $(touch PWNED) `touch PWNED` \'');
  const input = join(folder, 'a\n$(touch PWNED).txt');
  mkdirSync(folder);
  writeFileSync(input, 'x');
  const run = async (text: string) => {
    await command(bench, text, { inputs: { x: input, in: [folder] }, outputs: ['o'] });
    return readFileSync(bench.output('o'), 'utf8');
  };
  const double =
    'printf %s "${inputs.x}" > "${outputs.o}"; cat "${inputs.x}" > /dev/null; ls "${inputs.in}" > /dev/null';
  assert.equal(await run(double), input);
  assert.equal(await run("printf %s '${inputs.x}' > '${outputs.o}'"), input);
  assert.equal(await run('cat > ${outputs.o} <<EOF\n${inputs.x}\nEOF'), `${input}\n`);
  assert.equal(await run("cat > ${outputs.o} <<'EOF'\n${inputs.x}\nEOF"), `${input}\n`);
  assert.equal(await run(`sh -c 'cat "$1" > "$2"' sh \${inputs.x} \${outputs.o}`), 'x');
  await assert.rejects(run('sh -c "cat ${inputs.x}"'), ({ message }) =>
    /^"\$\{inputs\.x\}" is inside code for sh, and ".*" is not a plain word\. Pass it as an argument: sh -c '… "\$1" …' sh \$\{inputs\.x\}$/.test(
      message,
    ),
  );
  assert.ok(!existsSync(join(bench.root, 'PWNED')));
});
