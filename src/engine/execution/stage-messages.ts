import type { JsonObject } from '../../json.ts';
import type { CurvePoint, Highlight, InputArtifact, Progress } from '../../stage.ts';

/** What the runner asks a stage's process to do: everything that the stage's context is made of. */
export interface StageRequest {
  readonly kind: string;
  /** The built file of a project's own kind; absent for a built-in one. */
  readonly module?: string | undefined;
  readonly settings: JsonObject;
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly backend: string;
  /** Where the stage's checkpoint is or will be; absent where it keeps none. */
  readonly checkpoint?: string | undefined;
  readonly scratch: string;
  readonly root: string;
  /** The command that starts the stage's programs, before their own words; absent: none. */
  readonly launcher?: readonly string[] | undefined;
}

/**
 * What a running stage sends to the runner. A message is one JSON object with a `type`; as text it is one line. The form
 * is the same over the IPC channel of a process, in a file, and from a program in another language:
 *
 *     {"type":"log","message":"epoch 1 began"}                          a line for the stage's log
 *     {"type":"info","message":"all 12 images are explained"}           for the log and the user's eyes
 *     {"type":"warn","message":"the validation loss is not finite"}     the same, as a reason to worry
 *     {"type":"progress","done":3,"total":10,"unit":"steps"}            optional: note, rate, secondsLeft
 *     {"type":"point","unit":"epoch","step":1,"values":{"loss":0.4}}    curves so far; optional: total
 *     {"type":"highlight","title":"AUC","columns":["split","AUC"],"rows":[["test",0.9]]}
 *     {"type":"note","name":"backend","value":"cpu"}                    a fact for the result's record
 *
 * `ready` is the first message of a process: it awaits its request. `done` or `failed` is the last; what follows is
 * ignored. JSON has no NaN and no infinity: numbers in `values`, `rows` and `value` may be null instead. Unknown further
 * fields are ignored, so that a later version may add some.
 */
export type StageMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'log' | 'info' | 'warn'; readonly message: string }
  | ({ readonly type: 'progress' } & Progress)
  | ({ readonly type: 'point' } & CurvePoint)
  | ({ readonly type: 'highlight' } & Highlight)
  | { readonly type: 'note'; readonly name: string; readonly value: string | number }
  | { readonly type: 'done' }
  /** `stack` only for a bug: a user's mistake has none. */
  | { readonly type: 'failed'; readonly message: string; readonly stack?: string };

/** The message that a stage's process sent; undefined for anything else, since its code can send whatever it likes. */
export function readMessage(sent: unknown): StageMessage | undefined {
  if (!isRecord(sent)) return undefined;
  const { type } = sent;
  if (typeof type !== 'string' || !Object.hasOwn(forms, type)) return undefined;
  const form = forms[type as StageMessage['type']];
  return Object.entries(form).every(([field, is]) => is(sent[field])) ? (sent as StageMessage) : undefined;
}

type Check = (value: unknown) => boolean;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isNumberOrNull: Check = (value) => isNumber(value) || value === null;
const isCell: Check = (value) => isText(value) || isNumberOrNull(value);
const isListOf =
  (is: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(is);
const isAbsentOr =
  (is: Check): Check =>
  (value) =>
    value === undefined || is(value);
const isRecordOfNumbers: Check = (value) => isRecord(value) && Object.values(value).every(isNumberOrNull);

const forms: Readonly<Record<StageMessage['type'], Readonly<Record<string, Check>>>> = {
  ready: {},
  log: { message: isText },
  info: { message: isText },
  warn: { message: isText },
  progress: {
    done: isNumber,
    total: isNumber,
    unit: isText,
    note: isAbsentOr(isText),
    rate: isAbsentOr(isNumber),
    secondsLeft: isAbsentOr(isNumber),
  },
  point: { unit: isText, step: isNumber, total: isAbsentOr(isNumber), values: isRecordOfNumbers },
  highlight: { title: isText, columns: isListOf(isText), rows: isListOf(isListOf(isCell)) },
  note: { name: isText, value: isCell },
  done: {},
  failed: { message: isText, stack: isAbsentOr(isText) },
};
