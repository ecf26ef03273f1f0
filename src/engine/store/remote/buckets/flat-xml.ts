/** The text of the first element of a name, in a flat piece of XML. */
export function textOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text && unescapeXml(text);
}

/** What lies inside each element of a name, in a piece of XML where none lies in another. */
export const insideEach = (xml: string, name: string): readonly string[] =>
  Array.from(
    xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs')),
    ([, inside = '']) => inside,
  );

/** The text that XML means: some servers write a quote as `&quot;`, others as `&#34;`. */
export const unescapeXml = (text: string): string =>
  text.replace(
    /&(?:(lt|gt|quot|apos|amp)|#(\d{1,6})|#x([0-9a-fA-F]{1,5}));/g,
    (_, entity?: string, decimal?: string, hex = '0') =>
      entity === undefined
        ? String.fromCodePoint(Number(decimal ?? `0x${hex}`))
        : entities[entity]!,
  );

export const escapeXml = (text: string): string =>
  text.replace(/[<>"'&]/g, (character) => `&${names[character]};`);

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
};

const names: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(entities).map(([name, character]) => [character, name]),
);
