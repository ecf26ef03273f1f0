import { plainText } from '../../plain-text.ts';

/** A piece of HTML, escaped or written by us. Plain strings are text, and are escaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: nothing is written for `undefined` and `false`. */
type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/**
 * Makes HTML of a template; every value that is not HTML itself is escaped, for text and for quoted
 * attributes alike.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = strings[0]!;
  for (const [index, value] of values.entries()) markup += markupOf(value) + strings[index + 1]!;
  return new Html(markup);
}

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return plainText(String(value)).replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** JSON for a `script` element: without `<`, no text in it can end the element. */
export function jsonScript(json: string): Html {
  return new Html(
    json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'),
  );
}

/** Bytes as a data URI, so that a page needs no other file. */
export function dataUri(type: string, bytes: Buffer): string {
  return `data:${type};base64,${bytes.toString('base64')}`;
}
