import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf } from '../../src/format-numbers.ts';
import {
  chart,
  type Domain,
  domainOf,
  type Part,
  panelHeader,
  quantity,
} from '../../src/learning/charts/encoders.ts';
import { coloursOf } from '../../src/learning/charts/theme.ts';
import type { MapLayout, MappedImage } from '../../src/learning/vision/features/map-files.ts';
import { sampleImages } from '../../src/learning/vision/sample-images.ts';

/** Images as points of the plane, in several layouts. */
interface DrawnMap {
  /** In label order. */
  readonly classes: readonly string[];
  readonly splits: readonly string[];
  readonly images: readonly MappedImage[];
  /** By name: x and y in turn. */
  readonly layouts: ReadonlyMap<string, Float64Array>;
  readonly described: readonly MapLayout[];
}

const side = 230;

/** More points hide each other, and make a picture that no viewer opens. */
const mostDrawn = 6000;

/** Beyond this many points they cover each other, and are drawn smaller and thinner. */
const mostSolid = 600;

/** More classes fill the page with their legend; the tooltip of a point names its own. */
const mostNamed = 24;

/** A row of panels for each layout, a panel for each split, with the classes as colours. */
export function mapChart(map: DrawnMap, seed: number): TopLevelSpec {
  const labels = map.images.map(({ sample }) => sample.label);
  const drawn = Array.from(sampleImages(labels, mostDrawn, seed));
  const total = map.images.length;
  const count =
    drawn.length < total
      ? `${formatCount(drawn.length)} of ${formatCountOf(total, 'image')}`
      : formatCountOf(total, 'image');
  const subtitle = `${count}. On the map of UMAP only neighbourhoods mean something: neither directions, nor sizes, nor distances between groups do.`;
  const width = Math.max(2, map.splits.length) * (side + 20);
  return chart('Map of the images by their features', subtitle, width, {
    spacing: 28,
    vconcat: map.described.map((layout) => ({
      spacing: 16,
      hconcat: map.splits.map((split, i) => panel(map, { layout, split, drawn, isFirst: i === 0 })),
    })),
  });
}

interface Panel {
  readonly layout: MapLayout;
  readonly split: string;
  /** The indexes of the images that are drawn. */
  readonly drawn: readonly number[];
  readonly isFirst: boolean;
}

function panel(map: DrawnMap, { layout, split, drawn, isFirst }: Panel): Part {
  const points = map.layouts.get(layout.name)!;
  const place = (i: number) => ({
    x: Number(points[2 * i]!.toPrecision(5)),
    y: Number(points[2 * i + 1]!.toPrecision(5)),
  });
  const values = drawn
    .filter((i) => map.images[i]!.split === split)
    .map((i) => {
      const { key, class: name } = map.images[i]!.sample;
      return { key, class: name, ...place(i) };
    });
  const images = map.images.filter((image) => image.split === split).length;
  const axis = (field: 'x' | 'y', domain: Domain, title: string | null) =>
    quantity(field, title, {
      domain,
      // Only components have a unit.
      ...(layout.axes === undefined ? { labels: false, ticks: false, grid: false } : {}),
      ...(isFirst || field === 'x' ? {} : { labels: false, ticks: false }),
      domainOpacity: 0,
      tickCount: 5,
    });
  const domain = (offset: number) => domainOf(points.filter((_, i) => i % 2 === offset));
  const isLegible = map.classes.length <= mostNamed;
  const isDense = drawn.length > mostSolid;
  const by = {
    field: 'class',
    type: 'nominal',
    title: 'Class',
    legend: isLegible ? { symbolOpacity: 1, symbolSize: 60 } : null,
  };
  return {
    data: { values },
    width: side,
    height: side,
    view: { stroke: '#c9ced6' },
    layer: [
      {
        mark: { type: 'point', filled: true, size: isDense ? 8 : 24, opacity: isDense ? 0.5 : 0.8 },
        encoding: {
          x: axis('x', domain(0), layout.axes?.[0] ?? null),
          y: axis('y', domain(1), (isFirst && layout.axes?.[1]) || null),
          color: { ...by, scale: { domain: map.classes, range: coloursOf(map.classes) } },
          shape: { ...by, scale: { domain: map.classes } },
          tooltip: [
            { field: 'key', type: 'nominal', title: 'Image' },
            { field: 'class', type: 'nominal', title: 'Class' },
          ],
        },
      },
      panelHeader(`${layout.title}, ${split}`, ` (${formatCount(images)})`, side),
    ],
  };
}
