import { useEffect, useRef } from 'preact/hooks';

/** A menu that Escape closes, and a press outside of it. */
export function useMenu() {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = ({ target }: Event) => {
      // A page without views draws no menu.
      if (menu.current?.contains(target as Node) === false) menu.current.open = false;
    };
    const closeByKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape' || menu.current?.open !== true) return;
      menu.current.open = false;
      menu.current.querySelector('summary')!.focus();
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
