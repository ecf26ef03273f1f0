import type { Digest } from '../../digest.ts';
import { publishedFolder } from '../../engine/config/published-paths.ts';
import { readableAs } from '../../engine/files/readable-as.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { ManifestStage, RunManifest } from '../../engine/store/runs/run-manifest.ts';
import type { StageResult } from '../../engine/store/stage-result.ts';
import type { CrateInput, CrateOutput, CrateStage } from '../../reporting/crate/crate-run.ts';
import { UserError } from '../../user-error.ts';

/** A file of an output that goes into a crate. */
export interface HeldFile {
  readonly stage: string;
  /** Relative to the crate, POSIX. */
  readonly path: string;
  readonly digest: Digest;
  readonly isExecutable: boolean;
}

/** A stage of the run with its result. */
interface RanStage {
  readonly name: string;
  readonly manifest: ManifestStage;
  readonly result: StageResult;
}

/**
 * The stages of a run as a crate describes them, each after those that it reads, and the files of
 * their outputs. What a stage read is known by its content: it is the output of the run with these
 * bytes, or something from outside.
 */
export function stagesOfCrate(
  manifest: RunManifest,
  store: LocalStore,
): { readonly stages: readonly CrateStage[]; readonly files: readonly HeldFile[] } {
  const ran = Object.entries(manifest.stages).map(([name, stage]): RanStage => {
    const result = store.readResult(stage.result);
    if (result === undefined) throw new UserError(`The result of ${name} is lost: run it again`);
    return { name, manifest: stage, result };
  });
  const outputs = new Map(
    ran.map((stage) => [stage.name, outputsOf(stage, manifest.pipeline)] as const),
  );
  const makers = new Map<Digest, { readonly stage: RanStage; readonly output: CrateOutput }>();
  for (const stage of ran) {
    for (const output of outputs.get(stage.name)!) {
      for (const content of readableAs(stage.result.outputs[output.port]!))
        if (!makers.has(content)) makers.set(content, { stage, output });
    }
  }
  const makerOf = (content: Digest) => makers.get(content);
  const stages = inOrder(ran, (content) => makerOf(content)?.stage).map(
    (stage): CrateStage => ({
      ...factsOf(stage),
      inputs: inputsOf(stage, (content) => makerOf(content)?.output),
      outputs: outputs.get(stage.name)!,
    }),
  );
  return { stages, files: ran.flatMap((stage) => filesOf(stage, outputs.get(stage.name)!)) };
}

function factsOf({ name, result }: RanStage): Omit<CrateStage, 'inputs' | 'outputs'> {
  const { fingerprint, record } = result;
  const { startedAt, seconds, software = {}, node, restage, settings } = record;
  return {
    name,
    kind: fingerprint.kind,
    kindVersion: fingerprint.version,
    software: { Restage: restage, 'Node.js': node, ...software },
    settings: JSON.stringify(settings ?? fingerprint.settings),
    startedAt,
    endedAt: new Date(Date.parse(startedAt) + 1000 * seconds).toISOString(),
  };
}

function inputsOf(
  { result }: RanStage,
  outputOf: (content: Digest) => CrateOutput | undefined,
): readonly CrateInput[] {
  return Object.entries(result.fingerprint.inputs).flatMap(([port, items]) =>
    items.map(({ digest, name }): CrateInput => {
      const output = outputOf(digest);
      return output === undefined ? { port, name, digest } : { output };
    }),
  );
}

function outputsOf({ name, manifest, result }: RanStage, pipeline: string): readonly CrateOutput[] {
  return Object.entries(result.outputs).map(([port, artifact]) => ({
    port,
    type: artifact.type,
    path: manifest.outputs[port] ?? `${publishedFolder(pipeline)}/${name}/${port}`,
    digest: artifact.digest,
    isFolder: artifact.folder,
    files: artifact.files.length,
    size: artifact.files.reduce((sum, { size }) => sum + size, 0),
    isFinal: manifest.isFinal,
    isHeld: result.stored,
  }));
}

function filesOf({ name, result }: RanStage, outputs: readonly CrateOutput[]): readonly HeldFile[] {
  if (!result.stored) return [];
  return outputs.flatMap(({ port, path }) =>
    result.outputs[port]!.files.map((file) => ({
      stage: name,
      path: file.path === '' ? path : `${path}/${file.path}`,
      digest: file.digest,
      isExecutable: file.executable === true,
    })),
  );
}

/** The stages, each after those whose outputs it read. */
function inOrder(
  stages: readonly RanStage[],
  makerOf: (content: Digest) => RanStage | undefined,
): readonly RanStage[] {
  const ordered = new Set<RanStage>();
  const entered = new Set<RanStage>();
  const add = (stage: RanStage): void => {
    // Equal bytes of two stages may seem to be a circle.
    if (entered.has(stage)) return;
    entered.add(stage);
    for (const { digest } of Object.values(stage.result.fingerprint.inputs).flat()) {
      const maker = makerOf(digest);
      if (maker !== undefined) add(maker);
    }
    ordered.add(stage);
  };
  for (const stage of stages) add(stage);
  return [...ordered];
}
