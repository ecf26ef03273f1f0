import type { DecodedImage } from './decode-image.ts';

/**
 * How a value from 0 to 1 becomes a colour. `jet` goes from dark blue over cyan, yellow and red to
 * dark red, as is usual for maps over images; its light and dark bands show edges where values have
 * none. `viridis` goes from dark violet over green to light yellow, evenly to the eye, in grey and
 * to the colour-blind.
 */
export const colourMaps = ['jet', 'viridis'] as const;
export type ColourMap = (typeof colourMaps)[number];

/** Red, green and blue, 0 to 255. */
type Colour = readonly [number, number, number];

const steps = 256;
const last = steps - 1;

/**
 * The colour of a value from 0 to 1, in 256 steps, with Matplotlib's bytes: jet of 0 is (0, 0,
 * 127), of 0.5 (124, 255, 121).
 */
export function colourMap(name: ColourMap): (value: number) => Colour {
  const colours = name === 'jet' ? jet() : viridis();
  return (value) => colours[Math.max(0, Math.min(last, Math.floor(value * steps)))]!;
}

/**
 * Matplotlib's `_jet_data`: where the line of each channel bends, and the channel's share there,
 * both from 0 to 1.
 */
const jetBends = [
  { at: [0, 0.35, 0.66, 0.89, 1], shares: [0, 0, 1, 1, 0.5] },
  { at: [0, 0.125, 0.375, 0.64, 0.91, 1], shares: [0, 0, 1, 1, 0, 0] },
  { at: [0, 0.11, 0.34, 0.65, 1], shares: [0.5, 1, 1, 0, 0] },
] as const;

function jet(): readonly Colour[] {
  return Array.from({ length: steps }, (_, step) => {
    const [red, green, blue] = jetBends.map((bends) =>
      Math.trunc(last * shareAt(bends, last * (step * (1 / last)))),
    );
    return [red!, green!, blue!];
  });
}

/**
 * The products are in the order of Matplotlib's `_create_lookup_table`: the last bit of a share
 * decides its byte.
 */
function shareAt({ at, shares }: (typeof jetBends)[number], step: number): number {
  const stopIndex = at.findIndex((stop) => stop * last >= step);
  const next = Math.max(1, stopIndex);
  const from = at[next - 1]!;
  const to = at[next]!;
  const low = shares[next - 1]!;
  const high = shares[next]!;
  return ((step - from * last) / (to * last - from * last)) * (high - low) + low;
}

function viridis(): readonly Colour[] {
  // Browsers, which draw maps of images with it, have no Buffer.
  const text = viridisBytes.join('');
  const byte = (at: number) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return Array.from({ length: steps }, (_, step) => [
    byte(3 * step),
    byte(3 * step + 1),
    byte(3 * step + 2),
  ]);
}

/**
 * By Stéfan van der Walt and Nathaniel Smith, for Matplotlib (CC0). Vega's scheme of that name is
 * of fewer colours.
 */
const viridisBytes = [
  '44015444025544035745055845065a45085b46095c460b5e460c5f460e61470f6247116347126547146647156747166947186a48196b481a6c',
  '481c6e481d6f481e70482071482172482273482374472575472676472777472878472a79472b7a472c7b462d7c462f7c46307d46317e45327f',
  '45347f453580453681443781443982433a83433b83433c84423d84423e854240854141864142864043874044873f45873f47883e48883e4989',
  '3d4a893d4b893d4c893c4d8a3c4e8a3b508a3b518a3a528b3a538b39548b39558b38568b38578c37588c37598c365a8c365b8c355c8c355d8c',
  '345e8d345f8d33608d33618d32628d32638d31648d31658d31668d30678d30688d2f698d2f6a8d2e6b8e2e6c8e2e6d8e2d6e8e2d6f8e2c708e',
  '2c718e2c728e2b738e2b748e2a758e2a768e2a778e29788e29798e287a8e287a8e287b8e277c8e277d8e277e8e267f8e26808e26818e25828e',
  '25838d24848d24858d24868d23878d23888d23898d22898d228a8d228b8d218c8d218d8c218e8c208f8c20908c20918c1f928c1f938b1f948b',
  '1f958b1f968b1e978a1e988a1e998a1e998a1e9a891e9b891e9c891e9d881e9e881e9f881ea0871fa1871fa2861fa38620a48520a58521a685',
  '21a78422a78423a88323a98224aa8225ab8126ac8127ad8028ae7f29af7f2ab07e2bb17d2cb17d2eb27c2fb37b30b47a32b57a33b67935b778',
  '36b87738b97639b9763bba753dbb743ebc7340bd7242be7144be7045bf6f47c06e49c16d4bc26c4dc26b4fc36951c46853c56755c66657c665',
  '59c7645bc8625ec96160c96062ca5f64cb5d67cc5c69cc5b6bcd596dce5870ce5672cf5574d05477d05279d1517cd24f7ed24e81d34c83d34b',
  '86d44988d5478bd5468dd64490d64392d74195d73f97d83e9ad83c9dd93a9fd938a2da37a5da35a7db33aadb32addc30afdc2eb2dd2cb5dd2b',
  'b7dd29bade27bdde26bfdf24c2df22c5df21c7e01fcae01ecde01dcfe11cd2e11bd4e11ad7e219dae218dce218dfe318e1e318e4e318e7e419',
  'e9e419ece41aeee51bf1e51cf3e51ef6e61ff8e621fae622fde724',
] as const;

/** A value from 0 to 1 for every pixel, `[height, width]`. */
type ScaledMap = { readonly height: number; readonly width: number; readonly values: Float32Array };

/** The map's colours, and its share of a pixel, 0 to 1; the rest is the image's. */
export type OverlayOptions = { readonly colours: ColourMap; readonly opacity: number };

/** A map as an image, each value in its colour. */
export function paintMap({ height, width, values }: ScaledMap, colours: ColourMap): DecodedImage {
  const colourOf = colourMap(colours);
  const pixels = new Uint8Array(3 * values.length);
  for (const [i, value] of values.entries()) pixels.set(colourOf(value), 3 * i);
  return { height, width, pixels };
}

/**
 * An image with a map over it, of the same size. A map of zeros shows no stop and leaves the image
 * as it is.
 */
export function overlayMap(
  image: DecodedImage,
  map: ScaledMap,
  { colours, opacity }: OverlayOptions,
): DecodedImage {
  const { height, width } = image;
  if (map.height !== height || map.width !== width) {
    throw new Error(
      `Internal error: a map of ${map.width} x ${map.height} over an image of ${width} x ${height}`,
    );
  }
  if (map.values.every((value) => value === 0)) return image;
  const painted = paintMap(map, colours).pixels;
  const pixels = image.pixels.map((value, i) =>
    Math.round(value + opacity * (painted[i]! - value)),
  );
  return { height, width, pixels };
}
