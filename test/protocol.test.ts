import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { csvRecords } from '../src/csv.ts';
import { HostedProject as Project } from './support/hosted-project.ts';

const classes = ['real', 'fake'] as const;
const perClass = 20;

/** Scores of a network on `test` and `val`: fakes have the higher ones, but for every fifth one. */
function scoresOf(shift: number): string {
  const lines = ['test', 'val'].flatMap((split) =>
    classes.flatMap((name, label) =>
      Array.from({ length: perClass }, (_, i) => {
        const isWrong = i % 5 === 0;
        const evidence = (label === 1) === isWrong ? -shift : shift;
        return `${split}/${name}/${i}.png,${split},${name},0,${evidence + i / 100}`;
      }),
    ),
  );
  return `key,split,label,logit.real,logit.fake\n${lines.join('\n')}\n`;
}

const yaml = `
stages:
  faces: { kind: load-dataset, inputs: { images: ./photos } }
  table:
    kind: protocol
    inputs: { scores: ./scores.csv, train: faces.dataset, test: faces.dataset }
    with: { name: within, metrics: [auc, equalErrorRate, accuracy], names: {} }
`;

/** Small grey images, which differ by their shade. */
async function withPhotos(): Promise<Project> {
  const project = new Project(yaml, { 'scores.csv': scoresOf(1) });
  for (const [s, split] of ['train', 'val', 'test'].entries())
    for (const [c, name] of classes.entries()) {
      mkdirSync(project.path('photos', split, name), { recursive: true });
      for (let i = 0; i < 3; i += 1) {
        const shade = 10 * (1 + 6 * s + 3 * c + i);
        const image = sharp({
          create: { width: 8, height: 8, channels: 3, background: { r: shade, g: 0, b: 0 } },
        });
        writeFileSync(
          project.path('photos', split, name, `${i}.png`),
          await image.png().toBuffer(),
        );
      }
    }
  return project;
}

function rowsOf(project: Project): readonly Readonly<Record<string, string>>[] {
  const [header, ...records] = csvRecords(project.read('artifacts/test/table/table.csv'));
  return records.map(({ fields }) =>
    Object.fromEntries(header!.fields.map((name, i) => [name, fields[i]!])),
  );
}

test('a protocol reports the metrics of its test split, and says whether the splits are its own', async () => {
  using project = await withPhotos();
  const first = await project.run();
  assert.deepEqual([first.outcomes, first.stderr], [{ faces: 'ran', table: 'ran' }, '']);
  const rows = rowsOf(project);
  assert.deepEqual(
    rows.map(({ metric, negatives, positives, splits }) => [metric, negatives, positives, splits]),
    ['auc', 'equalErrorRate', 'accuracy'].map((metric) => [
      metric,
      '20',
      '20',
      'not stated: train, val, test',
    ]),
  );
  assert.ok(rows.every(({ low, value, high }) => low! < value! && value! < high!));
  // 16 fakes and 17 real ones: the threshold of val lies above the lowest of the wrong real images.
  assert.equal(rows[2]!['value'], '0.825');

  const digests = JSON.parse(project.read('artifacts/test/table/splits.json'));
  assert.equal(digests.test.images, 6);
  const stated = `splits: { train: ${digests.train.digest}, val: ${digests.val.digest}, test: ${digests.test.digest} }`;
  project.edit('pipelines/test.yaml', 'names: {}', stated);
  assert.deepEqual((await project.run()).warnings, []);
  assert.equal(rowsOf(project)[0]!['splits'], "the protocol's");

  // Other names in another order are the same split; another image is not.
  renameSync(project.path('photos/test/real/0.png'), project.path('photos/test/real/z.png'));
  await project.run();
  assert.equal(rowsOf(project)[0]!['splits'], "the protocol's");
  project.remove('photos/test/fake/0.png');
  const { warnings, events } = await project.run();
  assert.deepEqual(warnings, [
    "within: the data sets have another test than the protocol's, so these numbers are not its.",
  ]);
  const tables = events.flatMap((event) =>
    event.type === 'stage-finished' && event.stage === 'table' ? event.highlights : [],
  );
  assert.equal(
    tables[0]?.title,
    'within: images of test; checkpoint on val, settings on val, threshold on val',
  );
  assert.deepEqual(
    tables[0]?.rows.map((row) => row.at(-1)),
    Array(3).fill("another test than the protocol's"),
  );
  const { title } = JSON.parse(project.read('artifacts/test/table/chart/chart.vl.json'));
  assert.match(title.subtitle.join(' '), /; another test than the protocol's$/);
});

test('published values stand beside those of a network, with their difference and a verdict', async () => {
  using project = await withPhotos();
  project.write(
    'published.csv',
    `network,protocol,metric,value,source,negatives,positives
network,within,auc,0.8,"Author 2024, Table 3",1000,1000
network,within,auc,0.3,Other 2023,,
network,within,accuracy,0.8,Author 2024,,
network,cross-set,auc,0.5,Author 2024,,
`,
  );
  project.edit(
    'pipelines/test.yaml',
    'test: faces.dataset',
    'test: faces.dataset, published: ./published.csv',
  );
  const refused = await project.command('plan', 'test.yaml');
  assert.match(
    refused.stderr,
    /expected a margin beside "published": the largest difference that does not matter to you/,
  );
  project.edit('pipelines/test.yaml', 'names: {}', 'margin: 0.1');
  const { stderr } = await project.run();
  assert.equal(stderr, '');
  const rows = rowsOf(project).map(({ metric, published, verdict, source }) => [
    metric,
    published,
    verdict,
    source,
  ]);
  assert.deepEqual(rows, [
    ['auc', '0.8', 'cannot say', 'Author 2024, Table 3'],
    ['auc', '0.3', 'differs', 'Other 2023'],
    ['equalErrorRate', '', '', ''],
    ['accuracy', '0.8', 'cannot say', 'Author 2024'],
  ]);
  project.edit('published.csv', ',0.3,', ',30,');
  const { messages } = await project.run();
  assert.equal(
    messages['table'],
    'input "published": line 3: expected a value of 0 to 1, got "30"',
  );
});
