import type { Random } from '../../src/random.ts';

/** A colour: red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/**
 * Everything that distinguishes one made-up portrait from another. Lengths are in a box of 256 by
 * 256.
 */
export type Traits = ReturnType<typeof drawTraits>;

const backgroundStyles = ['studio', 'lights', 'wall', 'leaves', 'window'] as const;
const hairStyles = ['short', 'parted', 'long', 'curly', 'bun', 'fringe', 'bald'] as const;
const clothesStyles = ['plain', 'collar', 'stripes', 'neckline'] as const;

/** Colours as on the web, in hexadecimal. */
const colours = (...codes: readonly string[]): readonly Colour[] =>
  codes.map((code) => {
    const channel = (start: number) => Number.parseInt(code.slice(start, start + 2), 16);
    return [channel(0), channel(2), channel(4)];
  });

const skins = colours('f6d6be', 'e9bfa0', 'd6a580', 'b5805c', '8d5d40', '623f2d');
const hairs = colours('1c1818', '3a281e', '60402a', '966a3e', 'ceaa6e', '944222', 'a8a4a0');
const irises = colours('462c1c', '684626', '606e42', '527a98', '6e7c86');

/** Draws a portrait's traits, each independently, so that all combinations occur. */
export function drawTraits(random: Random) {
  const soft = (mean: number, deviation: number) =>
    mean + deviation * Math.max(-2, Math.min(2, random.normal()));
  const age = random.float();
  const hairStyle = random.pick(hairStyles);
  const mayHaveBeard = hairStyle !== 'long' && hairStyle !== 'bun' && random.float() < 0.45;
  return {
    /** Centre of the face, between the eyes and the nose. */
    x: soft(128, 5),
    y: soft(122, 5),
    /** Half the width and height of the face. */
    width: soft(50, 4),
    height: soft(66, 4),
    /** Jaw's width as a share of the face's: 0.4 is pointed, 0.9 is square. */
    jaw: random.between(0.45, 0.85),
    /** Turned to the side: -1 is left, 1 is right. */
    yaw: soft(0, 0.4),
    /** Leaning, in degrees. */
    roll: soft(0, 4),
    skin: between(skins, random),
    hair: age > 0.75 ? mix(between(hairs, random), [176, 172, 168], 0.6) : between(hairs, random),
    iris: vary(random.pick(irises), 10, random),
    clothes: muted(random.between(30, 200), 40, random),
    background: [
      muted(random.between(40, 210), 32, random),
      muted(random.between(40, 210), 32, random),
    ] as const,
    backgroundStyle: random.pick(backgroundStyles),
    hairStyle,
    clothesStyle: random.pick(clothesStyles),
    beard: mayHaveBeard
      ? random.pick(['stubble', 'full', 'moustache'] as const)
      : ('none' as const),
    glasses: random.float() < 0.3 ? random.pick(['round', 'square'] as const) : ('none' as const),
    /** 0 is a child's smooth skin, 1 is old. */
    age,
    eyeSize: soft(1, 0.08),
    eyeOpen: random.between(0.75, 1.15),
    browThickness: random.between(0.6, 1.4),
    browTilt: soft(0, 0.5),
    noseLength: soft(1, 0.08),
    noseWidth: soft(1, 0.12),
    mouthWidth: soft(1, 0.1),
    lipFullness: random.between(0.6, 1.5),
    /** -1 is sad, 1 laughs. */
    smile: random.between(-0.3, 1),
    /** Where the light comes from: -1 is left, 1 is right. */
    lightSide: random.between(-1, 1),
    lightHardness: random.between(0.1, 0.9),
    /** Gains of red, green and blue near 1. */
    lightColour: [soft(1, 0.04), 1, soft(1, 0.05)] as Colour,
    exposure: random.between(0.8, 1.12),
  };
}

/**
 * The face of `donor` with the place, the expression and the light of `target`, as a face swap
 * makes it: what of it is seen through the mask of a forgery fits into the portrait of the target.
 */
export function inPlaceOf(donor: Traits, target: Traits): Traits {
  const { iris, eyeSize, browThickness, noseLength, noseWidth, mouthWidth, lipFullness } = donor;
  const { age, beard, hair, skin } = donor;
  return {
    ...target,
    iris,
    eyeSize,
    browThickness,
    noseLength,
    noseWidth,
    mouthWidth,
    lipFullness,
    age,
    beard,
    hair,
    skin: mix(target.skin, skin, 0.5),
  };
}

/** `share` of the way from one colour to the other. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const at = (channel: 0 | 1 | 2) => from[channel] + (to[channel] - from[channel]) * share;
  return [at(0), at(1), at(2)];
}

function between(palette: readonly Colour[], random: Random): Colour {
  const position = random.float() * (palette.length - 1);
  const first = Math.floor(position);
  return vary(mix(palette[first]!, palette[first + 1]!, position - first), 6, random);
}

function vary([red, green, blue]: Colour, deviation: number, random: Random): Colour {
  return [
    red + deviation * random.normal(),
    green + deviation * random.normal(),
    blue + deviation * random.normal(),
  ];
}

function muted(grey: number, spread: number, random: Random): Colour {
  const channel = () => grey + random.between(-spread, spread);
  return [channel(), channel(), channel()];
}

/**
 * Where a feature sits sideways: `across` is -1 at the left temple, 1 at the right; turning moves
 * the middle most.
 */
export function sideways({ x, width, yaw }: Traits, across: number): number {
  return x + width * (across + yaw * 0.22 * (1 - across * across));
}
