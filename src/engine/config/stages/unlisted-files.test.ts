import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestProject, value } from '../testing-kinds.ts';

const yaml = (run: string) => `stages:
  mean:
    kind: command
    matrix: { seed: [1, 2] }
    inputs: { data: data/real, program: tools/listed.py }
    outputs: { text: "out/mean-\${matrix.seed}.txt" }
    env: { SEED: "\${matrix.seed}" }
    with: { run: '${run}' }
`;
const files = {
  'mean.py': '',
  'tools/listed.py': '',
  'tools/helper.sh': '',
  'node_modules/.bin/x.js': '',
};

async function warned(run: string): Promise<readonly string[]> {
  using project = new TestProject({ ...files, 'pipelines/p.yaml': yaml(run) });
  return value(await project.load()).warnings.map(({ message }) => message);
}

test('a file of the project that a command names without declaring it is a warning, once for all instances', async () => {
  assert.deepEqual(
    await warned('python3 mean.py ${inputs.data} > ${outputs.text}; ./tools/helper.sh'),
    [
      'mean.py is not an input of "mean": editing it will not rerun this stage',
      './tools/helper.sh is not an input of "mean": editing it will not rerun this stage',
    ],
  );
});

test('inputs and what lies in them, outputs, packages, files outside the project and other words give no warning', async () => {
  const run =
    'node node_modules/.bin/x.js tools/listed.py data/real/1.png $HOME/mean.py ../mean.py /bin/sh tools 0.5 out/mean-1.txt';
  assert.deepEqual(await warned(run), []);
});
