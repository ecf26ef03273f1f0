import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';

/** A rectangle in the units of a plot, from its upper left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A place of the window, in pixels. */
interface Place {
  readonly x: number;
  readonly y: number;
}

interface DragBoxProps {
  readonly children: ComponentChildren;
  /** The element of the plot inside, in whose units boxes are. */
  plotOf(around: HTMLElement): SVGGraphicsElement | null;
  /** Called with a box once it is drawn. */
  drag(box: Box): void;
}

/** A drag over less than this is a click, in pixels. */
const leastDrag = 5;

/** What lies around a plot over which a rectangle can be dragged. */
export function DragBox({ children, plotOf, drag }: DragBoxProps) {
  const around = useRef<HTMLDivElement>(null);
  const [ends, setEnds] = useState<readonly [from: Place, to: Place]>();
  const isDrag =
    ends !== undefined && Math.hypot(ends[1].x - ends[0].x, ends[1].y - ends[0].y) >= leastDrag;
  const begin = (event: PointerEvent) => {
    const isControl = (event.target as Element).closest('button, a, summary') !== null;
    if (event.button !== 0 || isControl || plotOf(around.current!) === null) return;
    setEnds([placeOf(event), placeOf(event)]);
  };
  const move = (event: PointerEvent) => {
    if (ends === undefined) return;
    if (isDrag) around.current!.setPointerCapture(event.pointerId);
    setEnds([ends[0], placeOf(event)]);
  };
  const end = () => {
    setEnds(undefined);
    const plot = plotOf(around.current!);
    if (ends === undefined || !isDrag || plot === null) return;
    const [from, to] = ends.map((place) => inUnits(place, plot)) as [Place, Place];
    drag({
      left: Math.min(from.x, to.x),
      top: Math.min(from.y, to.y),
      right: Math.max(from.x, to.x),
      bottom: Math.max(from.y, to.y),
    });
  };
  return (
    <div
      class="drag"
      ref={around}
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={() => setEnds(undefined)}
    >
      {children}
      {isDrag && <div class="dragged" style={styleOf(ends, around.current!)} />}
    </div>
  );
}

const placeOf = ({ clientX, clientY }: PointerEvent): Place => ({ x: clientX, y: clientY });

function inUnits({ x, y }: Place, plot: SVGGraphicsElement): Place {
  const { x: left, y: top } = new DOMPoint(x, y).matrixTransform(plot.getScreenCTM()!.inverse());
  return { x: left, y: top };
}

function styleOf([from, to]: readonly [Place, Place], around: HTMLElement) {
  const { left, top } = around.getBoundingClientRect();
  return {
    left: `${Math.min(from.x, to.x) - left}px`,
    top: `${Math.min(from.y, to.y) - top}px`,
    width: `${Math.abs(to.x - from.x)}px`,
    height: `${Math.abs(to.y - from.y)}px`,
  };
}
