const width = 110;

/**
 * JSON for people: a list or map that fits on a line of 110 characters is not broken. Ends with a
 * line break.
 */
export function formatJson(value: unknown): string {
  return `${format(value, '')}\n`;
}

function format(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const isList = Array.isArray(value);
  const entries: readonly (readonly [string, unknown])[] = isList
    ? value.map((item) => ['', item])
    : Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return isList ? '[]' : '{}';
  const deeper = `${indent}  `;
  const parts = entries.map(
    ([key, item]) => (isList ? '' : `${JSON.stringify(key)}: `) + format(item, deeper),
  );
  const open = isList ? '[' : '{';
  const close = isList ? ']' : '}';
  const pad = isList ? '' : ' ';
  const length = parts.reduce((sum, part) => sum + part.length + 2, indent.length);
  if (length <= width && !parts.some((part) => part.includes('\n'))) {
    return `${open}${pad}${parts.join(', ')}${pad}${close}`;
  }
  return `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}
