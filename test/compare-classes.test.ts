import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';

const classes = ['camera', 'gan', 'splice'];

/** Scores of 30 images of three classes, the first `right` of which are highest for their class. */
function scores(right: number, columns = classes): string {
  const rows = Array.from({ length: 30 }, (_, i) => {
    const label = classes[i % 3]!;
    const called = i < right ? label : classes[(i + 1) % 3]!;
    const values = columns.map((name) => (name === called ? 2 : 0));
    return `${i}.png,test,${label},${values.join()}\n`;
  });
  const header = ['key', 'split', 'label', ...columns.map((name) => `score.${name}`)];
  return `${header.join()}\n${rows.join('')}`;
}

test('compare tests classifiers of three classes by McNemar, whatever the order of their classes', async () => {
  const copy = (name: string) => `
  ${name}:
    kind: command
    inputs: { scores: ./${name}.csv }
    outputs: { scores: { path: out/${name}.csv, type: scores } }
    with: { run: "cp \${inputs.scores} \${outputs.scores}" }`;
  using project = new Project(`stages:${copy('one')}${copy('two')}\n`, {
    'one.csv': scores(20),
    'two.csv': scores(27, classes.toReversed()),
  });
  assert.equal((await project.run()).code, 0);
  const words = ['compare', 'test.yaml:one', 'test.yaml:two'];
  const { code, stdout, stderr } = await project.command(...words);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /accuracy over 3 classes on test, image by image \(30 images\)/);
  // Seven images that only the second has right: 2 / 2^7.
  assert.match(
    stdout,
    /test:one +test:two +accuracy +−0\.2333\* .* 0\.0156 +0\.0156 +McNemar, exact/i,
  );
  assert.doesNotMatch(stdout, /Not compared/);
  const { paired } = JSON.parse((await project.command(...words, '--json')).stdout);
  assert.deepEqual(
    paired.map(({ classes, images }: { classes: unknown; images: number }) => [classes, images]),
    [[classes, 30]],
  );
});

test('compare pools the seeds of classifiers of three classes', async () => {
  const yaml = `stages:
  scores:
    kind: command
    matrix: { net: [small, large], seed: [1, 2, 3] }
    inputs: { scores: "./\${matrix.net}-\${matrix.seed}.csv" }
    outputs: { scores: { path: "out/\${matrix.net}-\${matrix.seed}.csv", type: scores } }
    with: { run: "cp \${inputs.scores} \${outputs.scores}" }
`;
  const right = { small: [14, 15, 16], large: [27, 28, 29] };
  const files = Object.entries(right).flatMap(([net, counts]) =>
    counts.map((count, index) => [`${net}-${index + 1}.csv`, scores(count)] as const),
  );
  using project = new Project(yaml, Object.fromEntries(files));
  assert.equal((await project.run()).code, 0);
  const words = ['compare', 'test.yaml:scores[net=small]', 'test.yaml:scores[net=large]'];
  const { code, stdout, stderr } = await project.command(...words, '--over', 'seed');
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /scores\[net=small\] \/ scores\[net=large\] over seed: accuracy over 3 classes on test, image by image, means of 3 runs \(30 images\)/i,
  );
  assert.match(stdout, /accuracy +−0\.4333\*+ .* Welch over runs and images/i);
  const single = await project.command(...words);
  assert.match(single.stderr, /"scores\[net=small\]" of test is 3 stages/);
});
