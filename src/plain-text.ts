import { stripVTControlCharacters } from 'node:util';

/**
 * Characters that control a terminal and have no use in a text: all control characters but tab and
 * line break.
 */
const controls = /[^\P{Cc}\t\n]/u;
const everyControl = new RegExp(controls, 'gu');

/**
 * Sequences that carry a text to the terminal itself (OSC, DCS and similar), such as its title or
 * the clipboard.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it removes these
const messages = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])(?:[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c))?/g;

/**
 * Another program's text without escape sequences (ECMA-48) and control characters. A carriage
 * return ends a line.
 */
export function plainText(text: string): string {
  if (!controls.test(text)) return text;
  return stripVTControlCharacters(text.replace(messages, ''))
    .replace(/\r\n?/g, '\n')
    .replace(everyControl, '');
}

/** The value with {@link plainText} applied to every text in it, keys too. */
export function plainTexts<T>(value: T): T;
export function plainTexts(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value)) return value.map((item) => plainTexts(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [plainText(key), plainTexts(item)]),
  );
}
