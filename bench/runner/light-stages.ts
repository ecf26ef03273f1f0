/**
 * What a light stage of ours costs beyond its own work: `roc-det`, `plot` and `table`, many of
 * each, in one run. A run of one stage is subtracted, so the start of the process that serves them
 * all does not count.
 *   node --import tsx bench/runner/light-stages.ts [stages of each kind, 20]
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { programContext } from '../../src/engine/execution/processes/program-context.ts';
import type { JsonObject } from '../../src/json.ts';
import type { KindSpec, StageContext } from '../../src/stage.ts';
import { kinds } from '../../stages/index.ts';
import { median, time } from './interleave.ts';
import { Folder, pipeline } from './project.ts';

const count = Number(process.argv[2] ?? 20);
const images = 300;

/**
 * A stage by its kind: its inputs as the YAML names them, and settings that differ from stage to
 * stage.
 */
const light = [
  { kind: 'roc-det', port: 'scores', path: 'scores.csv', settings: (i: number) => ({ seed: i }) },
  {
    kind: 'plot',
    port: 'history',
    path: 'history.json',
    settings: (i: number) => ({ title: `run ${i}` }),
  },
  {
    kind: 'table',
    port: 'metrics',
    path: 'metrics.json',
    settings: (i: number) => ({ values: ['auc'], title: `${i}` }),
  },
];

using project = new Folder();
project.write('scores.csv', scores());
project.write('metrics.json', JSON.stringify({ auc: 0.75 }));
project.write('history.json', JSON.stringify(history()));

console.log(`${count} stages of each kind, one at a time, ms for each after the first:\n`);
console.log('kind       the run   its own work   beyond it');
for (const { kind, port, path, settings } of light) {
  const { spec } = kinds[kind]!;
  const stages = Array.from({ length: count }, (_, i) => {
    const outputs = Object.keys(spec.outputs).map(
      (name) => `${name}: out/${kind}/${i}/${name}${spec.outputs[name]!.extension ?? ''}`,
    );
    const input = spec.inputs[port]!.list ? `[./${path}]` : `./${path}`;
    return `  s${i}: { kind: ${kind}, inputs: { ${port}: ${input} }, outputs: { ${outputs.join(', ')} }, with: ${JSON.stringify(settings(i))} }\n`;
  });
  project.write(`pipelines/${kind}.yaml`, `stages:\n${stages.join('')}`);
  const alone = await ownWork(kind, port, path, settings);
  const run = runOf(kind);
  console.log(
    `${kind.padEnd(10)} ${run.toFixed(1).padStart(7)} ${alone.toFixed(1).padStart(14)} ${(run - alone).toFixed(1).padStart(11)}`,
  );
}

/**
 * Milliseconds for each stage after the first, the median of three runs of one stage and of three
 * of all.
 */
function runOf(kind: string): number {
  const clean = 'rm -rf cache out';
  const seconds = (stages: string) => {
    const argv = [
      'sh',
      '-c',
      `${clean} && ${process.execPath} ${pipeline} run ${kind}.yaml ${stages} --jobs 1`,
    ];
    return median([1, 2, 3].map(() => time({ name: kind, argv, cwd: project.path })));
  };
  return (1000 * (seconds('') - seconds('s0'))) / (count - 1);
}

/**
 * Milliseconds that a stage's work takes in this process, once everything is loaded: the median.
 */
async function ownWork(
  kind: string,
  port: string,
  path: string,
  settings: (i: number) => object,
): Promise<number> {
  const entry = kinds[kind]!;
  if (!('run' in entry)) throw new Error(`${kind} is a program`);
  const { default: run } = await entry.run();
  const { outputs, settings: schema } = entry.spec as KindSpec<JsonObject>;
  const taken: number[] = [];
  for (let i = 0; i < count + 5; i += 1) {
    const folder = join(project.path, 'own', kind, String(i));
    mkdirSync(folder, { recursive: true });
    const context: StageContext<unknown> = {
      ...programContext({
        kind,
        cpus: 1,
        backend: 'auto',
        scratch: folder,
        root: project.path,
        settings: schema.parse(settings(i)),
        inputs: { [port]: [{ path: join(project.path, path), labels: {} }] },
        lists: [],
        outputs: Object.fromEntries(
          Object.entries(outputs).map(([name, { extension = '' }]) => [
            name,
            join(folder, `${name}${extension}`),
          ]),
        ),
      }),
      cpus: 1,
      backend: 'auto',
      download: () => Promise.reject(new Error('no stage of this benchmark downloads')),
      progress() {},
      point() {},
      log() {},
      info() {},
      warn() {},
      highlight() {},
      note() {},
    };
    const start = performance.now();
    await run(context as StageContext<never>);
    if (i >= 5) taken.push(performance.now() - start);
  }
  return median(taken);
}

function scores(): string {
  const rows = Array.from({ length: images }, (_, i) => {
    const label = i % 2;
    const fake = Math.sin(12.9898 * i) * 0.5 + label;
    return `image-${i},test,${label},${-fake},${fake}\n`;
  });
  return `key,split,label,real,fake\n${rows.join('')}`;
}

function history() {
  const values = (epoch: number) => ({ loss: 1 / epoch, accuracy: 1 - 1 / (epoch + 1) });
  const epochs = Array.from({ length: 10 }, (_, i) => {
    const running = values(i + 1);
    return {
      epoch: i + 1,
      learningRate: 0.001,
      running,
      splits: { train: running, val: values(i + 2) },
    };
  });
  return { splits: ['train', 'val'], epochs, chosenEpoch: 10 };
}
