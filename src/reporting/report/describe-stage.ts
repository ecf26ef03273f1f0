import { posix } from 'node:path';
import { isDigest } from '../../digest.ts';
import type {
  Input,
  InputItem,
  PendingStage,
  Stage,
  StageSettings,
} from '../../engine/config/pipeline.ts';
import { readPart } from '../../engine/files/read-part.ts';
import {
  diffFingerprints,
  type FingerprintDifference,
} from '../../engine/fingerprint/diff-fingerprints.ts';
import type { Fingerprint } from '../../engine/fingerprint/fingerprint.ts';
import { withDefaults } from '../../engine/plan/fingerprint-changes.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { RunFolder } from '../../engine/store/runs/run-folder.ts';
import type { StageRecord, StageResult } from '../../engine/store/stage-result.ts';
import { formatCountOf, formatSeconds } from '../../format-numbers.ts';
import type { Json, JsonObject } from '../../json.ts';
import { plainText } from '../../plain-text.ts';
import { reasonsOf, type StageModel } from '../run-model.ts';
import { baseName } from '../stage-base-name.ts';
import { stageState } from '../states.ts';
import type { PageRoom } from './page-room.ts';
import type { ReportContent, ReportLog, ReportStage, Setting } from './report-model.ts';

const mostLogBytes = 48 * 1024;

/**
 * What a page shows of a stage besides its events: what was planned, or what the store recorded.
 */
export interface StageContent extends ReportContent {
  /** Absent before the stage is done, and where its result was removed. */
  readonly result: StageResult | undefined;
}

/** A stage of a run as every page describes it. */
export function describeStage(
  model: StageModel,
  { result, ...content }: StageContent,
): ReportStage {
  const { name, progress, curves, lastPoint, end } = model;
  const record = result?.record;
  return {
    ...content,
    name,
    state: stageState(model),
    reasons: reasonsOf(model),
    progress,
    curves: curves.length > 0 ? curves : (record?.curves ?? []),
    ...(lastPoint !== undefined && { lastPoint }),
    seconds: end?.seconds ?? 0,
    message: end?.message,
    summaryTables: record?.highlights ?? end?.highlights ?? [],
    warnings: record?.warnings ?? [],
    record: record === undefined ? [] : describeRecord(record),
  };
}

/** The part of a stage's description that does not depend on its outcome. */
export interface PlannedStage extends ReportContent {
  readonly name: string;
}

export function describePlanned(stage: Stage, page: string): PlannedStage {
  const written = new Set(flatten(stage.keyedSettings).map(([path]) => path));
  return {
    name: stage.name,
    kind: stage.kind,
    description: stage.description,
    settings: flatten(stage.slot ? {} : stage.settings).map(
      ([path, value]): Setting => ({ path, value, written: written.has(path) }),
    ),
    inputs: stage.inputs.map((input) => ({ port: input.port, from: sourcesOf(stage, input) })),
    outputs: stage.outputs.map(({ port, type, path, counts }) => ({
      port,
      type,
      path,
      href: hrefOf(path, page),
      ...(counts !== undefined && { counts }),
    })),
  };
}

/** The same of a stage that only a list will make known. */
export function describePending({ name, kind, inputs }: PendingStage): PlannedStage {
  const read = inputs.map(({ port, items }) => ({ port, from: items.map(sourceOf) }));
  return { name, kind, settings: [], inputs: read, outputs: [] };
}

/**
 * The sources of an input; of outputs of the candidate in a slot, as the user wrote them until the
 * slot is filled.
 */
function sourcesOf({ slot }: Stage, { items, bySlot }: Input): readonly string[] {
  if (bySlot === undefined || slot === undefined) return items.map(sourceOf);
  const axis = slot.port.replace('matrix.', '');
  const written = items.map((item) =>
    item.from === 'stage' ? `${baseName(item.stage)}[${axis}].${item.port}` : item.shown,
  );
  return [...new Set(written)];
}

