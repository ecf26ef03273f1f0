import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type PaintedPoints, paintPoints } from './paint-points.ts';
import {
  type Fingers,
  fitView,
  type PlaneView,
  panBy,
  pinched,
  type Size,
  toPixel,
  toPlace,
  zoomAt,
} from './plane-view.ts';
import { type Place, type PointIndex, thinLoop } from './point-index.ts';

/** The points of a layout, and how each is coloured. */
interface ColouredPoints {
  readonly index: PointIndex;
  readonly colours: Uint32Array;
  /** 1 for each row that is shown. */
  readonly counts: Uint8Array;
}

/** What is drawn above the points. */
interface Marks {
  readonly index: PointIndex;
  /** A loop in places of the plane, where one was drawn on this layout. */
  readonly loop: readonly Place[] | undefined;
  /** The row that has a ring. */
  readonly ringed: number | undefined;
}

interface MapCanvasProps extends ColouredPoints, Marks {
  /** Controls in the line above the map, before those of zooming. */
  readonly children: ComponentChildren;
  /** Whether dragging draws a loop; otherwise it moves the map. */
  readonly isLasso: boolean;
  lasso(loop: readonly Place[]): void;
  /** A click on a row's point, or beside all. */
  choose(row: number | undefined): void;
  /** The row under the pointer, and where it is in pixels of the page. */
  hover(row: number | undefined, at: Place): void;
}

/** Corners of a loop that an address has room for. */
const mostCorners = 60;
/** Pixels of the page. */
const hoverRadius = 10;
const clickReach = 4;
const step = 60;
const factor = 1.5;

/** What a drag does: it moves the map, or draws a loop, in pixels of the page. */
interface Drag {
  readonly from: Place;
  readonly path: Place[];
  readonly isLasso: boolean;
  readonly view: PlaneView;
}

/** Two fingers that zoom: where they began, and the view of then. */
interface Pinch {
  readonly from: Fingers;
  readonly view: PlaneView;
}

/**
 * Points on a canvas, with a second one above for what changes at every move of the pointer. Keys
 * move (arrows), zoom (+ and -) and fit (0).
 */
export function MapCanvas(props: MapCanvasProps) {
  const { index } = props;
  const box = useRef<HTMLDivElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const isDark = useIsDark();
  const [moved, setMoved] = useState<{ readonly index: PointIndex; readonly view: PlaneView }>();
  // A view of other points means nothing here.
  const view = moved?.index === index ? moved.view : fitView(index.bounds, size);
  const look = (next: PlaneView | undefined) =>
    setMoved(next === undefined ? undefined : { index, view: next });

  useEffect(() => {
    const canvas = below.current;
    if (canvas === null) return;
    const frame = requestAnimationFrame(() => paint(canvas, size, view, { ...props, isDark }));
    return () => cancelAnimationFrame(frame);
  }, [
    index,
    props.colours,
    props.counts,
    size,
    view.scale,
    view.centre[0],
    view.centre[1],
    isDark,
  ]);
  const drag = useRef<Drag | undefined>(undefined);
  // A drag may go on for a moment after the map has left the page; its loop stays when the map is
  // drawn anew meanwhile, such as for another image under the pointer.
  const drawMarks = () => {
    const path = drag.current?.isLasso ? drag.current.path : undefined;
    if (above.current !== null) drawAbove(above.current, size, view, { ...props, path });
  };
  useEffect(drawMarks);

  const seen = { view, size, look };
  const pointer = usePointer(props, seen, { drag, drawMarks });
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    // The places of what is dragged are those of the view in which the drag began.
    if (drag.current !== undefined) return;
    look(zoomAt(view, size, pixelOf(event), Math.exp(-event.deltaY / 400)));
  };
  const onKey = (event: KeyboardEvent) => {
    const move = drag.current === undefined ? moves[event.key] : undefined;
    if (move === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    look(move(view, size));
  };
  return (
    <>
      <p class="line small">
        {props.children}
        <Zoom {...seen} />
      </p>
      <div class={`plane ${props.isLasso ? 'lasso' : ''}`} ref={box}>
        <canvas ref={below} />
        <canvas
          ref={above}
          tabIndex={0}
          role="img"
          aria-label="Map of the images: arrow keys move it, + and - zoom, 0 shows all. What it shows is in the list of images, too."
          onWheel={onWheel}
          {...pointer}
          onKeyDown={onKey}
        />
      </div>
    </>
  );
}

