/**
 * A number among a call's attributes; `Number` reads it. JSON, which the trace's signature is written in, has neither
 * NaN nor infinities nor -0: these are strings.
 */
export type NumberAttribute = number | string;

export function numberAttribute(value: number): NumberAttribute {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}
