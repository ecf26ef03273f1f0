import { Graph, layout as layOutRanks } from '@dagrejs/dagre';
import { groupBy } from '../../group-by.ts';
import { escapeXml } from './escape-xml.ts';
import { fontFamily, textWidth } from './fonts.ts';
import type { Point } from './simplify-line.ts';
import { ink } from './theme.ts';

/** A pipeline's stages and what flows between them. */
export interface StageGraph {
  readonly nodes: readonly GraphNode[];
  /** `label` names the port; edges between the same two stages become one arrow with all labels. */
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly label?: string;
  }[];
}

interface GraphNode {
  readonly name: string;
  readonly kind: string;
  readonly state?: keyof typeof stateColours;
  /** What the box calls its state; absent: its state's own name. */
  readonly word?: string;
  /** Where a click leads. */
  readonly href?: string;
}

/** Fill and border by state. */
const stateColours = {
  'up to date': ['#e8f5f0', '#009e73'],
  restorable: ['#e6f1f9', '#0072b2'],
  stale: ['#fbeee4', '#d55e00'],
  failing: ['#fbe9e7', '#b3261e'],
  blocked: ['#f4f4f5', '#8a8f98'],
  ran: ['#e8f5f0', '#009e73'],
  restored: ['#e6f1f9', '#0072b2'],
  running: ['#fdf6e3', '#b07d00'],
  waiting: ['#f7f8fa', '#8a8f98'],
  pending: ['#f7f8fa', '#8a8f98'],
  failed: ['#fbe9e7', '#b3261e'],
  cancelled: ['#fbeee4', '#d55e00'],
  'left to jobs': ['#f7f8fa', '#8a8f98'],
  unknown: ['#f7f8fa', '#5f6368'],
} as const;

const nameSize = 13;
const kindSize = 11;
const labelSize = 11;
const margin = 20;
/** Between parts of a graph that no arrow connects. */
const partGap = 24;

/** The pixels that a wide page has for a graph. */
export const pageWidth = 1170;

/** Beyond this many stages, optimal ranks take seconds to compute, and good ones are enough. */
const largeGraph = 200;

/** From left to right, or from top to bottom. */
export type GraphWay = 'across' | 'down';

/**
 * Draws the stages as SVG; the same graph gives the same bytes. Parts that no arrow connects follow
 * each other like words in lines of `room` pixels. Throws a RangeError for chains of over 1,600
 * stages.
 */
