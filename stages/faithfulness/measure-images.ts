import type { AttributionMap } from '../../src/learning/attribution/attribution-map.ts';
import { type Completeness, type ExplainOptions, explain } from '../../src/learning/attribution/explain.ts';
import { baselineImage } from '../../src/learning/attribution/faithfulness/baseline-image.ts';
import type { BaselineName } from '../../src/learning/attribution/faithfulness/baseline-names.ts';
import {
  type ExchangeCurves,
  insertionDeletion,
} from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import type { RandomisedDepth } from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import { saliencyOrder } from '../../src/learning/attribution/faithfulness/saliency-order.ts';
import { logitsOf } from '../../src/learning/attribution/logits-of.ts';
import { isCam, type Method } from '../../src/learning/attribution/methods.ts';
import type { Question } from '../../src/learning/attribution/question.ts';
import { resizeMap } from '../../src/learning/attribution/resize-map.ts';
import { expectFinite } from '../../src/learning/explanations/expect-finite.ts';
import type { Asked, How, Subject } from '../../src/learning/explanations/open-subject.ts';
import { mapCost } from './map-costs.ts';
import { type Likeness, LikenessMeter } from './measure-likeness.ts';

export interface MeasureOptions {
  readonly methods: readonly Method[];
  readonly explain: Required<ExplainOptions>;
  readonly how: How & { readonly indices: Uint32Array };
  readonly curveBaseline: BaselineName;
  readonly curveSteps: number;
  /** None: weights stay as they are. */
  readonly depths: readonly RandomisedDepth[];
  /** How often all weights are drawn anew. */
  readonly weightDraws: number;
  /** Hears how many of {@link allPasses} are done since it last heard, and what is being done. */
  readonly onPasses: (passes: number, note: string) => void;
}

/** What is known of one image. By method throughout. */
export interface MeasuredImage {
  /** In the split's samples. */
  readonly index: number;
  readonly curves: readonly ExchangeCurves[];
  /** Absent where no weights are randomised. */
  readonly likeness?: Likeness;
  /** Of integrated gradients, where they are among the methods: what attributions should sum to, and the sum less that. */
  readonly completeness?: { readonly rise: number; readonly gap: number };
}

/** Measures images batch by batch. */
export async function measureImages(subject: Subject, options: MeasureOptions): Promise<readonly MeasuredImage[]> {
  const measured: Omit<MeasuredImage, 'likeness'>[] = [];
  const meter = options.depths.length === 0 ? undefined : meterOf(subject, options);
  for await (const asked of subject.ask(options.how)) {
    await expectFiniteScores(subject, asked);
    const { maps, completeness } = await mapsOf(subject, asked.question, options, 'maps');
    const curves = await curvesOf(subject, asked, maps, options);
    await meter?.add(asked.question, maps);
    for (const [slot, index] of asked.indices.entries()) {
      const sums = completeness && { rise: completeness.rises[slot]!, gap: completeness.gaps[slot]! };
      measured.push({ index, curves: curves[slot]!, ...(sums && { completeness: sums }) });
    }
  }
  const likeness = meter?.finish();
  return measured.map((image, i) => ({ ...image, ...(likeness && { likeness: likeness[i]! }) }));
}

function meterOf(subject: Subject, options: MeasureOptions): LikenessMeter {
  const { depths, weightDraws: draws, how } = options;
  return new LikenessMeter({
    ...{ model: subject.model, depths, draws, seed: how.seed },
    mapsOf: async (question, note) => (await mapsOf(subject, question, options, note)).maps,
  });
}

/** Throws a {@link StageError} where the network has broken down. One more pass, so that it is known before many. */
async function expectFiniteScores({ model, samples }: Subject, { question, indices }: Asked): Promise<void> {
  const logits = await logitsOf(model, question.images);
  for (const [slot, index] of indices.entries()) {
    expectFinite([logits[2 * slot]!, logits[2 * slot + 1]!], samples[index]!.key);
  }
}

/** Forward passes of everything, those of maps by estimate. */
export function allPasses(subject: Subject, options: MeasureOptions): number {
  const { methods, curveSteps, depths, weightDraws, how } = options;
  const maps = methods.reduce((sum, method) => sum + costOf(subject, method, options), 0);
  const curves = 2 + 2 * (curveSteps - 1) * methods.length;
  const randomised = depths.length === 0 ? 0 : depths.length + weightDraws - 1;
  return how.indices.length * (maps * (1 + randomised) + curves);
}

function costOf({ model }: Subject, method: Method, { explain }: MeasureOptions): number {
  const { samples, steps } = explain.gradients;
  const channels = (model.getLayer(explain.cams.layer).outputShape as number[]).at(-1)!;
  return mapCost(method, { samples, steps, channels });
}

/** By method, then image. Class activation maps at once, since they share a view; others one by one, so that progress is heard. */
async function mapsOf(
  subject: Subject,
  question: Question,
  options: MeasureOptions,
  note: string,
): Promise<{ readonly maps: readonly (readonly AttributionMap[])[]; readonly completeness: Completeness | undefined }> {
  const { methods, onPasses } = options;
  const groups = [methods.filter(isCam), ...methods.filter((method) => !isCam(method)).map((method) => [method])];
  const found = new Map<Method, readonly AttributionMap[]>();
  let completeness: Completeness | undefined;
  for (const group of groups) {
    const { maps, ...sums } = await explain(subject.model, question, group, options.explain);
    for (const [i, method] of group.entries()) found.set(method, maps[i]!);
    completeness ??= sums.completeness;
    const cost = group.reduce((sum, method) => sum + costOf(subject, method, options), 0);
    onPasses(cost * question.classes.length, note);
  }
  return { maps: methods.map((method) => found.get(method)!), completeness };
}

/** By image, then method. */
async function curvesOf(
  { model, input }: Subject,
  { question }: Asked,
  maps: readonly (readonly AttributionMap[])[],
  { curveBaseline, curveSteps, how, onPasses }: MeasureOptions,
): Promise<readonly (readonly ExchangeCurves[])[]> {
  const size = { height: input.size, width: input.size };
  const length = 3 * input.size ** 2;
  const baselines = new Float32Array(question.images.length);
  for (const [i, seed] of question.seeds.entries()) {
    const image = question.images.subarray(i * length, (i + 1) * length);
    baselines.set(baselineImage(image, size, curveBaseline, seed), i * length);
  }
  const orders = question.seeds.map((seed, i) =>
    maps.map((ofMethod) => saliencyOrder(resizeMap(ofMethod[i]!, size).values, seed)),
  );
  const onForward = (images: number) => onPasses(images, 'insertion and deletion');
  return insertionDeletion(model, question, {
    ...{ baselines, orders, steps: curveSteps, batchSize: how.batchSize, onForward },
  });
}
