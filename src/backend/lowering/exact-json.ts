/**
 * JSON that writes different numbers differently. JSON itself writes NaN and both infinities as null and -0 as 0, and
 * refuses a bigint. For comparing, not for reading back.
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
