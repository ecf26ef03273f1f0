import { readFileSync } from 'node:fs';
import type { Digest } from '../../digest.ts';
import type { Listing } from '../../engine/files/listing.ts';
import { readableAs } from '../../engine/files/readable-as.ts';
import type { Fingerprint } from '../../engine/fingerprint/fingerprint.ts';
import type { RunRecord, StageEntry } from '../../engine/store/runs/run-record.ts';
import type { StageResult, StoredArtifact } from '../../engine/store/stage-result.ts';
import type { Json, JsonObject } from '../../json.ts';
import { type ClassAnswer, classAnswers } from '../../learning/metrics/comparison/class-answers.ts';
import { parseMetrics } from '../../learning/metrics/metrics-file.ts';
import {
  aggregateVideos,
  areVideos,
  type VideoRule,
} from '../../learning/metrics/scores/aggregate-videos.ts';
import { type BinaryScores, binaryView } from '../../learning/metrics/scores/binary-view.ts';
import { parseScores, type ScoreTable } from '../../learning/metrics/scores/scores-file.ts';
import { type History, parseHistory } from '../../learning/training/history.ts';
import type { Curve } from '../../reported-curves.ts';
import { ok } from '../../result.ts';
import type { ArtifactType } from '../../stage.ts';
import { effectiveSettings, type FillDefaults } from '../effective-settings.ts';
import { recordedNumbers } from '../history/past-run.ts';
import { type MeasuredNumber, measuredNumbers } from '../measured-number.ts';

/**
 * One side of a comparison: a pipeline as it last stood, an earlier run, or one stage of either.
 */
export interface Subject extends LabelledStages {
  /**
   * Whether the user named a stage, which is then compared with another one whatever their names.
   */
  readonly isStage: boolean;
  readonly upstream?: ReadonlyMap<string, SubjectStage>;
}

/** The stages of a run or of a pipeline, and what names them in a comparison. */
export interface LabelledStages {
  readonly label: string;
  readonly stages: ReadonlyMap<string, SubjectStage>;
}

/** Scores as their two sides, where they have such, and as decisions among their classes. */
export interface SidedScores {
  readonly scores?: BinaryScores['rows'];
  /** The names of both sides of the scores; absent: those by default. */
  readonly sides?: BinaryScores['names'];
  /** Why scores have no two sides, such as those of more classes; absent where they have. */
  readonly unpaired?: string;
  /** How right each decision among more than two classes is; absent for two classes. */
  readonly answers?: ClassAnswers;
}

/** The decisions of a classifier of more than two classes. */
export interface ClassAnswers {
  readonly classes: readonly string[];
  readonly rows: readonly ClassAnswer[];
}

/** What a line of scores is: an image, or a video whose images an earlier stage joined. */
export type ScoredUnit = 'image' | 'video';

/** A stage's result without what gc has removed; the numbers come from the record of the run. */
export interface SubjectStage extends SidedScores {
  readonly fingerprint?: Fingerprint;
  /** All settings, defaults included; absent where they are not known. */
  readonly settings?: JsonObject;
  readonly outputs?: readonly Listing[];
  readonly metrics: ReadonlyMap<string, MeasuredNumber>;
  /** The digest of the scores that were read; absent where none were. */
  readonly scored?: Digest;
  /** What its scores are of; absent: of images. */
  readonly unit?: ScoredUnit;
  /** Its scores of images, joined by video; absent where nobody asked for it. */
  readonly videos?: SidedScores;
  readonly history?: History;
  /** What the stage reported while it ran; absent where it reported no point. */
  readonly curves?: readonly Curve[];
}

/** A store, or a cache of what was read from one. */
export interface ResultSource {
  readonly readResult: (fingerprint: Digest) => StageResult | undefined;
  readonly objectPath: (digest: Digest) => string;
  readonly fill: FillDefaults;
}

/** What is read of a stage beside its settings and numbers. */
export interface ReadOptions {
  /** Whether scores are read, which takes most of the time. */
  readonly withScores: boolean;
  /** How scores of images are also joined by video; absent: they are not. */
  readonly joining?: VideoRule | undefined;
}

