import { z } from 'zod';
import type { Result } from '../../result.ts';
import { err, ok } from '../../result.ts';
import type { SplitImages } from './split-images.ts';

/** How training went: a `history` artifact is this as JSON. It holds no times, so that the same training gives the same bytes. */
export interface History {
  /** The monitored splits, in the order of the settings. */
  readonly splits: readonly string[];
  /** One for each finished epoch, in order. */
  readonly epochs: readonly EpochRecord[];
  /** The `epoch` whose weights were kept. */
  readonly chosenEpoch: number;
  /** Of each monitored split; absent in histories of before it was noted. */
  readonly images?: Readonly<Record<string, SplitImages>>;
}

/** The state after one pass over the training split. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** Means over the epoch's batches as they were trained on, each before its step: augmented, with weights still moving. */
  readonly running: SplitValues;
  /** Of the monitored splits, by name, with the weights that the epoch ended with. */
  readonly splits: Readonly<Record<string, SplitValues>>;
}

/** What is followed of one split. */
export interface SplitValues {
  /** Mean softmax cross-entropy in nats; the entropy of the class shares is that of the best constant answer; lower is better. */
  readonly loss: number;
  /** Share of images whose class is predicted, 0 to 1; higher is better. */
  readonly accuracy: number;
  /**
   * The one class that every image is called, where they are of both. Absent where two classes are called, of running
   * values, and in histories of before it was noted.
   */
  readonly allCalled?: 'real' | 'fake';
}

/** The text of a `history` file. */
export function formatHistory(history: History): string {
  return `${JSON.stringify(history, null, 2)}\n`;
}

/** Reads the text of a `history` file; the error is one sentence on what was expected and where. */
export function parseHistory(text: string): Result<History, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err(`Expected a training history as JSON: ${(error as Error).message}`);
  }
  const parsed = historySchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const { path, message } = parsed.error.issues[0]!;
  return err(`Expected a training history, but at ${path.join('.') || 'its top'}: ${message}`);
}

const splitValues: z.ZodType<SplitValues> = z.object({
  loss: z.number(),
  accuracy: z.number(),
  allCalled: z.enum(['real', 'fake']).exactOptional(),
});

const epochRecord: z.ZodType<EpochRecord> = z.object({
  epoch: z.int(),
  learningRate: z.number(),
  running: splitValues,
  splits: z.record(z.string(), splitValues),
});

const historySchema: z.ZodType<History> = z
  .object({
    splits: z.array(z.string()),
    epochs: z.array(epochRecord),
    chosenEpoch: z.int(),
    images: z.record(z.string(), z.object({ real: z.int(), fake: z.int() })).exactOptional(),
  })
  .refine(({ splits, epochs }) => epochs.every((epoch) => splits.every((split) => split in epoch.splits)), {
    message: 'expected values of every split in every epoch',
    path: ['epochs'],
  });
