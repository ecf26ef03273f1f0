import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatDecimal } from '../../src/format-numbers.ts';
import { chart, type Part, quantity } from '../../src/learning/charts/encoders.ts';
import {
  captionOf,
  type ImageBlock,
  type ImageCell,
  imageSheet,
  sheetWithout,
} from '../../src/learning/charts/image-sheet.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { coloursOf } from '../../src/learning/charts/theme.ts';
import { cut } from '../../src/learning/faces/crops/cut.ts';
import { heightOf, widthOf } from '../../src/learning/faces/geometry.ts';
import { decodeImage } from '../../src/learning/vision/decode-image.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';
import type { ChartContext } from '../../src/stage.ts';
import { type DetectionPicture, type DrawnFace, drawDetections } from './draw-detections.ts';
import type { ExaminedUnit } from './examine-unit.ts';
import type { SourceImage } from './source.ts';
import type { FaceSummary, UnitSummary } from './summary.ts';

/** Images of each class on the sheets. */
const cropsOfClass = 18;
const imagesOfClass = 4;
const mostLeftOut = 12;
const across = 6;
/** Widths of images, in units of two pixels. */
const boxSide = 260;
const leftOutSide = 180;

/** An image of a sheet, with what is drawn over it. */
interface ShownImage {
  readonly image: SourceImage;
  readonly faces: readonly DrawnFace[];
  readonly caption: string;
}

/** Gathers a few images for the sheets while units are examined. */
export class Sheets {
  readonly #classes: readonly string[];
  readonly #boxes = new Map<string, ShownImage[]>();
  readonly #leftOut: ShownImage[] = [];

  constructor(classes: readonly string[]) {
    this.#classes = classes;
  }

  /** Takes images of a unit: of a video the first one with a crop and the first one without. */
  offer(examined: ExaminedUnit, summary: UnitSummary): void {
    const isVideo = examined.unit.video !== undefined;
    const most = isVideo ? 1 : imagesOfClass;
    const picked = summary.faces.filter(({ isPicked }) => isPicked).map(({ image }) => image);
    const withCrop = [...new Set(picked)];
    // Pictures of a unit may have several classes.
    for (const index of isVideo ? withCrop.slice(0, 1) : withCrop)
      this.#offerBoxes(examined, index);
    for (const [index, reason] of [...summary.missing].slice(0, most))
      this.#offerLeftOut(examined, index, reason);
  }

