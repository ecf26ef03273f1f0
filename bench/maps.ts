import { cpus } from 'node:os';
import { Random } from '../src/random.ts';
import { nearestRows, sharedNeighbours } from '../stages/map/neighbours/nearest-rows.ts';
import { trustworthiness } from '../stages/map/neighbours/trustworthiness.ts';
import { principalScores } from '../stages/map/principal-scores.ts';
import { fuzzyGraph } from '../stages/map/umap/fuzzy-graph.ts';
import { epochsOf, layOut } from '../stages/map/umap/layout.ts';

// What the parts of a map take, in seconds of the processor, which a busy machine does not change
// much: `node --import tsx bench/maps.ts 50000 384`. The features are normal around 20 centres.

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

console.log(`${images} images, ${values} values, ${cpus()[0]?.model}, Node ${process.version}`);
const random = new Random(1);
const centres = Array.from({ length: 20 }, () =>
  Float64Array.from({ length: values }, () => random.normal()),
);
const rows = Array.from({ length: images }, (_, i) =>
  centres[i % 20]!.map((centre, k) => centre + random.normal() / (1 + k / 20)),
);
const { scores } = await timed('50 principal components', () => principalScores(rows, 50));
const all = Array.from(scores.keys());
const nearest = await timed('nearest images, exactly', () => nearestRows(scores, all, neighbours));
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
