import { Html, html } from '../report/html.ts';
import { anchorsOf } from './heading-anchor.ts';
import type { ManualBlock } from './manual-blocks.ts';
import type { PictureSize } from './picture-size.ts';

/** Where a link of a page leads; `undefined` where the documentation has no such page. */
export type LinkTarget = (target: string) => string | undefined;

/** A picture as a page shows it. */
export interface ShownPicture extends PictureSize {
  readonly address: string;
}

/** What the targets of a page's links and pictures are; `undefined` where there is no such file. */
export interface PageTargets {
  readonly link: LinkTarget;
  readonly picture: (target: string) => ShownPicture | undefined;
}

/**
 * Renders the blocks of a page. Every heading has its anchor, every table can be scrolled, and a
 * link whose target is not in the documentation is text.
 */
export function renderBlocks(
  blocks: readonly ManualBlock[],
  targets: PageTargets,
): readonly Html[] {
  const headings = blocks.flatMap((block) => (block.kind === 'heading' ? [block.text] : []));
  const anchors = anchorsOf(headings);
  let nth = 0;
  return blocks.map((block) => {
    if (block.kind !== 'heading') return renderBlock(block, targets);
    const anchor = anchors[nth]!;
    nth += 1;
    const level = `h${block.level}`;
    const text = block.text.replace(`<a id="${anchor}"></a>`, ''); // an id stands once on a page
    return html`<${new Html(level)} id="${anchor}">${renderInline(text, targets)} <a class="anchor" href="#${anchor}" aria-label="Link to this section">#</a></${new Html(level)}>`;
  });
}

function renderBlock(block: Exclude<ManualBlock, { kind: 'heading' }>, targets: PageTargets): Html {
  switch (block.kind) {
    case 'paragraph':
      return html`<p>${renderInline(block.text, targets)}</p>`;
    case 'code':
      return html`<pre tabindex="0"><code>${block.text}</code></pre>`;
    case 'table':
      return html`<div class="wide" tabindex="0" role="group" aria-label="Table"><table><thead><tr>${block.head.map((cell) => html`<th scope="col">${renderInline(cell, targets)}</th>`)}</tr></thead><tbody>${block.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${renderInline(cell, targets)}</td>`)}</tr>`)}</tbody></table></div>`;
    case 'list': {
      const items = block.items.map((item) => html`<li>${renderItem(item, targets)}</li>`);
      return block.isNumbered ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`;
    }
  }
}

/** An item of one paragraph is its text; others have blocks. */
function renderItem(blocks: readonly ManualBlock[], targets: PageTargets): readonly Html[] {
  const [first, ...rest] = blocks;
  if (first?.kind !== 'paragraph') return renderBlocks(blocks, targets);
  return [renderInline(first.text, targets), ...renderBlocks(rest, targets)];
}

/** What is more than text within a line. */
const marks =
  /(`+)([\s\S]*?[^`])\1(?!`)|(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]*)\)|\*\*([\s\S]+?)\*\*|(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])|<br>|<a (?:id|name)="([\w-]+)"><\/a>|&(lt|gt|amp|nbsp);|(https?:\/\/[^\s)>,]+[\w/])/g;

/** Code, links, pictures, emphasis and breaks of a line. */
function renderInline(text: string, targets: PageTargets): Html {
  const parts: (Html | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(marks)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(renderMark(match, targets));
  }
  return html`${[...parts, text.slice(end)]}`;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', nbsp: ' ' };

function renderMark(match: RegExpMatchArray, targets: PageTargets): Html | string {
  const [whole, , code, bang, label = '', target = '', strong, emphasis, id, entity, address] =
    match;
  if (code !== undefined) return html`<code>${code.trim()}</code>`;
  if (bang === '!') {
    const picture = targets.picture(target);
    return picture === undefined
      ? html`<em>${label}</em>`
      : html`<img src="${picture.address}" alt="${label}" width="${picture.width}" height="${picture.height}" loading="lazy">`;
  }
  if (bang === '') {
    const to = targets.link(target);
    return to === undefined
      ? renderInline(label, targets)
      : html`<a href="${to}">${renderInline(label, targets)}</a>`;
  }
  if (strong !== undefined) return html`<strong>${renderInline(strong, targets)}</strong>`;
  if (emphasis !== undefined) return html`<em>${renderInline(emphasis, targets)}</em>`;
  if (id !== undefined) return html`<a id="${id}"></a>`;
  if (entity !== undefined) return entities[entity]!;
  if (address !== undefined) return html`<a href="${address}">${address}</a>`;
  return whole === '<br>' ? new Html('<br>') : whole;
}