  #offerBoxes({ unit, searched, faces }: ExaminedUnit, index: number): void {
    const image = unit.images[index]!;
    const images = this.#boxes.get(image.class) ?? [];
    this.#boxes.set(image.class, images);
    if (images.length >= imagesOfClass) return;
    const counted = faces.filter((face) => face.image === index);
    const drawn = [
      ...counted.map(({ face, isPicked }) => ({ ...face, isPicked })),
      ...searched[index]!.refused.map((face) => ({ ...face, isPicked: false })),
    ];
    images.push({ image, faces: drawn, caption: captionFor(image) });
  }

  #offerLeftOut({ unit, searched }: ExaminedUnit, index: number, reason: string): void {
    const image = unit.images[index]!;
    const { faces, refused, problem } = searched[index]!;
    if (problem !== undefined || this.#leftOut.length >= mostLeftOut) return;
    const seen = [...faces, ...refused].map((face) => ({ ...face, isPicked: false }));
    this.#leftOut.push({ image, faces: seen, caption: captionFor(image, reason) });
  }

  /** Draws all sheets. */
  async draw(context: ChartContext, units: readonly UnitSummary[]): Promise<void> {
    await renderOutput(context, 'crops', await this.#cropSheet(units));
    await renderOutput(context, 'boxes', await this.#boxSheet(units));
    await renderOutput(context, 'leftOut', await this.#leftOutSheet(units));
    await renderOutput(context, 'sizes', sizesChart(this.#classes, units));
  }

  async #cropSheet(units: readonly UnitSummary[]): Promise<TopLevelSpec> {
    const blocks: ImageBlock[] = [];
    for (const name of this.#classes) {
      const crops = spread(cropsIn(units, name), cropsOfClass);
      const cells: ImageCell[] = [];
      for (const { image, face } of crops) {
        const decoded = await decodeImage(await image.read());
        const { toImage, size } = face.crop!;
        cells.push({
          image: await thumbnail(cut(decoded, toImage, size)),
          description: image.path,
        });
      }
      if (cells.length > 0) blocks.push({ header: name, cells });
    }
    const total = units.flatMap(({ faces }) => faces.filter(({ isPicked }) => isPicked)).length;
    return imageSheet({
      title: 'Crops of each class',
      subtitle: `${formatCountOf(total, 'crop')}; up to ${cropsOfClass} of each class, evenly spread`,
      blocks: blocks.map((block) => [block]),
      across,
    });
  }

  async #boxSheet(units: readonly UnitSummary[]): Promise<TopLevelSpec> {
    const blocks: ImageBlock[] = [];
    const pictures: DetectionPicture[] = [];
    for (const name of this.#classes) {
      const images = this.#boxes.get(name) ?? [];
      const drawn = await Promise.all(images.map(drawnOf));
      pictures.push(...drawn);
      const total = new Set(cropsIn(units, name).map(({ image }) => image)).size;
      const header = `${name}: ${formatCount(images.length)} of ${formatCountOf(total, 'image')} with a crop`;
      const cells = images.map((image, i) => cellOf(image, drawn[i]!));
      if (cells.length > 0) blocks.push({ header, cells });
    }
    return imageSheet({
      title: 'Faces in their images',
      subtitle: 'Thick boxes are cut, thin ones are not; with their scores and landmarks',
      blocks: blocks.map((block) => [block]),
      across: 2,
      side: boxSide,
      imageHeight: heightFor(pictures, boxSide),
      headerLines: 1,
    });
  }

  async #leftOutSheet(units: readonly UnitSummary[]): Promise<TopLevelSpec> {
    const count = units.reduce((sum, { missing }) => sum + missing.size, 0);
    const title = 'Images without a crop';
    if (this.#leftOut.length === 0) {
      const lack = count === 0 ? 'every image has a crop' : 'none of them can be decoded';
      return sheetWithout(lack, { title, subtitle: formatCountOf(count, 'image') });
    }
    const pictures = await Promise.all(this.#leftOut.map(drawnOf));
    const haveVideos = this.#leftOut.some(({ image }) => image.video !== undefined);
    const which = haveVideos ? ', one of each video' : '';
    return imageSheet({
      title,
      subtitle: `${formatCount(pictures.length)} of ${formatCountOf(count, 'image')}${which}; boxes are what the detector saw, with its scores`,
      blocks: [[{ cells: this.#leftOut.map((image, i) => cellOf(image, pictures[i]!)) }]],
      across: 3,
      side: leftOutSide,
      imageHeight: heightFor(pictures, leftOutSide),
    });
  }
}

const captionFor = ({ path }: SourceImage, reason?: string): string =>
  captionOf(
    reason === undefined ? [path] : [path, reason],
    reason === undefined ? boxSide : leftOutSide,
  );

const drawnOf = async ({ image, faces }: ShownImage): Promise<DetectionPicture> =>
  drawDetections(await decodeImage(await image.read()), faces, 2 * boxSide);

const cellOf = ({ image, caption }: ShownImage, { uri }: DetectionPicture): ImageCell => {
  return { image: uri, caption, description: image.path };
};

/** The height of the highest picture at a width, none higher than wide. */
const heightFor = (pictures: readonly DetectionPicture[], width: number): number =>
  Math.ceil(width * Math.min(1, Math.max(...pictures.map(({ ratio }) => ratio))));

/** The crops of a class with their images, in order. */
const cropsIn = (units: readonly UnitSummary[], name: string) =>
  units.flatMap(({ unit, faces }) =>
    faces.flatMap((face: FaceSummary) => {
      const image = unit.images[face.image]!;
      return face.isPicked && image.class === name ? [{ image, face }] : [];
    }),
  );

/** At most `most` items, evenly spread. */
const spread = <T>(items: readonly T[], most: number): readonly T[] =>
  items.length <= most
    ? items
    : Array.from({ length: most }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / most)]!);

/** How wide the cut faces are in each class, in bins of equal ratios. */
function sizesChart(classes: readonly string[], units: readonly UnitSummary[]): TopLevelSpec {
  const sizes = classes.map((name) =>
    cropsIn(units, name).map(({ face: { box } }) => Math.max(widthOf(box), heightOf(box))),
  );
  const bins = binsOf(sizes.flat());
  const values = classes.flatMap((name, label) =>
    bins.map(([low, high]) => {
      const faces = sizes[label]!.filter((size) => size >= low && size < high).length;
      const share = sizes[label]!.length === 0 ? 0 : faces / sizes[label]!.length;
      return { name, low, high, faces, share: Number((100 * share).toFixed(2)) };
    }),
  );
  const x: Part = {
    field: 'low',
    type: 'quantitative',
    title: 'longer side of a face’s box, pixels',
    scale: { type: 'log', domain: [bins[0]![0], bins.at(-1)![1]], nice: false },
    axis: { tickCount: 6, format: 'd' },
  };
  const y = quantity('share', 'faces of the class, %', { scale: { zero: true } });
  const medians = classes.map(
    (name, label) => `${name} ${formatDecimal(medianOf(sizes[label]!), 0)}`,
  );
  const color: Part = {
    field: 'name',
    type: 'nominal',
    title: null,
    scale: { domain: [...classes], range: [...coloursOf(classes)] },
    legend: { orient: 'top' },
  };
  return chart('Sizes of faces by class', `Medians in pixels: ${medians.join(', ')}`, 460, {
    data: { values },
    width: 420,
    height: 220,
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2 },
    encoding: { x, y, color },
  });
}

/** Bins whose ends have a ratio of the eighth root of 2. */
function binsOf(sizes: readonly number[]): readonly (readonly [number, number])[] {
  const step = 2 ** 0.125;
  const least = sizes.reduce((low, size) => Math.min(low, size), 1e9);
  const most = sizes.reduce((high, size) => Math.max(high, size), 1);
  const low = Math.floor(Math.log(least) / Math.log(step));
  const high = Math.floor(Math.log(most) / Math.log(step)) + 1;
  return Array.from({ length: Math.max(1, high - low + 1) }, (_, i) => [
    Number((step ** (low + i)).toFixed(2)),
    Number((step ** (low + i + 1)).toFixed(2)),
  ]);
}

const medianOf = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.toSorted((a, b) => a - b)[values.length >> 1]!;
