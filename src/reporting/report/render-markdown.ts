import { type Html, html } from './html.ts';
import { renderTable } from './render-table.ts';

/**
 * The little of Markdown that stages write: tables with bars, headings, paragraphs. Everything else is shown as it is
 * written; no HTML in it is taken for any.
 */
export function renderMarkdown(text: string): readonly Html[] {
  const blocks = text
    .replaceAll('\r\n', '\n')
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '');
  return blocks.map((block) => {
    const lines = block.split('\n');
    if (lines.length >= 2 && /^\|/.test(lines[0]!) && /^\|?[\s:|-]+$/.test(lines[1]!)) {
      return renderTable(undefined, cellsOf(lines[0]!), lines.slice(2).map(cellsOf));
    }
    const heading = /^(#{1,6}) +(.*)$/.exec(block);
    if (heading !== null) return html`<h4>${heading[2]!}</h4>`;
    return html`<p>${lines.join(' ')}</p>`;
  });
}

const cellsOf = (line: string): readonly string[] =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) =>
      cell
        .trim()
        .replaceAll('\\|', '|')
        .replace(/^\*\*(.*)\*\*$/, '$1'),
    );