/** The view of a canvas, and how to change it; undefined shows all points. */
interface Seen {
  readonly view: PlaneView;
  readonly size: Size;
  look(next: PlaneView | undefined): void;
}

type Move = (view: PlaneView, size: Size) => PlaneView | undefined;

const zoomed =
  (by: number): Move =>
  (view, size) =>
    zoomAt(view, size, [size.width / 2, size.height / 2], by);

/** What keys do. */
const moves: Readonly<Record<string, Move>> = {
  ArrowLeft: (view) => panBy(view, [step, 0]),
  ArrowRight: (view) => panBy(view, [-step, 0]),
  ArrowUp: (view) => panBy(view, [0, step]),
  ArrowDown: (view) => panBy(view, [0, -step]),
  '+': zoomed(factor),
  '-': zoomed(1 / factor),
  0: () => undefined,
};

/** Beside the map and not over it, where buttons would cover points. */
const Zoom = ({ view, size, look }: Seen) => (
  <span class="zoom">
    {[
      ['+', '+', 'Zoom in'],
      ['-', '−', 'Zoom out'],
      ['0', 'All', 'Show all points'],
    ].map(([key = '', text, label]) => (
      <button
        type="button"
        key={key}
        aria-label={label}
        onClick={() => look(moves[key]!(view, size))}
      >
        {text}
      </button>
    ))}
  </span>
);

/** The drag that is under way, and how its loop is drawn. */
interface Dragging {
  readonly drag: { current: Drag | undefined };
  drawMarks(): void;
}

/** Hovering, clicking, and the drags that move the map or draw a loop. */
function usePointer(
  props: MapCanvasProps,
  { view, size, look }: Seen,
  { drag, drawMarks }: Dragging,
) {
  const { index, isLasso } = props;
  const pinch = useRef<Pinch | undefined>(undefined);
  /** Where each finger or the mouse is while it is pressed. */
  const pressed = useRef(new Map<number, Place>());
  const fingers = (): Fingers | undefined => {
    const [first, second] = pressed.current.values();
    return first === undefined || second === undefined ? undefined : [first, second];
  };
  const rowAt = (at: Place) =>
    index.nearest(
      toPlace(view, size, at),
      hoverRadius / view.scale,
      (row) => props.counts[row] === 1,
    );
  const release = (event: PointerEvent) => {
    pressed.current.delete(event.pointerId);
    drag.current = undefined;
    pinch.current = undefined;
  };
  return {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      const from = pixelOf(event);
      pressed.current.set(event.pointerId, from);
      const both = fingers();
      if (both !== undefined) {
        drag.current = undefined;
        pinch.current = { from: both, view };
        return;
      }
      drag.current = { from, path: [from], isLasso: isLasso !== event.shiftKey, view };
    },
    onPointerMove(event: PointerEvent) {
      const at = pixelOf(event);
      if (pressed.current.has(event.pointerId)) pressed.current.set(event.pointerId, at);
      const both = fingers();
      if (pinch.current !== undefined && both !== undefined) {
        look(pinched(pinch.current.view, size, pinch.current.from, both));
        return;
      }
      const current = drag.current;
      if (current === undefined) {
        props.hover(rowAt(at), [event.clientX, event.clientY]);
        return;
      }
      current.path.push(at);
      props.hover(undefined, at);
      if (current.isLasso) drawMarks();
      else look(panBy(current.view, [at[0] - current.from[0], at[1] - current.from[1]]));
    },
    onPointerUp(event: PointerEvent) {
      const ended = drag.current;
      release(event);
      if (ended === undefined) return;
      const isClick = ended.path.every(
        ([x, y]) => Math.hypot(x - ended.from[0], y - ended.from[1]) <= clickReach,
      );
      if (isClick) props.choose(rowAt(pixelOf(event)));
      else if (ended.isLasso)
        props.lasso(thinLoop(ended.path, mostCorners).map((at) => toPlace(view, size, at)));
    },
    onPointerCancel: release,
    onPointerLeave() {
      props.hover(undefined, [0, 0]);
    },
  };
}

