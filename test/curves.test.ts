import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HostedProject as Project } from './support/hosted-project.ts';
import { ServedPages } from './support/served-pages.ts';
import { print } from './support/two-stages.ts';
import { noPython } from './support/venv.ts';

/** A stage that reports two points of two curves; the rate decides the second loss. */
const yaml = `params: { rate: 2 }
stages:
  fit:
    kind: command
    inputs: { script: ./fit.sh }
    outputs: { text: out/fit.txt }
    with: { run: "RATE=\${params.rate} sh \${inputs.script} && echo \${params.rate} > \${outputs.text}" }
`;
const files = {
  'fit.sh': `for epoch in 1 2; do
  echo '{"type":"point","unit":"epoch","step":'$epoch',"total":2,"values":{"train.loss":'$epoch.$RATE',"val.loss":null}}' >> "$RESTAGE_EVENTS"
done
`,
};
const page = 'artifacts/test/report.html';

/** The points that the charts of a page draw, as \`series step value\`. */
function drawnIn(text: string): readonly string[] {
  const specs = [
    ...text.matchAll(/<script type="application\/json" class="spec">(.*?)<\/script>/g),
  ];
  return specs.flatMap(([, spec]) => {
    const { data } = JSON.parse(spec!) as {
      data: { values: { series: string; step: number; value: number }[] };
    };
    return data.values.map(({ series, step, value }) => `${series} ${step} ${value}`);
  });
}

test('the points of a stage outlive it: in its report, when it is up to date, and when it is restored', async () => {
  using project = new Project(yaml, files);
  const points = ['train 1 1.2', 'train 2 2.2']; // the other curve has no number
  await project.run();
  assert.deepEqual(drawnIn(project.read(page)), points);
  project.remove(page);
  assert.deepEqual((await project.run()).outcomes, { fit: 'up to date' });
  assert.deepEqual(drawnIn(project.read(page)), points);
  project.remove('out');
  assert.deepEqual((await project.run()).outcomes, { fit: 'restored' });
  assert.deepEqual(drawnIn(project.read(page)), points);
  const ids = project
    .files('cache/runs')
    .flatMap((path) => /^(.*)\/run\.json$/.exec(path)?.[1] ?? []);
  const restoredPage = await new ServedPages(project).get(`/run/${ids.at(-1)}`);
  assert.deepEqual(drawnIn(restoredPage), points, 'the page of the run that restored it');
});

test('points decide nothing: a result with them has the name and the outputs of one without', async () => {
  using project = new Project(yaml, { 'fit.sh': `test -n "$SILENT" && exit\n${files['fit.sh']}` });
  const resultOf = () => {
    const [name] = project.files('cache/results');
    const { digest, outputs, record } = JSON.parse(project.read(`cache/results/${name}`));
    return { digest, outputs, curves: record.curves?.length ?? 0 };
  };
  await project.run();
  const { curves, ...loud } = resultOf();
  project.env['SILENT'] = '1';
  assert.deepEqual((await project.run('--force')).outcomes, { fit: 'ran' });
  assert.deepEqual([curves, resultOf()], [2, { ...loud, curves: 0 }]);
});

test('curves come with a result from a shared store', async () => {
  using maker = new Project(yaml, files, 'maker');
  using reader = new Project(yaml, files, 'reader');
  for (const project of [maker, reader])
    project.env['XDG_CONFIG_HOME'] = project.path('..', `config-${project === maker}`);
  await print(maker, 'store', 'init', maker.path('../shared'));
  await maker.run();
  reader.write('store.yaml', maker.read('store.yaml'));
  assert.deepEqual((await reader.run()).outcomes, { fit: 'restored' });
  assert.deepEqual(drawnIn(reader.read(page)), drawnIn(maker.read(page)));
});

test('compare lays the curves of two runs over each other', async () => {
  using project = new Project(yaml, files);
  await project.run();
  await project.run('--set', 'params.rate=7');
  await print(project, 'compare', 'last~1', 'last', '--html');
  const drawn = drawnIn(project.read('compare.html'));
  assert.deepEqual(
    drawn.map((point) => point.replace(/^\S+ /, '')),
    ['1 1.2', '2 2.2', '1 1.7', '2 2.7'],
  );
});

test('the curves of an attempt that resumes from a checkpoint begin with those of the attempts before it', {
  skip: noPython ?? false,
}, async () => {
  using project = new Project(
    `stages:
  fit:
    kind: python
    inputs: { program: ./fit.py }
    outputs: { text: out/fit.txt }
`,
    {
      'restage.py': readFileSync(new URL('../stages/python/restage.py', import.meta.url), 'utf8'),
      'fit.py': `import os, restage
for epoch in range(restage.checkpoint.load() or 1, 5):
    restage.checkpoint.save(epoch + 1)
    restage.point(epoch, loss=epoch / 4)
    if epoch == 2 and not os.path.exists("again"):
        os.kill(os.getpid(), 9)
open(restage.outputs["text"], "w").write("done")
`,
    },
  );
  assert.deepEqual((await project.run()).outcomes, { fit: 'failed' });
  assert.deepEqual(
    drawnIn(project.read(page)),
    ['loss 1 0.25', 'loss 2 0.5'],
    'it is drawn until the kill',
  );
  project.write('again', '');
  assert.deepEqual((await project.run()).outcomes, { fit: 'ran' });
  assert.deepEqual(drawnIn(project.read(page)), [
    'loss 1 0.25',
    'loss 2 0.5',
    'loss 3 0.75',
    'loss 4 1',
  ]);
});
