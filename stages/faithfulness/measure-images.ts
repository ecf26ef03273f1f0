import { type AttributionMap, resizeMap } from '../../src/learning/attribution/attribution-map.ts';
import { type ExplainOptions, explain } from '../../src/learning/attribution/explain.ts';
import {
  type BaselineName,
  baselineImage,
} from '../../src/learning/attribution/faithfulness/baseline-image.ts';
import {
  type ExchangeCurves,
  insertionDeletion,
  saliencyOrder,
} from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import type { RandomisedDepth } from '../../src/learning/attribution/faithfulness/randomise-layers.ts';
import type { Completeness } from '../../src/learning/attribution/gradients.ts';
import { isCam, type Method, passesOf } from '../../src/learning/attribution/methods.ts';
import type { Question } from '../../src/learning/attribution/questions/question.ts';
import type {
  AskOptions,
  QuestionBatch,
  Subject,
} from '../../src/learning/explanations/explanation-subject.ts';
import { expectFinite, outputOf } from '../../src/learning/models/model-output.ts';
import { rowOf } from '../../src/learning/models/row-of.ts';
import { type Likeness, LikenessMeter } from './measure-likeness.ts';

/** What is measured of each image, and how. */
export interface MeasureOptions {
  readonly methods: readonly Method[];
  readonly explain: ExplainOptions & { readonly layer: string };
  readonly how: AskOptions & { readonly indices: Uint32Array };
  readonly curveBaseline: BaselineName;
  readonly curveSteps: number;
  /** Empty: weights are not randomised. */
  readonly depths: readonly RandomisedDepth[];
  /** Draws of all weights. */
  readonly weightDraws: number;
  /**
   * Receives how many of {@link allPasses} have been done since the last call, and what is in
   * progress.
   */
  readonly onPasses: (passes: number, note: string) => void;
}

/** The measurements of the image `index` of the split; lists are by method. */
export interface MeasuredImage {
  readonly index: number;
  readonly curves: readonly ExchangeCurves[];
  /** Absent if weights are not randomised. */
  readonly likeness?: Likeness;
  /**
   * What the attributions of integrated gradients should sum to, and the error of the sum; absent
   * without this method.
   */
  readonly completeness?: { readonly rise: number; readonly gap: number };
}

/** Measures images batch by batch. Throws a {@link StageError} if the network has broken down. */
export async function measureImages(
  subject: Subject,
  options: MeasureOptions,
): Promise<readonly MeasuredImage[]> {
  const { depths, weightDraws: draws, how } = options;
  const mapsNow = async (question: Question, note: string) =>
    (await mapsOf(subject, question, options, note)).maps;
  const meterOptions = { model: subject.model, depths, draws, seed: how.seed, mapsOf: mapsNow };
  const meter = depths.length === 0 ? undefined : new LikenessMeter(meterOptions);
  const measured: Omit<MeasuredImage, 'likeness'>[] = [];
  for await (const batch of subject.ask(how)) {
    // One more forward pass, so that a broken network is reported before many are made.
    const logits = await outputOf(subject.model, batch.question.images);
    for (const [slot, index] of batch.indices.entries())
      expectFinite(rowOf(logits, slot, batch.indices.length), subject.samples[index]!.key);
    const { maps, completeness } = await mapsOf(subject, batch.question, options, 'maps');
    const curves = await curvesOf(subject, batch, maps, options);
    await meter?.add(batch.question, maps);
    for (const [slot, index] of batch.indices.entries()) {
      const sums = completeness && {
        rise: completeness.rises[slot]!,
        gap: completeness.gaps[slot]!,
      };
      measured.push({ index, curves: curves[slot]!, ...(sums && { completeness: sums }) });
    }
  }
  const likeness = meter?.finish();
  return measured.map((image, i) => ({ ...image, ...(likeness && { likeness: likeness[i]! }) }));
}

/** The forward passes of everything; those of maps are an estimate. */
export function allPasses(subject: Subject, options: MeasureOptions): number {
  const { methods, curveSteps, depths, weightDraws, how } = options;
  const curves = 2 + 2 * (curveSteps - 1) * methods.length;
  const randomised = depths.length === 0 ? 0 : depths.length + weightDraws - 1;
  return how.indices.length * (mapPasses(subject, methods, options) * (1 + randomised) + curves);
}

function mapPasses(
  { model }: Subject,
  methods: readonly Method[],
  { explain }: MeasureOptions,
): number {
  const channels = (model.getLayer(explain.layer).outputShape as number[]).at(-1)!;
  return methods.reduce((sum, method) => sum + passesOf(method, { ...explain, channels }), 0);
}

/**
 * By method, then image. Class activation maps share a pass; the others are made one by one, so
 * that progress is reported.
 */
async function mapsOf(
  subject: Subject,
  question: Question,
  options: MeasureOptions,
  note: string,
): Promise<{
  readonly maps: readonly (readonly AttributionMap[])[];
  readonly completeness: Completeness | undefined;
}> {
  const { methods, onPasses } = options;
  const groups = [
    methods.filter(isCam),
    ...methods.filter((method) => !isCam(method)).map((method) => [method]),
  ];
  const mapsByMethod = new Map<Method, readonly AttributionMap[]>();
  let completeness: Completeness | undefined;
  for (const group of groups) {
    const { maps, ...sums } = await explain(subject.model, question, group, options.explain);
    for (const [i, method] of group.entries()) mapsByMethod.set(method, maps[i]!);
    completeness ??= sums.completeness;
    onPasses(mapPasses(subject, group, options) * question.classes.length, note);
  }
  return { maps: methods.map((method) => mapsByMethod.get(method)!), completeness };
}

/** By image, then method. */
async function curvesOf(
  { model, input }: Subject,
  { question }: QuestionBatch,
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
    baselines,
    orders,
    steps: curveSteps,
    batchSize: how.batchSize,
    onForward,
  });
}
