import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf } from '../../src/format-numbers.ts';
import {
  captionOf,
  type ImageBlock,
  type ImageCell,
  imageSheet,
} from '../../src/learning/charts/image-sheet.ts';
import { type DecodedImage, decodeImage } from '../../src/learning/vision/decode-image.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import { type ForgedPlan, fileIn } from './forge-photographs.ts';
import type { Plan, PlannedForgery } from './plan-forgeries.ts';
import type { ForgeSettings, Method } from './spec.ts';

/** Forgeries of each method on the sheet. */
const shownOfMethod = 3;
/** Side of an image, in units of two pixels. */
const side = 110;
/** By how much the difference of a forgery and its photograph is multiplied. */
const amplification = 4;

/** A photograph whose forgeries are shown, and the bytes of its tar. */
export interface ShownForgery {
  readonly item: ForgedPlan;
  readonly bytes: Buffer;
}

/** The plans of which the sheet shows forgeries: some of each method, evenly spread. */
export function shownOf(forged: readonly ForgedPlan[]): ReadonlySet<Plan> {
  const made = forged.filter(({ files }) => files.forgeries !== null).map(({ plan }) => plan);
  const used = new Set(made.flatMap(({ forgeries }) => forgeries.map(({ method }) => method)));
  return new Set([...used].flatMap((method) => spread(made.filter(makes(method)))));
}

const makes =
  (method: Method) =>
  ({ forgeries }: Plan): boolean =>
    forgeries.some((forgery) => forgery.method === method);

const spread = (plans: readonly Plan[]): readonly Plan[] =>
  plans.length <= shownOfMethod
    ? plans
    : Array.from(
        { length: shownOfMethod },
        (_, i) => plans[Math.floor(((i + 0.5) * plans.length) / shownOfMethod)]!,
      );

/** A block for each method, with a line for each of its forgeries. */
export async function drawSheet(
  shown: readonly ShownForgery[],
  { methods, seed }: ForgeSettings,
): Promise<TopLevelSpec> {
  const blocks: ImageBlock[] = [];
  for (const method of methods) {
    const lines = shown.filter(({ item }) => makes(method)(item.plan)).slice(0, shownOfMethod);
    const cells: ImageCell[] = [];
    for (const line of lines) cells.push(...(await cellsOf(line, method)));
    if (cells.length > 0) blocks.push({ header: method, cells });
  }
  const names = formatCountOf(methods.length, 'method');
  return imageSheet({
    title: 'Forgeries of photographs',
    subtitle: `${names}, up to ${shownOfMethod} forgeries of each; what differs from the photograph is ${amplification} times as strong (seed ${seed})`,
    blocks: blocks.map((block) => [block]),
    across: 4,
    side,
    headerLines: 1,
  });
}

/** Photograph, forgery and mask, with the donor of a swap or else the difference. */
async function cellsOf(
  { item: { plan, files }, bytes }: ShownForgery,
  method: Method,
): Promise<readonly ImageCell[]> {
  const index = plan.forgeries.findIndex((forgery) => forgery.method === method);
  const planned = plan.forgeries[index]!;
  const { image, mask } = files.forgeries![index]!;
  const photograph = await decodeImage(fileIn(bytes, files.original));
  const forgery = await decodeImage(fileIn(bytes, image));
  const { key } = plan.photograph.sample;
  return [
    await cell(photograph, 'photograph', key),
    await donorOrDifference(planned, { photograph, forgery }, key),
    await cell(forgery, 'forgery', `${key}/${planned.name}`),
    await cell(fileIn(bytes, mask), 'mask', `mask of ${key}/${planned.name}`),
  ];
}

async function donorOrDifference(
  { donor, name }: PlannedForgery,
  { photograph, forgery }: Readonly<Record<'photograph' | 'forgery', DecodedImage>>,
  key: string,
): Promise<ImageCell> {
  if (donor !== undefined) return cell(await donor.read(), 'donor', donor.sample.key);
  const pixels = photograph.pixels.map((value, i) =>
    Math.min(255, amplification * Math.abs(forgery.pixels[i]! - value)),
  );
  return cell({ ...photograph, pixels }, 'difference', `difference of ${key} and ${name}`);
}

const cell = async (
  image: Uint8Array | DecodedImage,
  caption: string,
  description: string,
): Promise<ImageCell> => ({
  image: await thumbnail(image, { side: 2 * side }),
  caption: captionOf([caption], side),
  description,
});
