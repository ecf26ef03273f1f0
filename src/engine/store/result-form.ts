import { isDigest } from '../../digest.ts';

// The forms of what a result holds, checked by hand since a schema library would slow down an idle
// run. Whoever signs a result of a shared store may write anything into it, and pages read all of
// it.

/** A field of a form, and whether a value has it; undefined stands for an absent one. */
type Form = Readonly<Record<string, (value: unknown) => boolean>>;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => Number.isFinite(value); // JSON may hold 1e999
const isTime = (value: unknown): boolean =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value));
/** A number that is not finite is null in JSON. */
const isCell = (value: unknown): boolean => value === null || isText(value) || isNumber(value);
const optional = (is: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || is(value);
const listOf = (is: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(is);
/** The deepest settings, in lists and maps: more than a pipeline file can have. */
const mostDepth = 256;
const isShallow = (value: unknown, depth = mostDepth): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth > 0 && Object.values(value).every((item) => isShallow(item, depth - 1)));
const isSettings = (value: unknown): boolean => isRecord(value) && isShallow(value);
const mapOf = (is: (value: unknown) => boolean) => (value: unknown) =>
  isRecord(value) && Object.values(value).every(is);
const formOf = (form: Form) => (value: unknown) => wrongFieldOf(value, form) === undefined;

/** The first field that has another form; undefined for none. */
function wrongFieldOf(value: unknown, form: Form): string | undefined {
  if (!isRecord(value)) return '';
  return Object.keys(form).find(
    (name) => !form[name]!(Object.hasOwn(value, name) ? value[name] : undefined),
  );
}

const summaryTable: Form = {
  title: isText,
  columns: listOf(isText),
  rows: listOf(listOf(isCell)),
  conclusion: optional(isText),
};

const curve: Form = {
  name: isText,
  unit: isText,
  total: optional(isNumber),
  count: isNumber,
  every: isNumber,
  points: listOf(
    (point) =>
      Array.isArray(point) &&
      point.length === 2 &&
      isNumber(point[0]) &&
      (point[1] === null || isNumber(point[1])),
  ),
};

/** The form of a `StageRecord`. */
const record: Form = {
  startedAt: isTime,
  seconds: isNumber,
  attempts: isNumber,
  host: isText,
  node: isText,
  restage: isText,
  software: optional(mapOf(isText)),
  gitCommit: optional(isText),
  cpus: isNumber,
  gpus: optional(isNumber),
  job: optional(isText),
  memory: optional(isNumber),
  settings: optional(isSettings),
  notes: mapOf(isCell),
  highlights: listOf(formOf(summaryTable)),
  warnings: listOf(isText),
  curves: optional(listOf(formOf(curve))),
  log: optional(isDigest),
};

const input: Form = {
  digest: isDigest,
  extension: optional(isText),
  name: optional(isText),
  labels: optional(mapOf(isText)),
};

const isVersion = (value: unknown): boolean => isText(value) || isNumber(value);

/** The form of a `Fingerprint`. */
const fingerprint: Form = {
  kind: isText,
  version: isVersion,
  settings: isSettings,
  inputs: mapOf(listOf(formOf(input))),
  outputs: listOf(isText),
  env: optional(mapOf((value) => value === null || isDigest(value))),
  backend: optional(isText),
  salt: optional(isText),
  trial: optional(isText),
  history: optional(listOf(isText)),
};

const result: Form = {
  fingerprint: formOf(fingerprint),
  outputs: isRecord,
  stored: (value) => typeof value === 'boolean',
  record: formOf(record),
  loaded: optional(listOf(formOf({ version: isVersion, files: listOf(isText) }))),
  leadsTo: optional(listOf(isText)),
  knew: optional(formOf({ ended: listOf(isText), failed: listOf(isText) })),
};

/**
 * Why a value is no result, as the end of a sentence; undefined where it has the form of one.
 * Outputs are checked apart.
 */
export function whyNoResult(value: unknown): string | undefined {
  const field = wrongFieldOf(value, result);
  if (field === undefined) return undefined;
  const inside = { record, fingerprint }[field];
  const deeper = inside && isRecord(value) ? wrongFieldOf(value[field], inside) : undefined;
  return `its field "${deeper ? `${field}.${deeper}` : field}" has another form`;
}