const pixelOf = (event: MouseEvent): Place => [event.offsetX, event.offsetY];

function useSize(box: { readonly current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 400, height: 400 });
  // Before the first frame: until the size is known, a press would mean another place of the map.
  useLayoutEffect(() => {
    const measure = () => {
      if (box.current === null) return;
      const { clientWidth: width, clientHeight: height } = box.current;
      setSize((before) =>
        before.width === width && before.height === height ? before : { width, height },
      );
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return size;
}

function useIsDark(): boolean {
  const [isDark, setIsDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setIsDark(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return isDark;
}

/** The ground is that of cards, as 0xBBGGRR; points that do not count hardly differ from it. */
const light = { ground: 0xffffff, faint: 0xe3dfdc };
const dark = { ground: 0x221e1b, faint: 0x47403a };

/** Radius of a point in pixels of the page, by how many there are. */
const radiusOf = (points: number): number => {
  if (points < 1000) return 3.5;
  return points < 10_000 ? 2.5 : 1.5;
};

type Painting = ColouredPoints & { readonly isDark: boolean };

function paint(canvas: HTMLCanvasElement, size: Size, view: PlaneView, painting: Painting): void {
  const isDense = painting.counts.length >= 10_000;
  const context = fitCanvas(canvas, size, isDense ? mostPixels : Infinity);
  const { width, height } = canvas;
  if (width * height === 0) return; // a page that is being left has no room
  const ratio = width / size.width;
  const image = context.createImageData(width, height);
  const painted: PaintedPoints = {
    points: painting.index.points,
    colours: painting.colours,
    counts: painting.counts,
    ...(painting.isDark ? dark : light),
    radius: ratio * radiusOf(painting.counts.length),
  };
  const scaled = { centre: view.centre, scale: view.scale * ratio };
  paintPoints(new Uint32Array(image.data.buffer), { width, height }, scaled, painted);
  context.putImageData(image, 0, 0);
}

type Above = Marks & {
  /** The loop that is being drawn, in pixels. */
  readonly path: readonly Place[] | undefined;
};

function drawAbove(canvas: HTMLCanvasElement, size: Size, view: PlaneView, above: Above): void {
  const context = fitCanvas(canvas, size);
  const ratio = canvas.width / size.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.5;
  const path = above.path ?? above.loop?.map((place) => toPixel(view, size, place));
  if (path !== undefined && path.length > 2) {
    context.beginPath();
    for (const [x, y] of path) context.lineTo(x, y);
    context.closePath();
    context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
  }
  if (above.ringed === undefined) return;
  const { points } = above.index;
  const at = toPixel(view, size, [points[2 * above.ringed]!, points[2 * above.ringed + 1]!]);
  context.lineWidth = 2;
  context.beginPath();
  context.arc(at[0], at[1], 8, 0, 2 * Math.PI);
  context.stroke();
}

/**
 * Pixels of a canvas for a pixel of the page, at most, where there are many points: on a screen of
 * two, painting them would take more than a frame.
 */
const mostPixels = 1.25;

/** A canvas with as many pixels as the screen has for it, up to so many for one of the page. */
function fitCanvas(
  canvas: HTMLCanvasElement,
  { width, height }: Size,
  most = Infinity,
): CanvasRenderingContext2D {
  const ratio = Math.min(devicePixelRatio, most);
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)] as const;
  if (canvas.width !== pixels[0]) canvas.width = pixels[0];
  if (canvas.height !== pixels[1]) canvas.height = pixels[1];
  return canvas.getContext('2d')!;
}
