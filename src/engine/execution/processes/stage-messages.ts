import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { CurvePoint, Highlight, InputArtifact, Progress } from '../../../stage.ts';
import type { PieceScope } from '../../store/piece-files.ts';

/** What the runner asks a stage's process to do: everything that makes the stage's context. */
export interface StageRequest extends RequestSurroundings {
  readonly kind: string;
  readonly settings: JsonObject;
  /** The ports that take a list, whatever the number of its items. */
  readonly lists: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly scratch: string;
  readonly code?: JsonObject | undefined;
}

/** The part of a request that follows from where the stage runs, not from the stage. */
export interface RequestSurroundings {
  /** The built file of a project's own kind; absent for a built-in one. */
  readonly module?: string | undefined;
  readonly root: string;
  readonly inputs: Readonly<Record<string, readonly InputArtifact[]>>;
  readonly cpus: number;
  readonly backend: string;
  /** Where the stage's checkpoint is or will be; absent where it keeps none. */
  readonly checkpoint?: string | undefined;
  /** The pieces that the stage may restore and keep; absent: none. */
  readonly pieces?: PieceScope | undefined;
  /** The command that starts the stage's programs, before their own words; absent: none. */
  readonly launcher?: readonly string[] | undefined;
}

/**
 * What a running stage sends to the runner. A message is one JSON object with a `type`; as text it
 * is one line. The form is the same over the IPC channel of a process, in a file, and from a
 * program in another language:
 *
 *     {"type":"log","message":"epoch 1 began"}
 *     {"type":"info","message":"all 12 images are explained"}
 *     {"type":"warn","message":"the validation loss is not finite"}
 *     {"type":"progress","done":3,"total":10,"unit":"steps"}
 *     {"type":"point","unit":"epoch","step":1,"values":{"loss":0.4}}
 *     {"type":"highlight","title":"AUC","columns":["split","AUC"],"rows":[["test",0.9]]}
 *     {"type":"note","name":"backend","value":"cpu"}
 *
 * `log` is a line for the stage's log, `info` one for the log and the user's eyes, and `warn` the
 * same, as a reason to worry. `progress` may have `note`, `rate` and `secondsLeft`. `point` gives
 * the curves so far, and may have `total`. `highlight` may have `role`, `choice` or `data`, and
 * `conclusion`. `note` is a fact for the result's record.
 *
 * `ready` is the first message of a process: it awaits its request. `begun` is the first of a
 * stage, and `done` or `failed` the last. What a process sends between two stages is ignored. JSON
 * has no NaN and no infinity: numbers in `values`, `rows` and `value` may be null instead. Unknown
 * fields are ignored, so that a later version may add some.
 */
export type StageMessage =
  | { readonly type: 'ready' | 'begun' }
  | { readonly type: 'log' | 'info' | 'warn'; readonly message: string }
  | ({ readonly type: 'progress' } & Progress)
  | ({ readonly type: 'point' } & CurvePoint)
  | ({ readonly type: 'highlight' } & Highlight)
  | { readonly type: 'note'; readonly name: string; readonly value: string | number }
  /** `memory`: the bytes that the process holds, which then awaits the next request. */
  | { readonly type: 'done'; readonly memory?: number }
  /** `stack` only for a bug: a user's mistake has none. */
  | { readonly type: 'failed'; readonly message: string; readonly stack?: string };

/** The most bytes of a message as JSON. */
export const mostMessage = 1024 ** 2;

const text = z.string();
const optional = z.number().optional();
const numberOrNull = z.number().nullable();
const cell = z.union([text, numberOrNull]);

const forms = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ready', 'begun']) }),
  z.object({ type: z.literal('done'), memory: optional }),
  z.object({ type: z.enum(['log', 'info', 'warn']), message: text }),
  z.object({
    type: z.literal('progress'),
    done: z.number(),
    total: z.number(),
    unit: text,
    note: text.optional(),
    rate: optional,
    secondsLeft: optional,
  }),
  z.object({
    type: z.literal('point'),
    unit: text,
    step: z.number(),
    total: optional,
    values: z.record(text, numberOrNull),
  }),
  z.object({
    type: z.literal('highlight'),
    title: text,
    role: z.enum(['choice', 'data']).optional(),
    columns: z.array(text),
    rows: z.array(z.array(cell)),
    conclusion: text.optional(),
  }),
  z.object({ type: z.literal('note'), name: text, value: cell }),
  z.object({ type: z.literal('failed'), message: text, stack: text.optional() }),
]);

/** The message that a stage's process sent; undefined for anything else that its code may send. */
export const readMessage = (sent: unknown): StageMessage | undefined =>
  forms.safeParse(sent).success ? (sent as StageMessage) : undefined;
