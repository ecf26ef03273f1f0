import type { AttributionMap } from '../../src/attribution/attribution-map.ts';
import { type ExplainOptions, explain } from '../../src/attribution/explain.ts';
import { baselineImage } from '../../src/attribution/faithfulness/baseline-image.ts';
import type { BaselineName } from '../../src/attribution/faithfulness/baseline-names.ts';
import { type ExchangeCurves, insertionDeletion } from '../../src/attribution/faithfulness/insertion-deletion.ts';
import { mapLikeness } from '../../src/attribution/faithfulness/map-likeness.ts';
import { type RandomisedDepth, randomiseLayers } from '../../src/attribution/faithfulness/randomise-layers.ts';
import { saliencyOrder } from '../../src/attribution/faithfulness/saliency-order.ts';
import { isCam, type Method } from '../../src/attribution/methods.ts';
import type { Question } from '../../src/attribution/question.ts';
import { resizeMap } from '../../src/attribution/resize-map.ts';
import type { Asked, How, Subject } from '../../src/explanations/open-subject.ts';
import { mapCost } from './map-costs.ts';

export interface MeasureOptions {
  readonly methods: readonly Method[];
  readonly explain: Required<ExplainOptions>;
  readonly how: How & { readonly indices: Uint32Array };
  readonly curveBaseline: BaselineName;
  readonly curveSteps: number;
  /** None: weights stay as they are. */
  readonly depths: readonly RandomisedDepth[];
  /** Hears how many of {@link allPasses} are done since it last heard, and what is being done. */
  readonly onPasses: (passes: number, note: string) => void;
}

/** What is known of one image. By method throughout. */
export interface MeasuredImage {
  /** In the split's samples. */
  readonly index: number;
  readonly curves: readonly ExchangeCurves[];
  /** At each depth, how like the map is to that of the trained network. */
  readonly likeness: readonly (readonly number[])[];
  /** How like the map is to that of the image before, which is of another class where there is one; NaN of the first. */
  readonly toAnother: readonly number[];
}

/** Measures images batch by batch; of a batch the maps are held, and of an image of the batch before. */
export async function measureImages(subject: Subject, options: MeasureOptions): Promise<readonly MeasuredImage[]> {
  const measured: MeasuredImage[] = [];
  let before: readonly AttributionMap[] | undefined;
  for await (const asked of subject.ask(options.how)) {
    const maps = await mapsOf(subject, asked.question, options, 'maps');
    const curves = await curvesOf(subject, asked, maps, options);
    const likeness = await likenessOf(subject, asked, maps, options);
    for (const [slot, index] of asked.indices.entries()) {
      const own = maps.map((ofMethod) => ofMethod[slot]!);
      const toAnother = own.map((map, m) =>
        before === undefined ? Number.NaN : mapLikeness(map.values, before[m]!.values),
      );
      measured.push({ index, curves: curves[slot]!, likeness: likeness.map((ofMethod) => ofMethod[slot]!), toAnother });
      before = own;
    }
  }
  return measured;
}

/** Forward passes of everything, those of maps by estimate. */
export function allPasses(subject: Subject, options: MeasureOptions): number {
  const { methods, curveSteps, depths, how } = options;
  const maps = methods.reduce((sum, method) => sum + costOf(subject, method, options), 0);
  const curves = 2 + 2 * (curveSteps - 1) * methods.length;
  return how.indices.length * (maps * (1 + depths.length) + curves);
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
): Promise<readonly (readonly AttributionMap[])[]> {
  const { methods, onPasses } = options;
  const groups = [methods.filter(isCam), ...methods.filter((method) => !isCam(method)).map((method) => [method])];
  const found = new Map<Method, readonly AttributionMap[]>();
  for (const group of groups) {
    const { maps } = await explain(subject.model, question, group, options.explain);
    for (const [i, method] of group.entries()) found.set(method, maps[i]!);
    const cost = group.reduce((sum, method) => sum + costOf(subject, method, options), 0);
    onPasses(cost * question.classes.length, note);
  }
  return methods.map((method) => found.get(method)!);
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

/** By method, image and depth. */
async function likenessOf(
  subject: Subject,
  { question }: Asked,
  maps: readonly (readonly AttributionMap[])[],
  options: MeasureOptions,
): Promise<readonly (readonly (readonly number[])[])[]> {
  const likeness = maps.map((ofMethod) => ofMethod.map((): number[] => []));
  await randomiseLayers(subject.model, options.depths, options.how.seed, async ({ layer }) => {
    const now = await mapsOf(subject, question, options, `weights drawn anew down to ${layer}`);
    for (const [m, ofMethod] of now.entries()) {
      for (const [i, map] of ofMethod.entries()) {
        likeness[m]![i]!.push(mapLikeness(maps[m]![i]!.values, map.values));
      }
    }
  });
  return likeness;
}
