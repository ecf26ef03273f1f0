import type { Augmentation } from '../augment/augment-image.ts';
import type { Corruption } from '../corruption-settings.ts';
import type { Normalization } from '../pixels-to-floats.ts';
import type { Resize } from '../resize-settings.ts';
import type { MemoryShare } from './memory-budget.ts';

/** What the loader's worker is started with. */
export interface BatchWorkerSetup {
  /** The dataset's folder. */
  readonly dataset: string;
  readonly split: string;
  readonly resize: Resize;
  readonly normalization: Normalization;
  /** Done to every image before it is resized; absent: nothing. */
  readonly corruption?: Corruption;
  /** What decoded images may be kept in. */
  readonly memory: MemoryShare;
  /** Images decoded at once. */
  readonly threads: number;
}

/** A pass over a split in a given order. */
export interface BatchJob {
  /** Tells passes apart: batches of an abandoned one may still be on their way. */
  readonly id: number;
  readonly order: Uint32Array;
  readonly batchSize: number;
  /** Batches that may wait for the reader. */
  readonly prefetch: number;
  readonly augment: Augmentation | undefined;
}

export type ToBatchWorker =
  /** Drops the pass under way and starts this one. */
  | { readonly type: 'start'; readonly job: BatchJob }
  /** Drops the pass under way. */
  | { readonly type: 'stop' }
  /** The reader took a batch: one more may be made. */
  | { readonly type: 'taken' }
  /** A batch's memory comes back for another. */
  | { readonly type: 'recycle'; readonly images: Float32Array<ArrayBuffer> };

export type FromBatchWorker =
  | { readonly type: 'batch'; readonly id: number; readonly images: Float32Array<ArrayBuffer> }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
