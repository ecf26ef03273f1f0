import { z } from 'zod';
import { parseJson } from '../../json.ts';
import { err, ok, type Result } from '../../result.ts';
import { splitImages } from './splits.ts';

const splitValues = z.object({
  /**
   * Mean softmax cross-entropy in nats; lower is better. The best constant answer has the entropy
   * of the class shares.
   */
  loss: z.number(),
  /** Share of images whose class is predicted, 0 to 1; higher is better. */
  accuracy: z.number(),
  /**
   * The class that every image is called, though there are others; absent for running values, and
   * in old histories.
   */
  allCalled: z.string().exactOptional(),
  /**
   * The value of the metric that selects the epoch, where that is named; absent where undefined,
   * and for other splits.
   */
  selected: z.number().exactOptional(),
});
/** Loss and accuracy on one split. */
export type SplitValues = Readonly<z.infer<typeof splitValues>>;

const epochRecord = z.object({
  /** Counted from 1. */
  epoch: z.int(),
  /** The rate of the epoch's last step. */
  learningRate: z.number(),
  /**
   * Means over the epoch's training batches, each before its step: augmented, with weights still
   * moving.
   */
  running: splitValues,
  /** Values of the monitored splits, by name, with the weights at the end of the epoch. */
  splits: z.record(z.string(), splitValues),
});
/** The state after one pass over the training split. */
export type EpochRecord = Readonly<z.infer<typeof epochRecord>>;

const history = z
  .object({
    /** The monitored splits, in the order of the settings. */
    splits: z.array(z.string()).readonly(),
    /** One for each finished epoch, in order. */
    epochs: z.array(epochRecord).readonly(),
    /** The `epoch` whose weights were kept. */
    chosenEpoch: z.int(),
    /** Counts of each monitored split; absent in older histories. */
    images: z.record(z.string(), splitImages).exactOptional(),
    /** The metric that selected the epoch; absent for accuracy. */
    by: z.string().exactOptional(),
  })
  .refine(
    ({ splits, epochs }) => epochs.every((epoch) => splits.every((split) => split in epoch.splits)),
    {
      message: 'expected values of every split in every epoch',
      path: ['epochs'],
    },
  );
/**
 * The course of a training. A `history` artifact is this as JSON, without times, so that the same
 * training gives the same bytes.
 */
export type History = Readonly<z.infer<typeof history>>;

/** The text of a `history` file. */
export const formatHistory = (history: History): string => `${JSON.stringify(history, null, 2)}\n`;

/**
 * Reads the text of a `history` file; the error is one sentence that names the path of the value.
 */
export function parseHistory(text: string): Result<History, string> {
  const json = parseJson(text, 'a training history');
  if (!json.ok) return json;
  const parsed = history.safeParse(json.value);
  if (parsed.success) return ok(parsed.data);
  const { path, message } = parsed.error.issues[0]!;
  return err(`Expected a training history, but at ${path.join('.') || 'its top'}: ${message}`);
}
