import type { ListedFrame } from './probe.ts';
import type { FramesSettings } from './spec.ts';

/** The settings that say which frames are taken. */
export type Choice = Pick<FramesSettings, 'take' | 'every' | 'rate' | 'key' | 'start' | 'end'>;

/**
 * The numbers of the frames that are taken, ascending, from 0. `frames` are in order of display.
 */
export function chooseFrames(frames: readonly ListedFrame[], choice: Choice): readonly number[] {
  const { take = { count: 32, spread: 'even' }, every, rate, key, start = 0, end } = choice;
  const inside = [...frames.keys()].filter(
    (n) => frames[n]!.time >= start && frames[n]!.time < (end ?? Number.POSITIVE_INFINITY),
  );
  if (every !== undefined) return inside.filter((_, i) => i % every === 0);
  if (key) return inside.filter((n) => frames[n]!.isKey);
  if (rate !== undefined) return shownAt(frames, inside, { rate, start });
  if (take.count >= inside.length) return inside;
  const { count, spread } = take;
  if (spread === 'first') return inside.slice(0, count);
  return Array.from(
    { length: count },
    (_, i) => inside[Math.floor(((2 * i + 1) * inside.length) / (2 * count))]!,
  );
}

/** Half of the microsecond to which times are known. */
const tolerance = 5e-7;

/**
 * Those of `inside` that are shown at one of the moments `start`, `start + 1 / rate` and so on, up
 * to the time of the last frame.
 */
function shownAt(
  frames: readonly ListedFrame[],
  inside: readonly number[],
  { rate, start }: { readonly rate: number; readonly start: number },
): readonly number[] {
  return inside.filter((n, i) => {
    const { time } = frames[n]!;
    // The first one also stands for a frame before it that is still shown at the start.
    const moments = i === 0 ? 0 : Math.ceil((time - start - tolerance) * rate);
    const moment = start + moments / rate;
    const next = inside[i + 1];
    return next === undefined
      ? moment <= time + tolerance
      : moment < frames[next]!.time - tolerance;
  });
}
