import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { facesKind, framesKind } from '../../../stages/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Recipe, RecipeStep } from '../../learning/vision/dataset/recipe.ts';
import type { InputArtifact, SettingMistake } from '../../stage.ts';
import { UsageError } from '../../user-error.ts';
import { mistake } from '../pipeline-error.ts';
import type { PredictionSubject } from './prediction-subject.ts';
import type { LoneHost, RunnableKind } from './run-kind.ts';

/** How videos and large images become what a model sees, as the user says. */
export interface PreparationOptions {
  /** Settings of the kind `frames`, as YAML: `every: 10`. */
  readonly frames?: string;
  /** Find and cut faces, also where the training's recipe is not known. */
  readonly faces?: boolean;
  /** Score images and frames as they are. */
  readonly whole?: boolean;
  /** The user's networks by which the training's faces were found, by port: paths of files. */
  readonly detector?: string;
  readonly landmarks?: string;
}

/** A kind that prepares images, with its settings and the files that it takes. */
interface Step<S> {
  readonly kind: RunnableKind<S>;
  readonly settings: S;
  readonly files: Readonly<Record<string, readonly InputArtifact[]>>;
}

/** How faces are found and cut. */
export type FacesSettings = z.output<typeof facesKind.spec.settings>;

/** How the images of a model are prepared before it scores them. */
export interface PreparationPlan {
  /** Absent for images. */
  readonly frames?: Step<z.output<typeof framesKind.spec.settings>>;
  /** Absent where images are scored as they are. */
  readonly faces?: Step<FacesSettings>;
  /** What is done about faces, for the user; absent where nothing is. */
  readonly summary?: string;
}

/** Frames of a video, where the user does not say which. */
const usualFrames = { take: { count: 16 } };
/** Settings that say which frames are taken. */
const ways = ['take', 'every', 'rate', 'key'];
/** Settings of frames that decide their pixels. */
const pixels = ['h264', 'size', 'format', 'quality'];

/**
 * Decides how images are prepared: as those of the training were, by the model's recipe. Where
 * there is none, nobody but the user knows, and a `UsageError` says so: a guess would score crops
 * of another form without a word.
 */
export function planPreparation(
  subject: PredictionSubject,
  recipe: Recipe | undefined,
  options: PreparationOptions,
  { folder, onWarning }: LoneHost,
): PreparationPlan {
  if (options.faces && options.whole) throw new UsageError('Expected --faces or --whole, got both');
  if (subject.type === 'images' && options.frames !== undefined)
    throw new UsageError('--frames is for videos, got a folder of images');
  const stepOf = (name: string) => recipe?.find(({ kind }) => kind === name);
  const faces = stepOf(facesKind.spec.name);
  for (const step of [stepOf(framesKind.spec.name), faces]) warnOfVersion(step, onWarning);
  const frames =
    subject.type === 'videos'
      ? { frames: framesStep(options.frames, stepOf(framesKind.spec.name)) }
      : {};
  if (!cutsFaces(subject, recipe, options, onWarning)) return frames;
  const cut = facesStep(faces, options, folder);
  const how = faces === undefined ? 'as the kind faces does by default' : 'as for the training';
  return { ...frames, faces: cut, summary: `Faces are cut ${how}: ${textOf(cut.settings)}.` };
}

/** Whether faces are cut out of the images. */
function cutsFaces(
  { type }: PredictionSubject,
  recipe: Recipe | undefined,
  { faces, whole }: PreparationOptions,
  onWarning: (message: string) => void,
): boolean {
  const wasCut = recipe?.some(({ kind }) => kind === facesKind.spec.name) === true;
  const trained = 'The model was trained on faces that were cut out of their images.';
  if (faces) return true;
  if (whole) {
    if (wasCut && type === 'videos') onWarning(`${trained} Whole frames are scored.`);
    return false;
  }
  if (type === 'images') {
    if (wasCut) {
      onWarning(
        `${trained} These images are scored as they are: --faces cuts them first, and --whole says that they are cut already.`,
      );
    }
    return false;
  }
  if (recipe !== undefined) return wasCut;
  throw new UsageError(
    'The model does not say how the images of its training were made of videos, so its scores of a video may mean nothing. Choose what its training had: --faces cuts faces as the kind faces does by default, --whole scores whole frames. A pipeline of the kinds frames, faces and predict takes every setting',
  );
}