export function drawGraph(graph: StageGraph, way: GraphWay = 'across', room = pageWidth): string {
  const parts = connectedParts(graph).map((part) => layOut(part, way));
  const placed = inLines(parts, room - 2 * margin);
  const boxes = new Map(placed.flatMap((part) => [...part.boxes]));
  const width = 2 * margin + Math.max(0, ...placed.map(({ left, width }) => left + width));
  const height = 2 * margin + Math.max(0, ...placed.map(({ top, height }) => top + height));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${fontFamily}">`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
    `<path d="M0,0.5L8,4L0,7.5Z" fill="${ink.medium}"/></marker></defs>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...placed.flatMap(({ boxes, arrows }) => {
      const axes = axesOf(way, [...boxes.values(), ...arrows]);
      return arrows.map((arrow) => drawArrow(arrow, axes));
    }),
    ...graph.nodes.map((node) => drawNode(node, boxes.get(node.name)!)),
    '</svg>',
    '',
  ].join('\n');
}

/** The parts of a graph that no arrow connects, in the order of their first stages. */
function connectedParts({ nodes, edges }: StageGraph): readonly StageGraph[] {
  const ends = edges.flatMap(({ from, to }) => [
    { name: from, next: to },
    { name: to, next: from },
  ]);
  const neighbours = groupBy(ends, ({ name }) => name);
  const firstOf = new Map<string, string>();
  for (const { name } of nodes) {
    if (firstOf.has(name)) continue;
    const reached = new Set([name]);
    for (const box of reached) {
      firstOf.set(box, name);
      for (const { next } of neighbours.get(box) ?? []) reached.add(next);
    }
  }
  const byPart = groupBy(edges, ({ from }) => firstOf.get(from)!);
  return Array.from(
    groupBy(nodes, ({ name }) => firstOf.get(name)!),
    ([first, members]) => ({ nodes: members, edges: byPart.get(first) ?? [] }),
  );
}

/** A part of a graph, laid out from its upper left corner. */
interface LaidOut {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly arrows: readonly Arrow[];
}

interface Placed extends LaidOut {
  readonly left: number;
  readonly top: number;
}

/** Places parts beside each other as long as they fit into `room`, then in the next line. */
function inLines(parts: readonly LaidOut[], room: number): readonly Placed[] {
  const placed: Placed[] = [];
  let left = 0;
  let top = 0;
  let lineHeight = 0;
  for (const part of parts) {
    if (left > 0 && left + part.width > room) {
      top += lineHeight + partGap;
      [left, lineHeight] = [0, 0];
    }
    placed.push({ ...moved(part, left + margin, top + margin), left, top });
    left += part.width + partGap;
    lineHeight = Math.max(lineHeight, part.height);
  }
  return placed;
}

/** The same part with every point moved by so much. */
function moved(part: LaidOut, left: number, top: number): LaidOut {
  const to = <T extends Point>(point: T): T => ({
    ...point,
    x: point.x + left,
    y: point.y + top,
  });
  const boxes = new Map(Array.from(part.boxes, ([name, box]) => [name, to(box)]));
  const arrows = part.arrows.map((arrow) => ({
    ...to(arrow),
    from: to(arrow.from),
    to: to(arrow.to),
    points: arrow.points.map(to),
  }));
  return { ...part, boxes, arrows };
}

/** An id for the layout, which keeps nodes in plain objects that already have a `constructor`. */
const idOf = (name: string): string => `:${name}`;

function layOut({ nodes, edges }: StageGraph, way: GraphWay): LaidOut {
  const graph = new Graph();
  const ranker = nodes.length > largeGraph ? 'longest-path' : 'network-simplex';
  // Downwards, labels need their height between the ranks rather than their width.
  const direction =
    way === 'across' ? { rankdir: 'LR', ranksep: 72 } : { rankdir: 'TB', ranksep: 60 };
  graph.setGraph({
    ...direction,
    nodesep: 18,
    edgesep: 12,
    ranker,
  });
  for (const node of nodes) {
    const text = Math.max(
      textWidth(node.name, nameSize, 'bold'),
      textWidth(subtitle(node), kindSize),
    );
    graph.setNode(idOf(node.name), { width: Math.ceil(text) + 28, height: 46 });
  }
  const joined = joinParallel(edges);
  // The layout puts later edges higher, so reversed edges keep the order of the file from top to
  // bottom.
  for (const { from, to, label } of [...joined].reverse()) {
    const isLabelled = label !== '';
    const width = isLabelled ? Math.ceil(textWidth(label, labelSize)) + 8 : 0;
    const height = isLabelled ? labelSize + 4 : 0;
    graph.setEdge(idOf(from), idOf(to), { label, labelpos: 'c', width, height });
  }
  layOutRanks(graph);
  const boxes = new Map<string, Box>(nodes.map(({ name }) => [name, graph.node(idOf(name))]));
  const arrows = joined.map(({ from, to, label }): Arrow => {
    const { points, x, y, width, height }: Omit<Arrow, 'from' | 'to' | 'label'> = graph.edge(
      idOf(from),
      idOf(to),
    );
    return { from: boxes.get(from)!, to: boxes.get(to)!, label, points, x, y, width, height };
  });
  const size: { readonly width: number; readonly height: number } = graph.graph();
  return { width: Math.ceil(size.width), height: Math.ceil(size.height), boxes, arrows };
}

function joinParallel(
  edges: StageGraph['edges'],
): readonly { from: string; to: string; label: string }[] {
  const pairs = new Map<string, { from: string; to: string; labels: Set<string> }>();
  for (const { from, to, label } of edges) {
    const key = JSON.stringify([from, to]);
    const pair = pairs.get(key) ?? { from, to, labels: new Set() };
    if (label !== undefined) pair.labels.add(label);
    pairs.set(key, pair);
  }
  return [...pairs.values()].map(({ from, to, labels }) => ({
    from,
    to,
    label: [...labels].join(', '),
  }));
}

const subtitle = ({ kind, state, word = state }: GraphNode): string =>
  word === undefined ? kind : `${kind} · ${word}`;

/** A rectangle around a point. */
interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

function drawNode(node: GraphNode, { x, y, width, height }: Box): string {
  const [fill, border] = stateColours[node.state ?? 'unknown'];
  const left = round(x - width / 2);
  const top = round(y - height / 2);
  const lines = [
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="7" fill="${fill}" stroke="${border}" stroke-width="1.2"/>`,
    `<text x="${round(x)}" y="${round(y - 3)}" text-anchor="middle" font-size="${nameSize}" font-weight="bold" fill="${ink.strong}">${escapeXml(node.name)}</text>`,
    `<text x="${round(x)}" y="${round(y + 14)}" text-anchor="middle" font-size="${kindSize}" fill="${ink.medium}">${escapeXml(subtitle(node))}</text>`,
  ];
  const { href } = node;
  return (href === undefined ? lines : [`<a href="${escapeXml(href)}">`, ...lines, '</a>']).join(
    '\n',
  );
}

