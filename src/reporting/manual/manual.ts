import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Digest, sha256 } from '../../digest.ts';
import { anchorsOf } from './heading-anchor.ts';
import { blocksOf, type ManualBlock } from './manual-blocks.ts';
import { addressOf, type Chapter, manualPages } from './manual-pages.ts';
import { type PictureSize, pictureSize } from './picture-size.ts';
import type { LinkTarget, PageTargets } from './render-blocks.ts';

/** A page of the documentation. */
export interface ManualPage {
  /** Its Markdown file, from the root of the package. */
  readonly file: string;
  readonly address: string;
  readonly title: string;
  readonly blocks: readonly ManualBlock[];
  readonly anchors: ReadonlySet<string>;
}

/** A file of the documentation as it is sent. */
export interface ManualFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** Part of the address that pages use, so that a browser may keep the file. */
  readonly digest: Digest;
}

/** The documentation of this package, read from its Markdown files. */
export class Manual {
  readonly pages: readonly ManualPage[];
  readonly #root: string;
  readonly #byFile: ReadonlyMap<string, ManualPage>;

  constructor(root: string) {
    this.#root = root;
    this.pages = manualPages.map((file) => readPage(root, file));
    this.#byFile = new Map(this.pages.map((page) => [page.file, page]));
  }

  /** The pages of a chapter, the one that introduces the others first. */
  pagesOf([first, ...parts]: Chapter): readonly [ManualPage, ...ManualPage[]] {
    const pageOf = (file: string) => this.#byFile.get(file)!;
    return [pageOf(first), ...parts.map(pageOf)];
  }

  page(address: string): ManualPage | undefined {
    return this.pages.find((page) => page.address === address);
  }

  /**
   * Where the links of a page lead: to another page, to a picture of the package, or to the web.
   */
  linksOf({ file }: ManualPage): LinkTarget {
    return (target) => {
      if (/^(https?:|#)/.test(target)) return target;
      const [path = '', anchor] = target.split('#');
      const to = posix.normalize(posix.join(posix.dirname(file), path));
      const page = this.#byFile.get(to);
      if (page !== undefined)
        return anchor === undefined ? `/${page.address}` : `/${page.address}#${anchor}`;
      return pictureType(to) !== undefined && existsSync(join(this.#root, to))
        ? `/files/${to}`
        : undefined;
    };
  }

  /** The targets of a page, with the sizes of its pictures. */
  targetsOf(page: ManualPage): PageTargets {
    const link = this.linksOf(page);
    return {
      link,
      picture: (target) => {
        const address = link(target);
        const picture = address && this.picture(address.replace('/files/', ''));
        if (!picture) return undefined;
        return { ...picture.size, address: `${address}?v=${picture.digest}` };
      },
    };
  }

  /** A picture of a page, if a page may show it. */
  picture(path: string): (ManualFile & { readonly size: PictureSize }) | undefined {
    const type = pictureType(path);
    const isInside = path.startsWith('docs/') && posix.normalize(path) === path;
    const file = join(this.#root, path);
    if (type === undefined || !isInside || !existsSync(file)) return undefined;
    const bytes = readFileSync(file);
    return { type, bytes, digest: sha256(bytes), size: pictureSize(bytes) };
  }
}

const pictureTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.webp': 'image/webp',
};
const pictureType = (path: string): string | undefined => pictureTypes[posix.extname(path)];

function readPage(root: string, file: string): ManualPage {
  const blocks = blocksOf(readFileSync(join(root, file), 'utf8'));
  const headings = blocks.flatMap((block) => (block.kind === 'heading' ? [block.text] : []));
  const title = headings[0];
  if (title === undefined) throw new Error(`Internal error: ${file} has no title`);
  const named = Array.from(
    readFileSync(join(root, file), 'utf8').matchAll(/<a (?:id|name)="([\w-]+)">/g),
    ([, id]) => id!,
  );
  const anchors = new Set([...anchorsOf(headings), ...named]);
  return { file, address: addressOf(file), title: title.replaceAll('`', ''), blocks, anchors };
}
