import { posix } from 'node:path';
import type { Manual, ManualPage } from '../../src/reporting/manual/manual.ts';

/** A page of the site: its file below the folder of pages, and its Markdown. */
export interface SitePage {
  readonly file: string;
  readonly text: string;
}

/** What decides how the links of a page are written. */
export interface LinkRules {
  readonly manual: Manual;
  /** The kinds that have a page of their own. */
  readonly kinds: ReadonlySet<string>;
  /** The address of the repository; absent: files that are no pages are named, and not linked. */
  readonly repository?: string | undefined;
}

/**
 * A page with its links as the site has them. Pages lie beside each other there, so that a link to
 * `docs/x.md`, from wherever, is `x.md`.
 */
export function withSiteLinks(text: string, page: ManualPage, rules: LinkRules): string {
  return outsideCode(text, (part) =>
    part.replaceAll(
      /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]*)\)/g,
      (whole, bang: string, label: string, target: string) => {
        if (/^https?:/.test(target)) return whole;
        const to = siteTarget(target, page, rules);
        if (to === undefined) return label;
        const inner = withSiteLinks(label, page, rules);
        return `${bang}[${inner}](${to})`;
      },
    ),
  );
}

function siteTarget(
  target: string,
  page: ManualPage,
  { manual, kinds, repository }: LinkRules,
): string | undefined {
  const to = target.startsWith('#') ? `/${page.address}${target}` : manual.linksOf(page)(target);
  if (to?.startsWith('/files/docs/')) return `./${to.slice('/files/docs/'.length)}`;
  if (to !== undefined) {
    const [address, anchor] = to.slice(1).split('#');
    if (address === 'kinds' && anchor !== undefined && kinds.has(anchor))
      return `./kinds/${anchor}.md`;
    return `./${address}.md${anchor === undefined ? '' : `#${anchor}`}`;
  }
  const path = posix.normalize(posix.join(posix.dirname(page.file), target));
  return repository === undefined ? undefined : `${repository}/blob/main/${path}`;
}

/** Changes a Markdown text but for its blocks of code. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}

/**
 * The page of kinds as pages: the table of all, and one for each kind. `more` gives what follows on
 * the page of a kind, such as its pictures.
 */
export function kindPages(text: string, more: (kind: string) => string): readonly SitePage[] {
  const [head, ...sections] = text.split(/^## /m);
  const pages = sections.map((section) => {
    const end = section.indexOf('\n');
    const kind = section.slice(0, end);
    const body = section
      .slice(end)
      .replaceAll(/\]\(#([\w-]+)\)/g, '](./$1.md)')
      // Lines of bold text are headings where a kind has a page of its own.
      .replaceAll(/^\*\*([^*\n]+)\*\*$/gm, '## $1');
    const back = 'One of the [kinds](../kinds.md) of stages.';
    return { file: `kinds/${kind}.md`, text: `# ${kind}\n\n${back}\n${body}\n${more(kind)}` };
  });
  const table = head!.replaceAll(/\]\(#([\w-]+)\)/g, '](./kinds/$1.md)');
  return [{ file: 'kinds.md', text: table }, ...pages];
}