/**
 * An arrow and the box of its label; `points` run from border to border, one of them the centre of
 * the label.
 */
interface Arrow extends Box {
  readonly from: Box;
  readonly to: Box;
  readonly points: readonly Point[];
  readonly label: string;
}

function drawArrow({ from, to, points, label, x, y, width }: Arrow, axes: Axes): string {
  const line = curve(from, points.slice(1, -1), to, axes);
  const path = `<path d="${line}" fill="none" stroke="${ink.medium}" stroke-width="1.2" marker-end="url(#arrow)"/>`;
  if (label === '') return path;
  return [
    path,
    `<rect x="${round(x - width / 2)}" y="${round(y - 8)}" width="${width}" height="16" fill="#ffffff"/>`,
    `<text x="${round(x)}" y="${round(y + 4)}" text-anchor="middle" font-size="${labelSize}" fill="${ink.medium}">${escapeXml(label)}</text>`,
  ].join('\n');
}

/** The straight end of an arrow that goes down, since without it the bend would reach the box. */
const tail = 6;

/** Coordinates in the direction of the arrows: ranks are columns, or rows where arrows go down. */
interface Axes {
  /** Along the direction, and perpendicular to it. */
  readonly along: (point: Point) => number;
  readonly aside: (point: Point) => number;
  /** A point in the syntax of a path. */
  readonly at: (along: number, aside: number) => string;
  readonly straight: 'H' | 'V';
  /** Half the size of a box along the direction. */
  readonly half: (box: Box) => number;
  /** Half the size of the widest node or label of a rank, by the centre of the rank. */
  readonly halfRank: (along: number) => number;
}

function axesOf(way: GraphWay, boxes: readonly Box[]): Axes {
  const isAcross = way === 'across';
  const along = ({ x, y }: Point) => (isAcross ? x : y);
  const half = ({ width, height }: Box) => (isAcross ? width : height) / 2;
  const halves = new Map<number, number>();
  for (const box of boxes) {
    const rank = Math.round(along(box));
    halves.set(rank, Math.max(halves.get(rank) ?? 0, half(box)));
  }
  return {
    along,
    half,
    straight: isAcross ? 'H' : 'V',
    aside: ({ x, y }) => (isAcross ? y : x),
    at: (along, aside) => (isAcross ? [along, aside] : [aside, along]).map(round).join(),
    halfRank: (along) => (halves.get(Math.round(along)) ?? 0) + (isAcross ? 0 : tail),
  };
}

/**
 * A curve through points between two boxes, straight within each rank, so that it misses nodes and
 * crosses its label.
 */
function curve(from: Box, between: readonly Point[], to: Box, axes: Axes): string {
  const { along, aside, at, straight, half, halfRank } = axes;
  let last = along(from) + halfRank(along(from));
  let lastAside = aside(from);
  let path = `M${at(along(from) + half(from), lastAside)}${straight}${round(last)}`;
  for (const point of [...between, to]) {
    const middle = along(point);
    const pointAside = aside(point);
    const start = middle - halfRank(middle);
    const bend = (last + start) / 2;
    path += `C${at(bend, lastAside)} ${at(bend, pointAside)} ${at(start, pointAside)}`;
    [last, lastAside] = [middle + halfRank(middle), pointAside];
    if (middle !== along(to)) path += `${straight}${round(last)}`;
  }
  return `${path}${straight}${round(along(to) - half(to))}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
