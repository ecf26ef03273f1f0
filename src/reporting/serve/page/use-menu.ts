import { useEffect, useRef } from 'preact/hooks';

/** A menu that Escape closes, and a press outside of it. */
export function useMenu() {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = ({ target }: Event) => {
      if (!menu.current!.contains(target as Node)) menu.current!.open = false;
    };
    const closeByKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape' || !menu.current!.open) return;
      menu.current!.open = false;
      menu.current!.querySelector('summary')!.focus();
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', closeByKey);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', closeByKey);
    };
  }, []);
  return menu;
}
