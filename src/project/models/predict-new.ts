import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { predictKind } from '../../../stages/index.ts';
import { inTemporaryFolder, makeFolder } from '../../engine/files/new-path.ts';
import type { Highlight } from '../../stage.ts';
import { UsageError } from '../../user-error.ts';
import { beginCommandLook } from '../ledger/sealed-pictures.ts';
import { readAggregate } from '../video-rules.ts';
import { findTrainedModel, infoOfTrained, type TrainedModelLookup } from './find-trained-model.ts';
import { type PreparationOptions, planPreparation } from './plan-preparation.ts';
import { type PredictionSubject, subjectOf } from './prediction-subject.ts';
import { prepareImages } from './prepare-images.ts';
import { type LoneHost, runKind } from './run-kind.ts';

interface PredictOptions extends TrainedModelLookup, PreparationOptions, LoneHost {
  /** The new folder; a relative path counts from {@link TrainedModelLookup.folder}. */
  readonly out: string;
  /** How the scores of a video's images are joined, as YAML: `max`, `{ top: 5 }`. */
  readonly aggregate?: string;
}

/** What was predicted. */
interface NewPrediction {
  /** How images were prepared, for the user; absent where they were scored as they are. */
  readonly preparation?: string;
  readonly tables: readonly Highlight[];
  /** The names of the files and folders in the new folder. */
  readonly files: readonly string[];
}

/**
 * Scores new images or videos by the kind `predict` without a pipeline, into a new folder that is
 * whole or absent. The words name a model, and a folder of images, or videos. Videos are prepared
 * as those of the model's training were. Throws a `UsageError`, a `PipelineError` or a
 * `StageError`.
 */
export async function predictNew(
  words: readonly string[],
  options: PredictOptions,
): Promise<NewPrediction> {
  const out = resolve(options.folder, options.out);
  if (existsSync(out))
    throw new UsageError(`${options.out} is there already: name another folder with --out`);
  const trained = await findTrainedModel(words, options);
  const { path: model, title, others } = trained;
  const subject = subjectOf(others, options.folder, options.onWarning);
  const settings = settingsFor(subject, options.aggregate);
  const plan = planPreparation(subject, (await infoOfTrained(trained)).recipe, options, options);
  const { spec } = predictKind;
  const ports = Object.keys(spec.outputs).filter(
    (port) => settings.by === 'video' || spec.outputs[port]!.when === undefined,
  );
  const predictInto = async (folder: string, work: string) => {
    const images = await prepareImages(subject, plan, { work, out: folder }, options);
    const inputs = { model: [artifact(model)], images: [artifact(images)] };
    const read = subject.type === 'images' ? [subject.folder] : subject.paths;
    // Faces that are cut of sealed images have other bytes than these.
    const scored = subject.type === 'images' ? [images, subject.folder] : [images];
    const look = await beginCommandLook([options.folder, model, ...read], scored, title);
    const allowed = { ...settings, pictures: !look.isSealed };
    const scratch = join(work, 'scratch');
    const stage = { settings: allowed, inputs, ports, folder, scratch };
    const tables = await runKind(predictKind, stage, options);
    await look.end(join(folder, 'scores.csv'));
    return tables;
  };
  const tables = await makeFolder(out, (folder) =>
    inTemporaryFolder(folder, (work) => predictInto(folder, work)),
  );
  const made = ports.map((port) => port + (spec.outputs[port]!.extension ?? ''));
  return {
    tables,
    files: plan.faces === undefined ? made : [...made, 'missing.csv'],
    ...(plan.summary !== undefined && { preparation: plan.summary }),
  };
}

const artifact = (path: string) => ({ path, labels: {} });

function settingsFor({ type }: PredictionSubject, aggregate: string | undefined) {
  const { settings } = predictKind.spec;
  if (type === 'videos')
    return settings.parse({ by: 'video', aggregate: readAggregate(aggregate) });
  if (aggregate === undefined) return settings.parse({});
  throw new UsageError('--aggregate is for videos, got a folder of images');
}
