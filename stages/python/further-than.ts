import type { Json } from '../../src/json.ts';

/**
 * Why a checkpoint that was made with these values of `continues` does not serve a stage with other
 * arguments, as a clause; undefined where it may. `restage.py` decides by the same rule.
 */
export function furtherThan(
  made: Readonly<Record<string, Json>>,
  args: Readonly<Record<string, Json>>,
): string | undefined {
  for (const [name, value] of Object.entries(made)) {
    const now = args[name] ?? null;
    const isNumber = typeof value === 'number' && typeof now === 'number';
    const serves = isNumber ? value <= now : JSON.stringify(value) === JSON.stringify(now);
    if (!serves) {
      const wanted = isNumber ? `at most ${now}` : JSON.stringify(now);
      return `was made with ${name} ${JSON.stringify(value)}, not ${wanted}`;
    }
  }
  return undefined;
}
