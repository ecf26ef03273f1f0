/**
 * JSON in which no two numbers are the same: JSON itself makes null of NaN and both infinities, 0 of -0, and takes no
 * bigint. To compare by, not to read back.
 */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    typeof part === 'number' || typeof part === 'bigint' ? exact(part) : part,
  );
}

function exact(number: number | bigint): number | string {
  if (Object.is(number, -0)) return '-0';
  return Number.isFinite(number) ? (number as number) : String(number);
}