/** The source of an input's item: `fit.model` of a stage, or a path as the user wrote it. */
export const sourceOf = (item: InputItem): string =>
  item.from === 'stage' ? `${item.stage}.${item.port}` : item.shown;

/** The URL of a path, relative to the page's folder. */
function hrefOf(path: string, page: string): string {
  return posix.relative(posix.dirname(page), path).split('/').map(encodeURIComponent).join('/');
}

/** Every value of nested settings by its path; lists are values. */
export function flatten(
  settings: JsonObject,
  path = '',
): readonly (readonly [path: string, value: Json])[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMap && Object.keys(value).length > 0
      ? flatten(value as JsonObject, `${path}${key}.`)
      : [[path + key, value] as const];
  });
}

/**
 * How two results' fingerprints differ, with digests short; defaults stand where a setting was left
 * out.
 */
export function describeChanges(
  last: Fingerprint,
  now: Fingerprint,
  defaultOf?: StageSettings['defaultOf'],
): readonly FingerprintDifference[] {
  return diffFingerprints(last, now)
    .flatMap((difference) => withDefaults(difference, defaultOf))
    .map(({ path, before, after }) => ({
      path,
      before: shortened(before),
      after: shortened(after),
    }));
}

function shortened(value: Json | undefined): Json | undefined {
  if (typeof value === 'string' && isDigest(value)) return `content ${value.slice(0, 10)}`;
  if (Array.isArray(value)) return value.map((item) => shortened(item as Json) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, shortened(item) ?? null]),
  );
}

function describeRecord(record: StageRecord): ReportStage['record'] {
  return [
    ['made', `${localTime(new Date(record.startedAt))}, in ${formatSeconds(record.seconds)}`],
    ['host', hostOf(record)],
    ['versions', `Restage ${record.restage}, Node ${record.node}`],
    ...softwareRows(record.software),
    ...(record.gitCommit === undefined ? [] : [['git commit', record.gitCommit] as const]),
    ...(record.attempts > 1 ? [['attempts', String(record.attempts)] as const] : []),
    ...Object.entries(record.notes).map(([name, value]) => [name, String(value)] as const),
  ];
}

function softwareRows(software: StageRecord['software'] = {}): ReportStage['record'] {
  const versions = Object.entries(software).map(([name, version]) => `${name} ${version}`);
  return versions.length === 0 ? [] : [['software', versions.join(', ')]];
}

function hostOf({ host, cpus, gpus, job }: StageRecord): string {
  const cards = gpus === undefined ? [] : [formatCountOf(gpus, 'graphics card')];
  return [
    host,
    formatCountOf(cpus, 'core'),
    ...cards,
    ...(job === undefined ? [] : [`job ${job}`]),
  ].join(', ');
}

/**
 * `2025-01-31 09:12:03` in the machine's own time zone. Node's formatter would take as long as all
 * else of a stage.
 */
function localTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * The end of what a stage printed: for its result, or in its last attempt of this run where it has
 * none.
 */
export function describeLog(
  stage: string,
  result: StageResult | undefined,
  {
    store,
    run,
    room,
  }: { readonly store: LocalStore; readonly run: RunFolder; readonly room: PageRoom },
): ReportLog | undefined {
  const object = result?.record.log;
  const file = object === undefined ? run.attempts(stage).at(-1)?.log : store.objectPath(object);
  if (file === undefined) return undefined;
  try {
    const { text, whole } = readPart(file, mostLogBytes, 'end');
    const plain = plainText(text).trimEnd();
    const wholeLines = whole ? plain : plain.slice(plain.indexOf('\n') + 1);
    if (room.take('logs', wholeLines.length)) return { text: wholeLines, cut: !whole };
    return {
      text: 'It is left out, as this page has no more room: `restage logs` prints it.',
      cut: true,
    };
  } catch {
    return undefined; // gone from the cache: `verify` reports it
  }
}
