import { type Html, html } from './html.ts';
import { renderTable } from './render-table.ts';

/** Data URIs of a document's pictures, by their paths in it. */
type Pictures = Readonly<Record<string, string>>;

/**
 * Renders the Markdown that stages write: tables, headings, lists and paragraphs. All else is shown
 * as it is written.
 */
export function renderMarkdown(text: string, pictures: Pictures = {}): readonly Html[] {
  const blocks = text
    .replaceAll('\r\n', '\n')
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '');
  return blocks.map((block) => {
    const lines = block.split('\n');
    const inline = (line: string) => renderInline(line, pictures);
    if (lines.length >= 2 && /^\|/.test(lines[0]!) && /^\|?[\s:|-]+$/.test(lines[1]!)) {
      const cells = (line: string) =>
        cellsOf(line).map((cell) => (/[[*`]/.test(cell) ? inline(cell) : cell));
      return renderTable(cellsOf(lines[0]!), lines.slice(2).map(cells));
    }
    const heading = /^#{1,6} +(.*)$/.exec(block);
    if (heading !== null) return html`<h4>${inline(heading[1]!)}</h4>`;
    const [, mark] = /^(-|1\.) /.exec(block) ?? [];
    if (mark === undefined) return html`<p>${inline(lines.join(' '))}</p>`;
    const items = block
      .split(/\n(?:-|\d+\.) /)
      .map((item) => html`<li>${inline(item.replace(/^(-|1\.) /, ''))}</li>`);
    return mark === '-' ? html`<ul>${items}</ul>` : html`<ol>${items}</ol>`;
  });
}

/**
 * Pictures, links, bold text and code of a line. A link leads to a section of the page or to the
 * web, never into a script.
 */
function renderInline(text: string, pictures: Pictures): Html {
  const parts = text.split(/(!?\[[^\]]*\]\([^)\s]*\)|\*\*[^*]+\*\*|`[^`]+`)/);
  return html`${parts.map((part) => {
    const [, bang, label = '', target = ''] = /^(!?)\[([^\]]*)\]\(([^)]*)\)$/.exec(part) ?? [];
    if (bang === '!' && pictures[target] !== undefined)
      return html`<img src="${pictures[target]}" alt="${label}">`;
    if (bang === '' && /^(#|https?:)/.test(target)) return html`<a href="${target}">${label}</a>`;
    if (/^\*\*.+\*\*$/.test(part)) return html`<strong>${part.slice(2, -2)}</strong>`;
    return /^`.+`$/.test(part) ? html`<code>${part.slice(1, -1)}</code>` : part;
  })}`;
}

const cellsOf = (line: string): readonly string[] =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
