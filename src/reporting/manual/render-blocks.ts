import { Html, html } from '../report/html.ts';
import { anchorsOf } from './heading-anchor.ts';
import type { ManualBlock } from './manual-blocks.ts';

/** Where a link of a page leads; `undefined` where the documentation has no such page. */
export type LinkTarget = (target: string) => string | undefined;

/**
 * Renders the blocks of a page. Every heading has its anchor, every table can be scrolled, and a
 * link whose target is not in the documentation is text.
 */
export function renderBlocks(blocks: readonly ManualBlock[], link: LinkTarget): readonly Html[] {
  const headings = blocks.flatMap((block) => (block.kind === 'heading' ? [block.text] : []));
  const anchors = anchorsOf(headings);
  let nth = 0;
  return blocks.map((block) => {
    if (block.kind !== 'heading') return renderBlock(block, link);
    const anchor = anchors[nth]!;
    nth += 1;
    const level = `h${block.level}`;
    return html`<${new Html(level)} id="${anchor}">${renderInline(block.text, link)} <a class="anchor" href="#${anchor}" aria-label="Link to this section">#</a></${new Html(level)}>`;
  });
}

function renderBlock(block: Exclude<ManualBlock, { kind: 'heading' }>, link: LinkTarget): Html {
  switch (block.kind) {
    case 'paragraph':
      return html`<p>${renderInline(block.text, link)}</p>`;
    case 'code':
      return html`<pre tabindex="0"><code>${block.text}</code></pre>`;
    case 'table':
      return html`<div class="wide" tabindex="0" role="group" aria-label="Table"><table><thead><tr>${block.head.map((cell) => html`<th scope="col">${renderInline(cell, link)}</th>`)}</tr></thead><tbody>${block.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${renderInline(cell, link)}</td>`)}</tr>`)}</tbody></table></div>`;
    case 'list': {
      const items = block.items.map((item) => html`<li>${renderItem(item, link)}</li>`);
      return block.isNumbered ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`;
    }
  }
}

/** An item of one paragraph is its text; others have blocks. */
function renderItem(blocks: readonly ManualBlock[], link: LinkTarget): readonly Html[] {
  const [first, ...rest] = blocks;
  if (first?.kind !== 'paragraph') return renderBlocks(blocks, link);
  return [renderInline(first.text, link), ...renderBlocks(rest, link)];
}

/** What is more than text within a line. */
const marks =
  /(`+)([\s\S]*?[^`])\1(?!`)|(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]*)\)|\*\*([\s\S]+?)\*\*|(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])|<br>|<a (?:id|name)="([\w-]+)"><\/a>|&(lt|gt|amp|nbsp);|(https?:\/\/[^\s)>,]+[\w/])/g;

/** Code, links, pictures, emphasis and breaks of a line. */
function renderInline(text: string, link: LinkTarget): Html {
  const parts: (Html | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(marks)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(renderMark(match, link));
  }
  return html`${[...parts, text.slice(end)]}`;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', nbsp: ' ' };

function renderMark(match: RegExpMatchArray, link: LinkTarget): Html | string {
  const [whole, , code, bang, label = '', target = '', strong, emphasis, id, entity, address] =
    match;
  if (code !== undefined) return html`<code>${code.trim()}</code>`;
  if (bang === '!') {
    const source = link(target);
    return source === undefined
      ? html`<em>${label}</em>`
      : html`<img src="${source}" alt="${label}" loading="lazy">`;
  }
  if (bang === '') {
    const to = link(target);
    return to === undefined
      ? renderInline(label, link)
      : html`<a href="${to}">${renderInline(label, link)}</a>`;
  }
  if (strong !== undefined) return html`<strong>${renderInline(strong, link)}</strong>`;
  if (emphasis !== undefined) return html`<em>${renderInline(emphasis, link)}</em>`;
  if (id !== undefined) return html`<a id="${id}"></a>`;
  if (entity !== undefined) return entities[entity]!;
  if (address !== undefined) return html`<a href="${address}">${address}</a>`;
  return whole === '<br>' ? new Html('<br>') : whole;
}
