import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from '../../src/engine/store/download.ts';
import type { JsonObject } from '../../src/json.ts';
import type {
  CheckpointStore,
  CurvePoint,
  Highlight,
  InputArtifact,
  KindSpec,
  OutputPort,
  PieceStore,
  Progress,
  RunStage,
  StageContext,
  Told,
} from '../../src/stage.ts';

/**
 * Runs a kind alone, on real files in a folder that is removed afterwards, and keeps its messages
 * for assertions.
 */
export class StageBench {
  readonly root = mkdtempSync(join(tmpdir(), 'stage-'));
  readonly logs: string[] = [];
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly highlights: Highlight[] = [];
  readonly progress: Progress[] = [];
  readonly points: CurvePoint[] = [];
  readonly notes: Record<string, string | number> = {};

  /** The path of an output of the last run; `kind` gives its extension. */
  output(port: string, kind?: OutputPort): string {
    return join(this.root, 'outputs', port + (kind?.extension ?? ''));
  }

  /**
   * Runs a kind, with settings as in the YAML. `outputs` names the ports of a kind whose ports are
   * open.
   */
  async run<S>(
    spec: KindSpec<S>,
    run: RunStage<S>,
    {
      with: settings = {},
      inputs = {},
      outputs = Object.keys(spec.outputs),
      checkpoints,
      pieces,
      told,
    }: BenchStage = {},
  ): Promise<void> {
    for (const folder of ['outputs', 'scratch']) {
      rmSync(join(this.root, folder), { recursive: true, force: true });
      mkdirSync(join(this.root, folder));
    }
    const of = (port: string): readonly InputArtifact[] =>
      [inputs[port] ?? []]
        .flat()
        .map((item) => (typeof item === 'string' ? { path: item, labels: {} } : item));
    const parsed = { ...spec.settings.parse(settings), ...(told !== undefined && { told }) };
    const context: StageContext<S> = {
      settings: parsed,
      ...(await codeOf(spec, parsed as JsonObject, this.root)),
      ...(pieces !== undefined && { pieces }),
      input: (port) => {
        const [artifact] = of(port);
        if (artifact === undefined)
          throw new Error(`Internal error: input "${port}" is not connected`);
        return artifact;
      },
      inputs: of,
      output: (port) => this.output(port, spec.outputs[port]),
      inputPorts: Object.keys(inputs),
      outputPorts: outputs,
      cpus: 2,
      backend: 'auto',
      ...(checkpoints !== undefined && { checkpoints }),
      scratch: join(this.root, 'scratch'),
      root: this.root,
      download: (file) =>
        download(join(this.root, 'cache'), file, process.env, (progress) =>
          this.progress.push(progress),
        ),
      progress: (progress) => this.progress.push(progress),
      point: (point) => this.points.push(point),
      log: (line) => this.logs.push(line),
      info: (line) => {
        this.logs.push(line);
        this.infos.push(line);
      },
      warn: (line) => this.warnings.push(line),
      highlight: (table) => this.highlights.push(table),
      note: (name, value) => {
        this.notes[name] = value;
      },
    };
    await run(context);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** How the programs of the machine are started that a kind runs. */
async function codeOf<S>(spec: KindSpec<S>, settings: JsonObject, root: string) {
  if (spec.code === undefined || spec.code.when?.(settings as S) === false) return {};
  const question = { program: '', root, settings, env: process.env, loaded: [] };
  return { code: (await spec.code.find(question)).start };
}

/** Inputs by port: paths, or artifacts with labels. */
export type BenchInputs = Readonly<
  Record<string, string | InputArtifact | readonly (string | InputArtifact)[]>
>;

export interface BenchStage {
  readonly with?: unknown;
  /** Paths by port; several for a list port. */
  readonly inputs?: BenchInputs;
  readonly outputs?: readonly string[];
  readonly checkpoints?: CheckpointStore;
  readonly pieces?: PieceStore;
  /** What a run says of the trials before to a stage that proposes one. */
  readonly told?: Told;
}
