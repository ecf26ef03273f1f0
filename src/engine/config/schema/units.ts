import { day } from '../../../day.ts';

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: day,
};

/**
 * Milliseconds of a text such as `30s`, `4h`, `1h30m`, `1.5h`; undefined for any other and for
 * zero.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)];
  const total = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * milliseconds[unit!]!,
    0,
  );
  return total > 0 && Number.isFinite(total) ? total : undefined;
}

/** Bytes of a text such as `8GiB`, `512 MiB`, `1.5GB`, rounded up; undefined for any other. */
export function parseMemory(text: string): number | undefined {
  const [, amount, prefix = '', binary] = /^(\d+(?:\.\d+)?) ?(?:([KMGT])(i?))?B$/.exec(text) ?? [];
  const bytes = Math.ceil(
    Number(amount) * (binary ? 1024 : 1000) ** ' KMGT'.indexOf(prefix || ' '),
  );
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
