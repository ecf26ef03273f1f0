import { join } from 'node:path';
import { sha256 } from '../../src/digest.ts';
import { formatCountOf } from '../../src/format-numbers.ts';
import type { Json } from '../../src/json.ts';
import { ShardFile, type ShardPlace } from '../../src/learning/vision/dataset/shard-file.ts';
import { mapInThreads } from '../../src/learning/vision/map-in-threads.ts';
import { startWorker } from '../../src/learning/vision/start-worker.ts';
import { type StageContext, StageError } from '../../src/stage.ts';
import type {
  EncodedFace,
  Extension,
  ForgedPhotograph,
  ForgeryAnswer,
  ForgeryOrder,
} from './forge-worker.ts';
import type { Photograph, Plan } from './plan-forgeries.ts';
import type { ForgeSettings } from './spec.ts';

/** A photograph and its forgeries in a tar file. A type, since an interface is no JSON. */
export type ForgedFiles = {
  readonly width: number;
  readonly height: number;
  readonly extension: Extension;
  readonly original: Place;
  /** In the order of the plan; null where too little of the face lies in the photograph. */
  readonly forgeries:
    | readonly {
        readonly image: Place;
        readonly mask: Place;
        readonly ratio: number;
        readonly share: number;
      }[]
    | null;
};

/** Where a file lies in the tar. */
type Place = { readonly offset: number; readonly size: number };

/** Cuts a file out of a tar. */
export const fileIn = (tar: Buffer, { offset, size }: Place): Buffer =>
  tar.subarray(offset, offset + size);

/** What became of a plan, and the path of its files. */
export interface ForgedPlan {
  readonly plan: Plan;
  readonly files: ForgedFiles;
  readonly tar: string;
}

/** So many photographs take longer to forge than a thread takes to start. */
const worthwhile = 10;

/**
 * Makes the files of all plans, in their order, or restores those that were made before: by the
 * bytes of the photograph, its landmarks and what is asked of its forgeries.
 */
export async function forgePhotographs(
  context: StageContext<ForgeSettings>,
  plans: readonly Plan[],
): Promise<readonly ForgedPlan[]> {
  const { pieces, scratch, settings } = context;
  const work = plans.map((plan, i) => ({ plan, tar: join(scratch, `${i}.tar`) }));
  const known = new Map<Plan, ForgedFiles>();
  const keys = new Map<Plan, Json>();
  const unmade: (typeof work)[number][] = [];
  const report = () =>
    context.progress({ done: known.size, total: plans.length, unit: 'photographs' });
  for (const item of work) {
    const key = pieces === undefined ? null : await keyOf(item.plan, settings);
    const kept = (await pieces?.restore(key, item.tar)) as ForgedFiles | undefined;
    keys.set(item.plan, key);
    if (kept === undefined) unmade.push(item);
    else known.set(item.plan, kept);
    if (kept !== undefined) report();
  }
  if (known.size > 0)
    context.log(
      `${formatCountOf(known.size, 'photograph')} of ${plans.length} were forged before.`,
    );
  const answers = mapInThreads<(typeof work)[number], ForgeryOrder, ForgeryAnswer>({
    items: unmade,
    threads: context.cpus,
    worthwhile,
    start: () => startWorker(import.meta.url, 'forge-worker', undefined),
    ask: ({ plan }) => orderOf(plan, settings),
  });
  let next = 0;
  for await (const answer of answers) {
    const { plan, tar } = unmade[next++]!;
    if ('error' in answer)
      throw new StageError(`${plan.photograph.sample.path} cannot be forged: ${answer.error}.`);
    const files = writeTar(tar, answer);
    await pieces?.keep(keys.get(plan)!, { facts: files, path: tar });
    known.set(plan, files);
    report();
  }
  return work.map(({ plan, tar }) => ({ plan, tar, files: known.get(plan)! }));
}

/** Everything that decides the files of a plan. */
async function keyOf(
  { photograph, forgeries }: Plan,
  { ratios, quality }: ForgeSettings,
): Promise<Json> {
  const made: Json[] = [];
  for (const { method, seed, donor } of forgeries)
    made.push({ method, seed, donor: donor === undefined ? null : await contentOf(donor) });
  return {
    photograph: await contentOf(photograph),
    forgeries: made,
    ratios: [...ratios],
    quality: quality ?? null,
  };
}

async function contentOf({ read, landmarks }: Photograph): Promise<Json> {
  return { image: sha256(await read()), landmarks: landmarks.flatMap(({ x, y }) => [x, y]) };
}

async function orderOf(
  { photograph, forgeries }: Plan,
  { ratios, quality }: ForgeSettings,
): Promise<ForgeryOrder> {
  const orders: ForgeryOrder['forgeries'][number][] = [];
  for (const { method, seed, donor } of forgeries)
    orders.push({ method, seed, donor: donor && (await encodedFace(donor)) });
  return { photograph: await encodedFace(photograph), forgeries: orders, ratios, quality };
}

const encodedFace = async ({ read, landmarks }: Photograph): Promise<EncodedFace> => ({
  bytes: await read(),
  landmarks,
});

function writeTar(
  tar: string,
  { width, height, extension, original, forgeries }: ForgedPhotograph,
): ForgedFiles {
  using shard = new ShardFile(tar);
  const add = (name: string, bytes: Uint8Array): Place => {
    const { offset, size }: ShardPlace = shard.add(name, bytes);
    return { offset, size };
  };
  const files: ForgedFiles = {
    width,
    height,
    extension,
    original: add('photograph', original),
    forgeries:
      forgeries?.map(({ image, mask, ratio, share }, i) => ({
        image: add(`forgery-${i + 1}`, image),
        mask: add(`mask-${i + 1}`, mask),
        ratio,
        share,
      })) ?? null,
  };
  shard.finish();
  return files;
}