function warnOfVersion(step: RecipeStep | undefined, onWarning: (message: string) => void): void {
  if (step === undefined) return;
  const { spec } = step.kind === facesKind.spec.name ? facesKind : framesKind;
  if (spec.version === step.version) return;
  onWarning(
    `The images of the model's training were made by version ${step.version} of the kind ${step.kind}; here it has version ${spec.version}, whose images may differ.`,
  );
}

function framesStep(
  given: string | undefined,
  step: RecipeStep | undefined,
): NonNullable<PreparationPlan['frames']> {
  const chosen = settingsOf(given);
  const other = pixels.find(
    (name) => step !== undefined && name in chosen && chosen[name] !== step.settings[name],
  );
  if (other !== undefined) {
    throw new UsageError(
      `--frames: expected "${other}" as the model's training had it, ${JSON.stringify(step!.settings[other] ?? null)}: leave it out`,
    );
  }
  const some = ways.some((way) => way in chosen) ? {} : usualFrames;
  const settings = { ...some, unreadable: 'skip', ...chosen, ...step?.settings };
  return { kind: framesKind, settings: checked(framesKind, settings, ['videos']), files: {} };
}

/** The settings that a user wrote as YAML. */
function settingsOf(text: string | undefined): JsonObject {
  if (text === undefined) return {};
  try {
    const value = parse(text) as Json;
    if (isJsonObject(value)) return value;
  } catch {
    // The message below serves both mistakes.
  }
  throw new UsageError(`--frames: expected settings such as "every: 10", got "${text}"`);
}

function facesStep(
  step: RecipeStep | undefined,
  options: PreparationOptions,
  folder: string,
): NonNullable<PreparationPlan['faces']> {
  const settings = step?.settings ?? { pick: 'track' };
  const files: Record<string, readonly InputArtifact[]> = {};
  for (const port of ['detector', 'landmarks'] as const) {
    const path = networkOf(port, step?.files?.[port], options[port], folder);
    if (path !== undefined) files[port] = [{ path, labels: {} }];
  }
  return { kind: facesKind, settings: checked(facesKind, settings, Object.keys(files)), files };
}

/** The path of the user's network by which the training's faces were found, by its digest. */
function networkOf(
  port: 'detector' | 'landmarks',
  digest: string | undefined,
  given: string | undefined,
  folder: string,
): string | undefined {
  if (digest === undefined) {
    if (given === undefined) return undefined;
    throw new UsageError(`The model's training had no ${port} of its own: leave --${port} out`);
  }
  if (given === undefined) {
    throw new UsageError(
      `The faces of the model's training were found by a ${port} of one's own: name its ONNX file with --${port}`,
    );
  }
  const path = resolve(folder, given);
  if (!existsSync(path)) throw mistake('missing-file', `There is no file ${given}`);
  if (createHash('sha256').update(readFileSync(path)).digest('hex') === digest) return path;
  throw new UsageError(`${given} is another ${port} than that of the model's training`);
}

/**
 * The settings of a kind with their defaults, for a stage with these inputs. Throws a `UsageError`
 * with the first mistake.
 */
function checked<S>({ spec }: RunnableKind<S>, given: JsonObject, inputs: readonly string[]): S {
  const parsed = spec.settings.safeParse(given);
  const mistakes: readonly SettingMistake[] = parsed.success
    ? (spec.check?.(parsed.data, new Set(inputs)) ?? [])
    : parsed.error.issues.map(({ path, message }) => ({ at: path, message }));
  const [first] = mistakes;
  if (parsed.success && first === undefined) return parsed.data;
  const at = first!.at.length > 0 ? ` ${first!.at.join('.')}:` : '';
  throw new UsageError(`--${spec.name}:${at} ${first!.message}`);
}

/** Settings as `minScore 0.3, align.size 128`. */
function textOf(settings: object, prefix = ''): string {
  return Object.entries(settings)
    .filter(([name]) => !hidden.has(prefix + name))
    .map(([name, value]) =>
      typeof value === 'object' && value !== null
        ? textOf(value, `${prefix}${name}.`)
        : `${prefix}${name} ${value}`,
    )
    .join(', ');
}

/** Settings of faces that decide no crop of a single video. */
const hidden = new Set(['persons', 'personDistance', 'seed', 'detector', 'landmarks']);
