import { anchorsOf } from './heading-anchor.ts';
import type { ManualPage } from './manual.ts';
import type { ManualBlock } from './manual-blocks.ts';

/** A section of a page in which all words of a search stand. */
export interface SearchHit {
  readonly page: string;
  readonly heading: string;
  /** With the anchor of the section. */
  readonly address: string;
  /** The text around the first word that was found. */
  readonly excerpt: string;
}

/** A heading with the text below it, up to the next heading. */
interface Section {
  readonly page: ManualPage;
  readonly heading: string;
  readonly anchor: string;
  readonly text: string;
}

/** How many sections a search shows. */
const mostHits = 30;

/**
 * The sections of the documentation in which every word of a search stands, the most telling first:
 * a word in a title counts most, then one in a heading, then how often it stands in the text.
 */
export function searchManual(pages: readonly ManualPage[], query: string): readonly SearchHit[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  return pages
    .flatMap(sectionsOf)
    .map((section) => ({ section, weight: weigh(section, words) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .slice(0, mostHits)
    .map(({ section }) => ({
      page: section.page.title,
      heading: section.heading,
      address: `/${section.page.address}#${section.anchor}`,
      excerpt: excerptOf(section.text, words),
    }));
}

/** 0 if a word is missing. */
function weigh({ page, heading, text }: Section, words: readonly string[]): number {
  const body = text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const inTitle = page.title.toLowerCase().includes(word);
    const inHeading = heading.toLowerCase().includes(word);
    const times = body.split(word).length - 1;
    if (!inHeading && times === 0) return 0;
    // Long sections hold every word many times, so a further one counts less and less.
    sum += (inTitle ? 3 : 0) + (inHeading ? 6 : 0) + Math.log2(1 + times);
  }
  return sum;
}

function sectionsOf(page: ManualPage): readonly Section[] {
  const headings = page.blocks.flatMap((block) => (block.kind === 'heading' ? [block.text] : []));
  const anchors = anchorsOf(headings);
  const sections: { heading: string; anchor: string; texts: string[] }[] = [];
  for (const block of page.blocks) {
    if (block.kind === 'heading') {
      const anchor = anchors[sections.length]!;
      sections.push({ heading: plain(block.text), anchor, texts: [] });
    } else sections.at(-1)?.texts.push(textOf(block));
  }
  return sections.map(({ heading, anchor, texts }) => ({
    page,
    heading,
    anchor,
    text: plain(texts.join(' ')),
  }));
}

function textOf(block: ManualBlock): string {
  switch (block.kind) {
    case 'table':
      return [block.head, ...block.rows].map((row) => row.join(' ')).join(' ');
    case 'list':
      return block.items.flatMap((item) => item.map(textOf)).join(' ');
    default:
      return block.text;
  }
}

/** A Markdown text without its marks. */
const plain = (text: string): string =>
  text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*]|<br>/g, '')
    .replaceAll(/\s+/g, ' ');

function excerptOf(text: string, words: readonly string[]): string {
  const body = text.toLowerCase();
  const first = Math.min(...words.map((word) => body.indexOf(word)).filter((at) => at >= 0), 1e9);
  const from = first === 1e9 ? 0 : Math.max(0, first - 80);
  const cut = text.slice(from, from + 240).trim();
  return `${from > 0 ? '… ' : ''}${cut}${from + 240 < text.length ? ' …' : ''}`;
}
