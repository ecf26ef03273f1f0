import { StageError } from '../../stage.ts';

/** Throws a {@link StageError} where the network has broken down, since maps of what is no number cannot be shown. */
export function expectFinite([real, fake]: readonly [number, number], image: string): void {
  if (Number.isFinite(real) && Number.isFinite(fake)) return;
  throw new StageError(`Expected finite scores from the model, got ${real} and ${fake} for ${image}.`);
}
