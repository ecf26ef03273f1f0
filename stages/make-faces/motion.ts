import { Random } from '../../src/random.ts';
import type { Traits } from './traits.ts';

/** How somebody moves through a clip: a function of the share of it that has passed, 0 to 1. */
export type Motion = (share: number) => (traits: Traits) => Traits;

/** Draws a motion: the head sways, turns and leans, mouth and brows move, and the eyes blink. */
export function drawMotion(...seeds: readonly (number | string)[]): Motion {
  const random = new Random('motion', ...seeds);
  const wave = (size: number) => {
    const height = size * random.between(0.5, 1);
    const turns = random.between(0.4, 1.1);
    const phase = random.float();
    return (share: number) => height * Math.sin(2 * Math.PI * (turns * share + phase));
  };
  const across = wave(9);
  const down = wave(5);
  const turn = wave(0.45);
  const lean = wave(5);
  const smile = wave(0.5);
  const brows = wave(0.5);
  const blink = random.between(0.15, 0.85);
  return (share) => (traits) => ({
    ...traits,
    x: traits.x + across(share),
    y: traits.y + down(share),
    yaw: traits.yaw + turn(share),
    roll: traits.roll + lean(share),
    smile: Math.max(-0.3, Math.min(1, traits.smile + smile(share))),
    browTilt: traits.browTilt + brows(share),
    eyeOpen: traits.eyeOpen * (Math.abs(share - blink) < 0.06 ? 0.25 : 1),
  });
}
