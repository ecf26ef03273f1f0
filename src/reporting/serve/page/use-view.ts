import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ask, askAnew, queryValue } from './address.ts';

/** The values of a view by their names in the address, and the ways to change some of them. */
interface ViewState<Name extends string> {
  readonly view: Readonly<Record<Name, string>>;
  /** One step, which Back undoes: a sort, a facet, a cell. */
  change(part: Partial<Record<Name, string>>): void;
  /** Part of a longer act, such as typing or ticking, which is no step of its own. */
  adjust(part: Partial<Record<Name, string>>): void;
  /** A step that Back and `wasOpenedHere` know as an opened image. */
  open(part: Partial<Record<Name, string>>): void;
}

/** The view that the address names. It follows Back and Forward. */
export function useView<Name extends string>(...names: readonly Name[]): ViewState<Name> {
  type View = Readonly<Record<Name, string>>;
  type Part = Partial<Record<Name, string>>;
  const read = () => Object.fromEntries(names.map((name) => [name, queryValue(name)])) as View;
  const [view, setView] = useState(read);
  useEffect(() => {
    const follow = () => setView(read());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const merge = (part: Part) => setView((before) => ({ ...before, ...part }));
  return {
    view,
    change(part) {
      askAnew(part as Record<string, string>);
      merge(part);
    },
    adjust(part) {
      ask(part as Record<string, string>);
      merge(part);
    },
    open(part) {
      askAnew(part as Record<string, string>, { opened: true });
      merge(part);
    },
  };
}

/** The part of a scrolled box that is seen, in pixels, so that only rows in sight are drawn. */
export function useSeen<E extends HTMLElement>() {
  const box = useRef<E>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800, width: 1000 });
  const look = () => {
    const { scrollTop, clientHeight, clientWidth } = box.current!;
    setSeen({ top: scrollTop, height: clientHeight, width: clientWidth });
  };
  useLayoutEffect(() => {
    look();
    const watch = new ResizeObserver(look);
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return { box, seen, look };
}

/** The part of a box that the page shows, in pixels, where the page scrolls and not the box. */
export function useSeenInPage<E extends HTMLElement>() {
  const box = useRef<E>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800, width: 1000 });
  useLayoutEffect(() => {
    const look = () => {
      const { top } = box.current!.getBoundingClientRect();
      const width = box.current!.clientWidth;
      setSeen({ top: Math.max(0, -top), height: innerHeight, width });
    };
    look();
    const watch = new ResizeObserver(look);
    watch.observe(box.current!);
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      watch.disconnect();
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, []);
  return { box, seen };
}

/**
 * The first row to draw of `count`, and the one after the last: those in sight and some beyond the
 * edges.
 */
export function drawnRows(
  { top, height }: { readonly top: number; readonly height: number },
  rowHeight: number,
  count: number,
) {
  const beyond = 8;
  const first = Math.max(0, Math.floor(top / rowHeight) - beyond);
  return [
    Math.min(first, count),
    Math.min(count, Math.ceil((top + height) / rowHeight) + beyond),
  ] as const;
}
