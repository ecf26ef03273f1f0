import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ask, queryValue } from './address.ts';

/** The values of a view by their names in the address, and a function that changes some of them. */
export function useView<Name extends string>(...names: readonly Name[]) {
  type View = Readonly<Record<Name, string>>;
  const [view, setView] = useState(
    () => Object.fromEntries(names.map((name) => [name, queryValue(name)])) as View,
  );
  const change = (part: Partial<View>) => {
    ask(part as Record<string, string>);
    setView((before) => ({ ...before, ...part }));
  };
  return [view, change] as const;
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
