import { cpus } from 'node:os';
import { Random } from '../src/random.ts';
import { paintPoints } from '../src/reporting/serve/page/paint-points.ts';
import { fitView } from '../src/reporting/serve/page/plane-view.ts';
import { PointIndex } from '../src/reporting/serve/page/point-index.ts';
import {
  nearestOfAll,
  nearestRows,
  sharedNeighbours,
} from '../stages/map/neighbours/nearest-rows.ts';
import { trustworthiness } from '../stages/map/neighbours/trustworthiness.ts';
import { principalScores } from '../stages/map/principal-scores.ts';
import { fuzzyGraph } from '../stages/map/umap/fuzzy-graph.ts';
import { epochsOf, layOut } from '../stages/map/umap/layout.ts';

// What the parts of a map take, and those of its page, in time of the processor, which a busy
// machine does not change much: `node --import tsx bench/maps.ts 50000 384`, which takes five to
// ten minutes. With 0 values only the parts of the page. The features are normal around 20 centres.

const [images = 50_000, values = 384] = process.argv.slice(2).map(Number);
const neighbours = 15;
const measured = 5000;

async function timed<T>(name: string, work: () => T): Promise<T> {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(
    `${name.padEnd(44)} ${((user + system) / 1e6).toFixed(1).padStart(7)} s ${memory} MiB`,
  );
  return result;
}

/** The milliseconds that one of several equal acts takes. */
function timedEach(name: string, { times, goal }: Repeated, act: () => void): void {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) act();
  const { user, system } = process.cpuUsage(before);
  const each = (user + system) / 1000 / times;
  console.log(`${name.padEnd(44)} ${each.toFixed(1).padStart(7)} ms (the goal is ${goal} ms)`);
}

/** How often something is done, and the milliseconds that it may take. */
interface Repeated {
  readonly times: number;
  readonly goal: number;
}

console.log(`${images} images, ${values} values, ${cpus()[0]?.model}, Node ${process.version}`);
const random = new Random(1);
await pageParts(Float64Array.from({ length: 2 * images }, () => random.normal()));
if (values === 0) process.exit(0);
const centres = Array.from({ length: 20 }, () =>
  Float64Array.from({ length: values }, () => random.normal()),
);
const rows = Array.from({ length: images }, (_, i) =>
  centres[i % 20]!.map((centre, k) => centre + random.normal() / (1 + k / 20)),
);
const { scores } = await timed('50 principal components', () => principalScores(rows, 50));
const all = Array.from(scores.keys());
const nearest = await timed('nearest images, exactly', () => nearestOfAll(scores, neighbours));
const graph = await timed('graph', () => fuzzyGraph(nearest));
const points = Float64Array.from(scores.flatMap(([x = 0, y = 0]) => [x, y]));
const epochs = 10;
await timed(`${epochs} of ${epochsOf(images)} epochs (a map has two of these)`, () => {
  const layout = layOut(graph, points, { minDistance: 0.1, seed: 7 });
  for (let epoch = 0; epoch < epochs; epoch++) layout.next();
});
const queries = all.slice(0, measured);
const plane = scores.map((_, i) => points.slice(2 * i, 2 * i + 2));
const onMap = await timed('neighbours on a map (three of these)', () =>
  nearestRows(plane, queries, neighbours),
);
await timed('trustworthiness of two layouts', () => trustworthiness(scores, [onMap, onMap]));
await timed('agreement', () => sharedNeighbours(onMap, onMap));

/** The script of a redraw (the goal is 16 ms) and of a lasso (50 ms), of a canvas of 540 pixels. */
async function pageParts(points: Float64Array): Promise<void> {
  const index = await timed('index of the page', () => new PointIndex(points));
  for (const ratio of [1, 1.25]) {
    const size = { width: 540 * ratio, height: 540 * ratio };
    const painted = {
      points,
      colours: new Uint32Array(images).fill(0xb27200),
      counts: Uint8Array.from({ length: images }, (_, i) => i % 2),
      faint: 0xe3dfdc,
      ground: 0xffffff,
      radius: 1.5 * ratio,
    };
    const pixels = new Uint32Array(size.width * size.height);
    const view = fitView(index.bounds, size);
    const redraw = () => paintPoints(pixels, size, view, painted);
    for (let i = 0; i < 20; i++) redraw();
    timedEach(`a redraw at ${ratio} pixels a pixel`, { times: 100, goal: 16 }, redraw);
  }
  const loop = Array.from({ length: 60 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 60;
    return [2 * Math.cos(angle), 2 * Math.sin(angle)] as const;
  });
  timedEach('a lasso of 60 corners', { times: 20, goal: 50 }, () => {
    index.inside(loop);
  });
}
