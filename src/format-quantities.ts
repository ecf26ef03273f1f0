import type { Progress } from './stage.ts';

/** A duration as eyes want it: `0.06 s`, `3.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  return formatWholeSeconds(seconds);
}

/** The same for what counts on while one looks: `0 s`, `3 s`, `42 s`, `3 min 20 s`. */
export function formatWholeSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 stage`, `2,000 stages`. Without `toLocaleString`, whose tables take longer to load than a whole idle run. */
export function formatCount(count: number, singular: string): string {
  return `${String(count).replace(/\B(?=(\d{3})+$)/g, ',')} ${singular}${count === 1 ? '' : 's'}`;
}

/** Units a second: `310 images/s`, `12.5 steps/s`, `0.31 steps/s`. */
export function formatRate(rate: number, unit: string): string {
  const digits = rate >= 100 ? 0 : rate >= 10 ? 1 : 2;
  return `${rate.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}/s`;
}

/** The share that is done, 0 to 1, whatever a stage reports. */
export function shareDone({ done, total }: Progress): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
}

/** ` 52 %`, never 100 before the end. */
export function formatPercent(share: number): string {
  return `${Math.floor(100 * share)} %`.padStart(5);
}

/** A number as text with the minus of charts: `-0.3 (-0.4–0.1)` is `−0.3 (−0.4–0.1)`. Names and dates keep their hyphens. */
export function withMinus(text: string): string {
  return /^[-+−(]?\d/.test(text) ? text.replaceAll(/(^|[\s(–])-(?=\d)/g, '$1−') : text;
}
