import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';

/** How training went: a `history` artifact is this as JSON. It holds no times, so that the same training gives the same bytes. */
export interface History {
  /** The monitored splits, in the order of the settings. */
  readonly splits: readonly string[];
  /** One for each finished epoch, in order. */
  readonly epochs: readonly EpochRecord[];
  /** The `epoch` whose weights were kept. */
  readonly chosenEpoch: number;
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
  /** Mean softmax cross-entropy in nats; ln 2 = 0.693 is chance; lower is better. */
  readonly loss: number;
  /** Share of images whose class is predicted, 0 to 1; higher is better. */
  readonly accuracy: number;
}

/** The text of a `history` file. */
export function formatHistory(history: History): string {
  return `${JSON.stringify(history, null, 2)}\n`;
}

/** Reads the text of a `history` file; the error is one sentence on what was expected. */
export function parseHistory(text: string): Result<History, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err(`Expected a training history as JSON: ${(error as Error).message}`);
  }
  return isHistory(value)
    ? ok(value)
    : err(
        'Expected a training history: { splits: [names], epochs: [{ epoch, learningRate, running, splits }], chosenEpoch }',
      );
}

function isHistory(value: unknown): value is History {
  const { splits, epochs, chosenEpoch } = (value ?? {}) as Loose<History>;
  if (!Array.isArray(splits) || !Array.isArray(epochs) || typeof chosenEpoch !== 'number') return false;
  return epochs.every((item: unknown) => {
    const { epoch, learningRate, running, splits: values } = (item ?? {}) as Loose<EpochRecord>;
    const ofSplits = splits.map((split: string) => (values as Loose<EpochRecord['splits']> | undefined)?.[split]);
    return typeof epoch === 'number' && typeof learningRate === 'number' && [running, ...ofSplits].every(isSplitValues);
  });
}

function isSplitValues(value: unknown): value is SplitValues {
  const { loss, accuracy } = (value ?? {}) as Loose<SplitValues>;
  return typeof loss === 'number' && typeof accuracy === 'number';
}

type Loose<T> = Partial<Record<keyof T, unknown>>;
