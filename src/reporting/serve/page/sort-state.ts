/**
 * How a column shows and announces the present order, and the order that a click on it asks for.
 */
export function sortState(name: string, sort: string) {
  if (sort === name) return { order: 'ascending', arrow: ' ▲', next: '' } as const;
  if (sort === `-${name}`) return { order: 'descending', arrow: ' ▼', next: name } as const;
  return { order: 'none', arrow: '', next: `-${name}` } as const;
}
