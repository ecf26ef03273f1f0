import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import { placeOfYaml } from '../../../test/support/place-of-yaml.ts';
import type { Digest } from '../../digest.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import type { LocalStore } from '../store/local-store.ts';
import type { StageResult } from '../store/stage-result.ts';
import type { PlaceSpec } from './place-spec.ts';
import { plannedSubmissions } from './planned-submissions.ts';

const MiB = 2 ** 20;
const slurm = placeOfYaml('cluster', { engine: 'slurm', maxJobs: 2 });

interface Asking {
  readonly cpu?: number;
  readonly memory?: number;
  readonly waitsFor?: readonly string[];
  /** Bytes that its last result needed. */
  readonly needed?: number;
}

/** What a run would submit for stages, by their names. */
function planned(place: PlaceSpec, stages: Readonly<Record<string, Asking>>) {
  const submitted = Object.entries(stages).map(
    ([name, { cpu = 1, memory = 0, waitsFor = [] }]) => ({
      stage: partialValue<Stage>({ name, resources: { cpu, gpu: 0, memory } }),
      place,
      waitsFor: waitsFor as readonly StageName[],
    }),
  );
  const store = partialValue<LocalStore>({
    folder: '/project/cache',
    readLatest: (_, name) => name as Digest,
    readResult: (name) => partialValue<StageResult>({ record: { memory: stages[name]!.needed } }),
  });
  return plannedSubmissions(submitted, {
    root: '/project',
    env: {},
    pipeline: 'study',
    store,
    commandFor: (folder) => ({ node: 'node', words: ['worker.js', folder] }),
  });
}

test('stages that wait for the same others are one array of as many workers as may exist, and those that wait for different ones are submitted apart', () => {
  const submissions = planned(slurm, {
    load: {},
    fit1: { waitsFor: ['load', 'draw'] },
    fit2: { waitsFor: ['draw', 'load'] },
    fit3: { waitsFor: ['load', 'draw'] },
    score1: { waitsFor: ['fit1'] },
    score2: { waitsFor: ['fit2'] },
  });
  assert.deepEqual(
    submissions.map(({ batches, request }) => [batches, request.workers]),
    [
      [[['load'], ['score1'], ['score2']], 1],
      [[['fit1', 'fit2', 'fit3']], 2],
    ],
  );
});

test('a stage is submitted with the memory that its last result needed, which its script limits too', () => {
  const [one, two] = planned(slurm, {
    one: { memory: 512 * MiB },
    two: { memory: 512 * MiB, needed: 3000 * MiB },
  });
  assert.match(String(one!.command), / --mem=512M /);
  assert.match(one!.script, /--max-old-space-size=512/);
  assert.match(String(two!.command), / --mem=3000M /);
  assert.match(two!.script, /--max-old-space-size=3000/);
});

test('without arrays, the command of one worker is given once for each', () => {
  const template = { submit: 'qsub ${script}', query: 'qstat', cancel: 'qdel ${id}' };
  const place = placeOfYaml('other', { engine: 'template', maxJobs: 2, template });
  const [submission] = planned(place, { a: {}, b: {}, c: {} });
  const { jobs, request, command } = submission!;
  assert.deepEqual(
    [jobs, request.workers, command],
    [2, 1, 'qsub /project/cache/jobs/BATCH/script.sh'],
  );
});

test('a scheduler without a command shows none, and one that would refuse a stage says why', () => {
  const { describe: _, ...scheduler } = slurm.scheduler.open({});
  const silent: PlaceSpec = { ...slurm, scheduler: { ...slurm.scheduler, open: () => scheduler } };
  assert.equal(planned(silent, { a: {} })[0]!.command, undefined);
  const grid = placeOfYaml('grid', { engine: 'gridengine', cpu: 4 });
  assert.deepEqual(planned(grid, { a: { cpu: 4 } })[0]!.command, {
    refused: 'A job of the place "grid" asks for 4 cores: set its `parallelEnvironment`',
  });
});
