const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of a text such as `8GiB`, `512 MiB`, `1.5GB`, rounded up; undefined for any other. */
export function parseMemory(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([KMGT]i?B|B)$/.exec(text);
  const bytes = match ? Math.ceil(Number(match[1]) * units[match[2]!]!) : Number.NaN;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
