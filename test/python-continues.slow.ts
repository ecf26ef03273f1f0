import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { read } from './support/pages.ts';
import { Project, type RanOnce } from './support/rig.ts';
import { noPython } from './support/venv.ts';

/** Trains `epochs` steps, and writes at which it began and what it came to. */
const files = {
  'restage.py': read('stages/python/restage.py'),
  'train.py': `import restage
epochs, rate = restage.settings['epochs'], restage.settings['rate']
done = restage.checkpoint.load() or []
began = len(done)
while len(done) < epochs:
    done.append(rate * (len(done) + 1))
    restage.checkpoint.save(done)
restage.note('began', began)
open(restage.outputs['net'], 'w').write(str(done))
`,
};
const stage = (epochs: number, more = '') => `stages:
  fit:
    kind: python
    inputs: { program: ./train.py }
    outputs: { net: out/net.txt }
    with: { args: { epochs: ${epochs}, rate: 2 }${more} }
`;
const continued = ', continues: [epochs]';

const infosOf = ({ events }: RanOnce, stage: string): readonly string[] =>
  events.flatMap((event) =>
    event.type === 'info' && event.stage === stage ? [event.message] : [],
  );
const planOf = async (project: Project): Promise<string> =>
  (await project.command('plan', 'test.yaml')).stdout.split('\n')[1]!.trim();

suite('a program in Python that continues', { skip: noPython ?? false }, () => {
  test('with more epochs it continues from its checkpoint, to the same bytes as an unbroken training', async () => {
    using whole = new Project(stage(5), files);
    await whole.run();
    using project = new Project(stage(3, continued), files);
    assert.deepEqual(infosOf(await project.run(), 'fit'), []);
    project.edit('pipelines/test.yaml', 'epochs: 3', 'epochs: 5');
    assert.match(
      await planOf(project),
      /^run +fit +settings\.args\.epochs: 3 → 5; has a checkpoint$/,
    );
    const longer = await project.run();
    assert.deepEqual(longer.outcomes, { fit: 'ran' }, longer.stderr);
    assert.deepEqual(infosOf(longer, 'fit'), ['continues from a checkpoint with epochs 3']);
    assert.equal(project.read('out/net.txt'), whole.read('out/net.txt'));
  });

  test('a checkpoint of more epochs does not serve fewer, and one of another argument neither', async () => {
    using project = new Project(stage(5, continued), files);
    await project.run();
    project.edit('pipelines/test.yaml', 'epochs: 5', 'epochs: 4');
    const why = 'begins from the start: its checkpoint was made with epochs 5, not at most 4';
    assert.ok((await planOf(project)).endsWith(why), await planOf(project));
    assert.deepEqual(infosOf(await project.run(), 'fit'), [why]);
    assert.equal(project.read('out/net.txt'), '[2, 4, 6, 8]');
    project.edit('pipelines/test.yaml', 'rate: 2', 'rate: 3');
    project.edit('pipelines/test.yaml', 'epochs: 4', 'epochs: 6');
    assert.deepEqual(infosOf(await project.run(), 'fit'), []);
    assert.equal(project.read('out/net.txt'), '[3, 6, 9, 12, 15, 18]');
  });

  test('naming what continues reruns nothing, since it decides no result', async () => {
    using project = new Project(stage(3), files);
    await project.run();
    project.write('pipelines/test.yaml', stage(3, continued));
    assert.deepEqual((await project.run()).outcomes, { fit: 'up to date' });
  });

  test('successive halving continues from rung to rung', async () => {
    const rung = (matrix: string, axis: string, epochs: number) => `
    kind: python
    matrix: ${matrix}
    inputs: { program: ./train.py }
    outputs: { net: { type: files } }
    with: { args: { epochs: ${epochs}, rate: "\${matrix.${axis}.rate}" }, continues: [epochs] }
`;
    const drawn = '{ n: { rate: { int: [1, 99] }, count: 3, seed: 1 } }';
    const slots = (of: string, count: number) =>
      `{ slot: { of: ${of}, by: best.choice, count: ${count} } }`;
    const best = `
  best:
    kind: command
    inputs: { nets: [fit.net] }
    outputs: { choice: { path: best.json, type: choice } }
    with: { run: 'echo ''{"ranking":[{"n":"3"},{"n":"1"},{"n":"2"}]}'' > \${outputs.choice}' }
`;
    using project = new Project(
      `stages:\n  fit: ${rung(drawn, 'n', 1)}${best}  further: ${rung(slots('fit', 2), 'slot', 3)}  last: ${rung(slots('fit', 1), 'slot', 9)}    after: [further]\n`,
      files,
    );
    const ran = await project.run();
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    assert.deepEqual(infosOf(ran, 'further[slot=1]'), [
      'slot 1 holds n 3',
      'continues from a checkpoint with epochs 1',
    ]);
    assert.deepEqual(infosOf(ran, 'last[slot=1]'), [
      'slot 1 holds n 3',
      'continues from a checkpoint with epochs 3',
    ]);
    using whole = new Project(`stages:\n  fit: ${rung(drawn, 'n', 9)}`, files);
    await whole.run();
    assert.equal(
      project.read('artifacts/test/last@slot=1/net'),
      whole.read('artifacts/test/fit@n=3/net'),
    );
  });

  test('a name that is no argument is a mistake with a suggestion', async () => {
    using project = new Project(stage(3, ', continues: [epoch]'), files);
    const { stderr } = await project.command('plan', 'test.yaml');
    assert.match(
      stderr,
      /^pipelines\/test\.yaml:6:\d+: error: "epoch" is not under "args" \[wrong-settings\]$/m,
    );
    assert.match(stderr, /Did you mean "epochs"\?/);
    project.write(
      'pipelines/test.yaml',
      stage(3, ', continues: [epochs]').replace('{ epochs: 3, rate: 2 }', '"--epochs 3"'),
    );
    assert.match(
      (await project.command('plan', 'test.yaml')).stderr,
      /error: "epochs" can only be a name in a map under "args", which is a text here \[wrong-settings\]$/m,
    );
  });

  test('a copy of restage.py that would take any checkpoint for its own is refused', async () => {
    const old = read('stages/python/restage_protocol_1.py');
    using project = new Project(stage(3, continued), { ...files, 'restage.py': old });
    assert.match(
      (await project.run()).messages['fit']!,
      /^restage\.py is older than the setting `continues`: cp \S+\/stages\/python\/restage\.py \S+\/restage\.py$/,
    );
  });

  test('a newer copy of restage.py that nobody changed reruns nothing, and a changed one counts as code', async () => {
    const old = read('stages/python/restage_protocol_1.py');
    using project = new Project(stage(3), { ...files, 'restage.py': old });
    await project.run();
    project.write('restage.py', files['restage.py']);
    assert.deepEqual((await project.run()).outcomes, { fit: 'up to date' });
    project.write('restage.py', files['restage.py'].replaceAll('\n', '\r\n'));
    assert.deepEqual((await project.run()).outcomes, { fit: 'up to date' });
    project.edit('restage.py', 'def seed(number: int)', 'def sow(number: int)');
    assert.match(await planOf(project), /^run +fit +its code changed \(restage\.py\)$/);
  });
});
