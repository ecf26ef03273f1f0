import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Digest } from '../../digest.ts';
import type { StageName } from '../../engine/config/pipeline.ts';
import { pipelineName } from '../../engine/config/pipeline-name.ts';
import { inTemporaryFolder, makeFile } from '../../engine/files/new-path.ts';
import { readableAs } from '../../engine/files/readable-as.ts';
import { diskError, writing } from '../../engine/files/write-error.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import type { RunManifest } from '../../engine/store/runs/run-manifest.ts';
import type { StageResult, StoredArtifact } from '../../engine/store/stage-result.ts';
import { countParameters } from '../../learning/models/count-parameters.ts';
import { describeInput, describeNetwork } from '../../learning/models/describe-model.ts';
import { type ModelInfo, readModelInfo } from '../../learning/models/model-info.ts';
import { readMetrics } from '../../reporting/history/read-numbers.ts';
import { modelCard, type StageFacts } from '../../reporting/model-card/model-card.ts';
import { StageError } from '../../stage.ts';
import { UsageError, UserError } from '../../user-error.ts';
import { findTarget } from '../find-target.ts';
import type { OpenedProject } from '../opened-project.ts';
import { lastRunOf } from './last-run.ts';
import { licenseOf } from './license-address.ts';
import { stagesOf } from './pull.ts';

/** A stage of the run with its result. */
interface RanStage {
  readonly stage: StageName;
  readonly result: StageResult;
}

/** A model that a stage published. */
interface PublishedModel extends RanStage {
  /** Relative to the root. */
  readonly path: string;
  readonly artifact: StoredArtifact;
}

/**
 * Writes the card of the model that a stage has made, in one new file, which is whole or absent:
 * what its records, those of its data set and those of the stages that read it say. The words name
 * the pipeline and the stage. Returns the name of the stage.
 */
export async function exportModelCard(
  project: OpenedProject,
  path: string,
  { words, license }: { readonly words: readonly string[]; readonly license?: string | undefined },
): Promise<string> {
  const { root, folder, warn } = project;
  const target = resolve(folder, path);
  if (existsSync(target))
    throw new UsageError(`${path} is there already: name another file, or remove it`);
  const named = licenseOf(root, license);
  const { file, stages: stageWords } = findTarget({ words }, project);
  const store = new LocalStore(root, warn);
  const { manifest, results } = await lastRunOf(root, store, pipelineName(file, root));
  const all = (Object.keys(manifest.stages) as StageName[]).flatMap((stage): RanStage[] => {
    const result = results.get(manifest.stages[stage]!.result);
    return result === undefined ? [] : [{ stage, result }];
  });
  const model = publishedModel(manifest, all, stagesOf(manifest, stageWords));
  const { info, parameters } = await readModel(store, model);
  const read = new Set(Object.values(model.result.fingerprint.inputs).flat().map(contentOf));
  const trainedOn = all.filter(({ result }) => makes(result, (content) => read.has(content)));
  const made = new Set(readableAs(model.artifact));
  const readers = all.filter(({ result }) =>
    Object.values(result.fingerprint.inputs)
      .flat()
      .some((input) => made.has(contentOf(input))),
  );
  const training = factsOf(store, model);
  const text = modelCard({
    stage: model.stage,
    pipeline: manifest.pipeline,
    path: model.path,
    license: named,
    network: describeNetwork(info),
    ...(parameters !== undefined && { parameters }),
    classes: info.classes,
    input: describeInput(info.input),
    digest: model.artifact.digest,
    gitCommit: manifest.gitCommit,
    training: {
      ...training,
      software: { ...training.software, ...info.versions },
    },
    data: trainedOn
      .filter(({ result }) => result.record.highlights.some(({ role }) => role === 'data'))
      .map((ran) => factsOf(store, ran)),
    readers: readers.map((ran) => factsOf(store, ran)),
  });
  try {
    await makeFile(target, path, async (temporary) =>
      writing(path, () => writeFileSync(temporary, text)),
    );
  } catch (error) {
    throw diskError(error);
  }
  return model.stage;
}

const contentOf = ({ digest }: { readonly digest: Digest }): Digest => digest;

const makes = ({ outputs }: StageResult, isRead: (content: Digest) => boolean): boolean =>
  Object.values(outputs).some((artifact) => readableAs(artifact).some(isRead));

/** The only output of type `model` of these stages. */
function publishedModel(
  { pipeline, stages }: RunManifest,
  all: readonly RanStage[],
  chosen: readonly StageName[],
): PublishedModel {
  const found = all
    .filter(({ stage }) => chosen.includes(stage))
    .flatMap(({ stage, result }) =>
      Object.entries(result.outputs).flatMap(([port, artifact]) => {
        const path = stages[stage]!.outputs[port];
        return artifact.type === 'model' && path !== undefined
          ? [{ stage, result, path, artifact }]
          : [];
      }),
    );
  const [only, ...others] = found;
  if (only === undefined)
    throw new UsageError(`No stage of ${pipeline} has published a model: run it first`);
  if (others.length > 0)
    throw new UsageError(
      `Several stages have published a model: name one of ${found.map(({ stage }) => stage).join(', ')}`,
    );
  return only;
}

/** What a model says of itself, from the objects of the store. */
async function readModel(
  store: LocalStore,
  { stage, artifact }: PublishedModel,
): Promise<{ readonly info: ModelInfo; readonly parameters: number | undefined }> {
  for (const { digest } of artifact.files) {
    if (!(await store.checkObject(digest)))
      throw new UserError(`The model of ${stage} is not here: run ${stage} with \`--fetch all\``);
  }
  return await inTemporaryFolder(store.folder, async (folder) => {
    for (const { path, digest } of artifact.files)
      symlinkSync(store.objectPath(digest), join(folder, path));
    const info = readModelInfo(folder);
    return { info, parameters: parametersOf(folder, info) };
  });
}

/** Undefined for a head on features whose network is not known. */
function parametersOf(folder: string, info: ModelInfo): number | undefined {
  try {
    return countParameters(folder, info);
  } catch (error) {
    if (error instanceof StageError) return undefined;
    throw error;
  }
}

function factsOf(store: LocalStore, { stage, result }: RanStage): StageFacts {
  const { fingerprint, record } = result;
  const { startedAt, seconds, settings, highlights, warnings, software } = record;
  return {
    stage,
    kind: fingerprint.kind,
    startedAt,
    seconds,
    software: { Restage: record.restage, 'Node.js': record.node, ...software },
    settings: settings ?? fingerprint.settings,
    highlights,
    warnings,
    metrics: metricsOf(store, result),
  };
}

/** The numbers of a `metrics` output by split and name, such as `test.auc`. */
function metricsOf(store: LocalStore, { outputs }: StageResult): Readonly<Record<string, number>> {
  const digest = Object.values(outputs).find(({ type }) => type === 'metrics')?.files[0]?.digest;
  const metrics = digest === undefined ? undefined : readMetrics(store.objectPath(digest));
  return Object.fromEntries(
    [...(metrics?.values ?? [])].flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
  );
}
