import type { JsonObject } from '../../json.ts';
import type { CurvePoint, Highlight, InputArtifact, Progress } from '../../stage.ts';

/** What a stage's process is told to do: everything that its context is made of. */
export interface StageRequest {
  readonly kind: string;
  /** The built file of a project's own kind; absent for a built-in one. */
  readonly module?: string;
  readonly settings: JsonObject;
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  /** Private absolute paths by port. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly cpus: number;
  readonly backend: string;
  /** Where the stage's checkpoint is or will be; absent where it keeps none. */
  readonly checkpoint?: string;
  readonly scratch: string;
  readonly root: string;
  /** What programs of the stage are started by; absent: by nothing. */
  readonly launcher?: readonly string[];
}

/** What a stage's process says; the last is `done` or `failed`. */
export type StageMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'point'; readonly point: CurvePoint }
  | { readonly type: 'notice'; readonly line: string }
  | { readonly type: 'warning'; readonly line: string }
  | { readonly type: 'highlight'; readonly table: Highlight }
  | { readonly type: 'note'; readonly name: string; readonly value: string | number }
  | { readonly type: 'done' }
  /** `stack` only for a bug: a user's mistake has none. */
  | { readonly type: 'failed'; readonly message: string; readonly stack?: string };

/**
 * What a stage's process sent, if it is a message. Code of a kind can send anything (`process.send(null)`), and what
 * receives and draws messages must not stumble over it. By hand, since zod would take longer than the rest of the way.
 */
export function readMessage(sent: unknown): StageMessage | undefined {
  if (!isRecord(sent)) return undefined;
  const { type } = sent;
  if (typeof type !== 'string' || !Object.hasOwn(forms, type)) return undefined;
  return forms[type as StageMessage['type']](sent) ? (sent as StageMessage) : undefined;
}

type Sent = Readonly<Record<string, unknown>>;

const forms: Readonly<Record<StageMessage['type'], (sent: Sent) => boolean>> = {
  ready: () => true,
  progress: ({ progress }) =>
    isRecord(progress) &&
    isNumber(progress['done']) &&
    isNumber(progress['total']) &&
    isText(progress['unit']) &&
    isAbsentOr(isText, progress['note']) &&
    isAbsentOr(isNumber, progress['rate']) &&
    isAbsentOr(isNumber, progress['secondsLeft']),
  point: ({ point }) =>
    isRecord(point) &&
    isText(point['unit']) &&
    isNumber(point['step']) &&
    isAbsentOr(isNumber, point['total']) &&
    isRecord(point['values']) &&
    Object.values(point['values']).every(isValue),
  notice: ({ line }) => isText(line),
  warning: ({ line }) => isText(line),
  highlight: ({ table }) =>
    isRecord(table) &&
    isText(table['title']) &&
    isListOf(isText, table['columns']) &&
    isListOf((row) => isListOf(isCell, row), table['rows']),
  note: ({ name, value }) => isText(name) && isCell(value),
  done: () => true,
  failed: ({ message, stack }) => isText(message) && isAbsentOr(isText, stack),
};

const isRecord = (value: unknown): value is Sent => typeof value === 'object' && value !== null;
const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
/** NaN and infinity, such as a loss may be, cross the channel as null. */
const isValue = (value: unknown): boolean => isNumber(value) || value === null;
const isCell = (value: unknown): boolean => isText(value) || isValue(value);
const isListOf = (is: (value: unknown) => boolean, value: unknown): boolean => Array.isArray(value) && value.every(is);
const isAbsentOr = (is: (value: unknown) => boolean, value: unknown): boolean => value === undefined || is(value);