/** A stage by its result, or by its `entry` in a run's record where the result is gone. */
export function readSubjectStage(
  store: ResultSource,
  digest: Digest | undefined,
  { withScores, joining }: ReadOptions,
  entry?: StageEntry,
): SubjectStage {
  const result = digest === undefined ? undefined : store.readResult(digest);
  const settings = result && effectiveSettings(result, store.fill);
  const positive = result?.fingerprint.settings['positive'];
  const view =
    withScores && result
      ? readOutput(store, result, 'scores', (text) => parseView(text, positive, joining))
      : undefined;
  const scored = view && result && singleFile(result, 'scores')?.digest;
  const history = result && readOutput(store, result, 'history', parseHistory);
  const kept = entry?.metrics && recordedNumbers(entry);
  const parsed =
    kept === undefined && result ? readOutput(store, result, 'metrics', parseMetrics) : undefined;
  return {
    ...(result !== undefined && {
      fingerprint: result.fingerprint,
      outputs: Object.values(result.outputs),
    }),
    ...(settings !== undefined && { settings }),
    metrics: kept ?? (parsed && measuredNumbers(parsed.values, parsed.intervals)) ?? new Map(),
    ...view,
    ...(scored !== undefined && { scored }),
    ...(history !== undefined && { history }),
    ...(result?.record.curves !== undefined && { curves: result.record.curves }),
  };
}

/** The stages in a run's record as a subject. */
export function subjectOfRun(
  id: string,
  record: RunRecord,
  store: ResultSource,
  options: ReadOptions,
): Subject {
  const stages = Object.entries(record.stages).map(
    ([name, entry]) => [name, readSubjectStage(store, entry.result, options, entry)] as const,
  );
  return { label: id, stages: new Map(stages), isStage: false };
}

/** Scores as their two sides; `positive` is the setting of the stage that wrote them. */
function parseView(text: string, positive: Json | undefined, joining: VideoRule | undefined) {
  const table = parseScores(text);
  if (!table.ok) return table;
  const named = Array.isArray(positive) ? positive.map(String) : undefined;
  const unit: ScoredUnit = areVideos(table.value.rows) ? 'video' : 'image';
  return ok({
    ...sidedScores(table.value, named),
    unit,
    ...(joining !== undefined &&
      unit === 'image' && { videos: joinedScores(table.value, named, joining) }),
  });
}

function sidedScores(table: ScoreTable, positive: readonly string[] | undefined): SidedScores {
  const view = binaryView(table, positive);
  const sided = view.ok
    ? { scores: view.value.rows, sides: view.value.names }
    : { unpaired: view.error };
  const { classes } = table;
  return classes.length === 2
    ? sided
    : { ...sided, answers: { classes, rows: classAnswers(table) } };
}

function joinedScores(
  table: ScoreTable,
  positive: readonly string[] | undefined,
  joining: VideoRule,
): SidedScores {
  if (table.rows.every(({ video }) => video === undefined))
    return { unpaired: 'their images are of no videos: make the data set by frames or faces' };
  const joined = aggregateVideos(table, { ...joining, positive });
  return joined.ok ? sidedScores(joined.value, positive) : { unpaired: joined.error };
}

/** The first output of a type that is one file; undefined for a result without one. */
const singleFile = ({ outputs }: StageResult, type: ArtifactType): StoredArtifact | undefined =>
  Object.values(outputs).find((artifact) => artifact.type === type && !artifact.folder);

/** Such an output as its parser reads it; undefined if it is absent or not whole. */
function readOutput<T>(
  store: ResultSource,
  result: StageResult,
  type: ArtifactType,
  parse: (text: string) => { readonly ok: true; readonly value: T } | { readonly ok: false },
): T | undefined {
  const artifact = singleFile(result, type);
  if (artifact === undefined) return undefined;
  try {
    const parsed = parse(readFileSync(store.objectPath(artifact.files[0]!.digest), 'utf8'));
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined; // removed by gc, or never kept
  }
}

/**
 * The upstream stages of one, nearest first, found by content: the file of an earlier run may have
 * changed since.
 */
export function upstreamOf(
  name: string,
  stages: ReadonlyMap<string, SubjectStage>,
): ReadonlyMap<string, SubjectStage> {
  const makers = new Map<Digest, string>();
  for (const [maker, { outputs = [], fingerprint }] of stages) {
    const read = new Set(inputsOf(fingerprint));
    // `select` passes on what it read, which another stage made.
    for (const digest of outputs.flatMap(readableAs))
      if (!read.has(digest)) makers.set(digest, maker);
  }
  const included = new Map([[name, stages.get(name)!]]);
  for (const [, { fingerprint }] of included) {
    for (const digest of inputsOf(fingerprint)) {
      const maker = makers.get(digest);
      if (maker !== undefined && !included.has(maker)) included.set(maker, stages.get(maker)!);
    }
  }
  included.delete(name);
  return included;
}

const inputsOf = (fingerprint: Fingerprint | undefined): readonly Digest[] =>
  Object.values(fingerprint?.inputs ?? {}).flatMap((items) => items.map(({ digest }) => digest));
