import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StageError } from '../../src/stage.ts';
import { type BenchStage, StageBench } from '../../test/support/stage-bench.ts';
import run from './run.ts';
import { spec } from './spec.ts';

const command = (bench: StageBench, text: string, stage: BenchStage = {}) =>
  bench.run(spec, run, { outputs: [], ...stage, with: { run: text } });

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

test('the paths of a list port stand side by side', async () => {
  using bench = new StageBench();
  const parts = ['a b.txt', 'c.txt'].map((name) => join(bench.root, name));
  for (const part of parts) writeFileSync(part, `${part.at(-5)}\n`);
  await command(bench, 'cat ${inputs.parts} > ${outputs.all}', { inputs: { parts }, outputs: ['all'] });
  assert.equal(readFileSync(bench.output('all'), 'utf8'), 'b\nc\n');
});

test('every other dollar is the shell’s own', async () => {
  using bench = new StageBench();
  await command(bench, 'x=1; y=${x:-2}${nothing-z}; echo "$x$y $((x + 1)) `echo $x`" > ${outputs.out}', {
    outputs: ['out'],
  });
  assert.equal(readFileSync(bench.output('out'), 'utf8'), '11z 2 1\n');
});

test('a command starts in the root of the project', async () => {
  using bench = new StageBench();
  await command(bench, 'touch here');
  assert.ok(existsSync(join(bench.root, 'here')));
});

test('the first line that fails ends the command, and the stage says with which code', async () => {
  using bench = new StageBench();
  await assert.rejects(command(bench, '(exit 3)\ntouch after'), new StageError('exited with code 3: (exit 3) …'));
  assert.ok(!existsSync(join(bench.root, 'after')));
});

test('a command that is killed is told from one that fails', async () => {
  using bench = new StageBench();
  await assert.rejects(command(bench, 'kill -KILL $$'), new StageError('was killed by SIGKILL: kill -KILL $$'));
});

test('an output that the command did not create is named, with its path', async () => {
  using bench = new StageBench();
  await assert.rejects(
    command(bench, 'echo 1 > ${outputs.made}', { outputs: ['made', 'missing'] }),
    new StageError(`the command did not create its output "missing", expected at ${bench.output('missing')}`),
  );
});
