import { plainText } from '../../plain-text.ts';
import type { OutputStream } from './colour.ts';

/**
 * Control characters but tab and line break, and those that turn the direction of a text, so that
 * it reads as another one.
 */
const suspicious = /[^\P{Cc}\t\n]|\p{Bidi_Control}/u;
const turning = /\p{Bidi_Control}/gu;

/**
 * The styles of `Paint`: bold, dim, italic, underlined, inverse and the colours, but nothing that
 * hides a text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with one
const style = /(\x1b\[(?:[0-47]|2[2-47]|[39][0-7]|39)m)/;

/**
 * A text without what a terminal would obey, whoever wrote it. Letters of every script stay; styles
 * where it is coloured.
 */
export function terminalText(text: string, coloured: boolean): string {
  if (!suspicious.test(text)) return text;
  const parts = coloured ? text.split(style) : [text];
  return parts
    .map((part, index) => (index % 2 === 1 ? part : plainText(part).replace(turning, '')))
    .join('');
}

type Write = (text: string) => unknown;

/** How to write to a stream that is guarded. */
const unguarded = new WeakMap<OutputStream, Write>();

/**
 * Makes every later `write` to a stream one of {@link terminalText}. So no command can forget that
 * names, settings, messages and logs come from files of anyone.
 */
export function guardStream(stream: NodeJS.WriteStream, coloured: boolean): void {
  const write = stream.write.bind(stream) as (text: string, ...rest: readonly unknown[]) => boolean;
  unguarded.set(stream, write);
  stream.write = (chunk: Uint8Array | string, ...rest: readonly unknown[]): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return write(terminalText(text, coloured), ...rest);
  };
}

/** Writes codes of our own, or a text that the user asked for as it is. */
export function writeRaw(stream: OutputStream, text: string): void {
  const write: Write = unguarded.get(stream) ?? ((bytes) => stream.write(bytes));
  write(text);
}
