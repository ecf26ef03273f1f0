import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';
import type { Result } from '../../result.ts';
import { defineKind, type KindSpec } from '../../stage.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { formatDiagnostics } from '../diagnostics/format-diagnostic.ts';
import type { Kinds } from './load-context.ts';
import { loadPipeline } from './loading/load-pipeline.ts';
import type { KnownLists, LocatedStage, Pipeline } from './pipeline.ts';

/** A small table of kinds for tests, of the same forms as the real ones. */
const specs: readonly KindSpec[] = [
  defineKind({
    name: 'load',
    version: 1,
    summary: 'Loads images.',
    settings: z.strictObject({
      classes: z.record(z.string(), z.array(z.string())).optional(),
      set: z.string().optional(),
    }),
    inputs: { images: { type: 'images', summary: 'Images.' } },
    outputs: { dataset: { type: 'dataset', summary: 'The set.' } },
    example: '',
  }),
  defineKind({
    name: 'train',
    version: 2,
    summary: 'Trains.',
    settings: z.strictObject({
      model: z.enum(['simple-net', 'xception']).default('simple-net'),
      epochs: z.int().min(1).default(5),
      rate: z.number().optional(),
      seed: z.int().default(0),
      layers: z
        .array(z.strictObject({ width: z.int(), dropout: z.number().optional() }))
        .optional(),
      optimizer: z
        .discriminatedUnion('kind', [
          z.strictObject({
            kind: z.literal('adam'),
            learningRate: z.number().positive().default(0.001),
          }),
          z.strictObject({
            kind: z.literal('sgd'),
            learningRate: z.number().default(0.1),
            momentum: z.number().default(0.9),
          }),
        ])
        .default({ kind: 'adam', learningRate: 0.001 }),
    }),
    inputs: {
      dataset: {
        type: 'dataset',
        summary: 'What it learns from.',
        parts: ({ epochs }) => ['train', `val-${epochs}`],
      },
      start: { type: 'model', summary: 'Where it begins.', optional: true },
    },
    outputs: {
      model: { type: 'model', summary: 'The model.' },
      history: { type: 'history', summary: 'Epochs.', extension: '.csv' },
    },
    computes: true,
    example: '',
  }),
  defineKind({
    name: 'evaluate',
    version: 1,
    summary: 'Scores images.',
    settings: z.strictObject({ views: z.boolean().default(false) }),
    inputs: {
      model: { type: 'model', summary: 'The model.' },
      dataset: { type: 'dataset', summary: 'The images.' },
    },
    outputs: {
      scores: { type: 'scores', summary: 'Scores.', extension: '.csv' },
      views: { type: 'images', summary: 'With `views: true`: what it saw.', when: 'views' },
    },
    example: '',
  }),
  defineKind({
    name: 'roc',
    version: 1,
    summary: 'Draws curves.',
    settings: z.strictObject({
      title: z.string().optional(),
      columns: z.array(z.string()).default([]),
    }),
    inputs: { scores: { type: 'scores', list: true, summary: 'Scores.' } },
    axes: { columns: ['scores'] },
    outputs: { chart: { type: 'chart', summary: 'Curves.' } },
    example: '',
  }),
  defineKind({
    name: 'plot',
    version: 1,
    summary: 'Draws a history.',
    settings: z.strictObject({}),
    inputs: {
      history: { type: 'history', labelled: true, optional: true, summary: 'A history.' },
      scores: { type: 'scores', list: true, labelled: true, optional: true, summary: 'Scores.' },
    },
    outputs: { chart: { type: 'chart', summary: 'Curves.' } },
    example: '',
  }),
  defineKind({
    name: 'command',
    version: 1,
    summary: 'Runs a program.',
    settings: z.strictObject({ run: z.string() }),
    inputs: {},
    outputs: {},
    openPorts: true,
    shell: ['run'],
    example: '',
  }),
  defineKind({
    name: 'propose',
    version: 1,
    summary: 'Proposes rates, and a momentum for every second trial.',
    settings: z.strictObject({
      run: z.string().default('propose'),
      only: z.record(z.string(), z.number()).optional(),
    }),
    inputs: {
      metrics: {
        type: ['metrics', 'scores'],
        summary: 'How trials went.',
        list: true,
        optional: true,
      },
      previous: { type: 'files', summary: 'The trial before.', optional: true },
    },
    outputs: { trial: { type: 'files', summary: 'A trial.', extension: '.json' } },
    proposes: {
      output: 'trial',
      previous: 'previous',
      history: ['metrics'],
      examples: () => [{ rate: 0.1, momentum: 0.5 }, { rate: 0.2 }],
      narrowed: ({ only, ...others }, trial) => {
        const own = (only as JsonObject | undefined)?.[trial];
        return own === undefined ? others : { ...others, only: { [trial]: own } };
      },
    },
    example: '',
  }),
];

export const testingKinds: Kinds = new Map(
  specs.map((spec) => [spec.name, { spec, version: spec.version, files: [], looked: [] }]),
);

/** A project in a folder of its own, removed at the end of a `using` block. */
export class TestProject implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'restage-config-'));

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.write({ 'pipelines/.keep': '', 'data/real/1.png': 'r', 'data/fake/1.png': 'f', ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
  }

  writeBytes(path: string, bytes: Uint8Array): void {
    writeFileSync(join(this.root, path), bytes);
  }

  /** Loads `pipelines/p.yaml`, or the file named. */
  load(
    set: readonly string[] = [],
    file = 'p.yaml',
  ): Promise<Result<Pipeline, readonly Diagnostic[]>> {
    return loadPipeline({ ...this.#options, file: `pipelines/${file}`, set });
  }

  /** Loads `pipelines/p.yaml` with the texts of lists that stages have made, by name. */
  loadWith(
    lists: Readonly<Record<string, string>>,
  ): Promise<Result<Pipeline, readonly Diagnostic[]>> {
    const known: KnownLists = new Map(
      Object.entries(lists).map(([name, text]) => {
        return [name, { digest: sha256(text), source: { path: `${name}.csv`, text } }];
      }),
    );
    return loadPipeline({ ...this.#options, file: 'pipelines/p.yaml', lists: known });
  }

  get #options() {
    return { root: this.root, kinds: testingKinds, env: { SHELL: '/bin/sh' } };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The pipeline of a text; throws with the mistakes where it has some. */
export async function load(yaml: string, set: readonly string[] = []): Promise<Pipeline> {
  using project = new TestProject({ 'pipelines/p.yaml': yaml });
  return value(await project.load(set));
}

export function value(loaded: Result<Pipeline, readonly Diagnostic[]>): Pipeline {
  if (loaded.ok) return loaded.value;
  throw new Error(`The pipeline has mistakes:\n${formatDiagnostics(loaded.error)}`);
}

/** The mistakes of a text as they are shown, between blank lines. */
export async function mistakes(yaml: string, set: readonly string[] = []): Promise<string> {
  using project = new TestProject({ 'pipelines/p.yaml': yaml });
  return shownMistakes(await project.load(set));
}

export function shownMistakes(loaded: Result<Pipeline, readonly Diagnostic[]>): string {
  return loaded.ok ? 'no mistakes' : formatDiagnostics(loaded.error);
}

export function stageOf(pipeline: Pipeline, name: string): LocatedStage {
  const stage = pipeline.stages.find((candidate) => candidate.name === name);
  if (!stage)
    throw new Error(
      `No stage ${name} among ${pipeline.stages.map((candidate) => candidate.name).join(' ')}`,
    );
  return stage;
}
