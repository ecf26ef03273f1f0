/**
 * The anchor of a heading, as GitHub makes it: lower case, spaces as hyphens, and of all else only
 * letters, digits, hyphens and underscores. Further anchors within the heading are left out. `nth`
 * is how many earlier headings of the page have the same text.
 */
export function headingAnchor(heading: string, nth = 0): string {
  const words = heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<a (?:id|name)="[\w-]+"><\/a>/g, '')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
  return nth === 0 ? words : `${words}-${nth}`;
}

/** The anchors of the headings of a page, in their order. */
export function anchorsOf(headings: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const base = headingAnchor(heading);
    const nth = seen.get(base) ?? 0;
    seen.set(base, nth + 1);
    return headingAnchor(heading, nth);
  });
}
