/**
 * The luma of a colour by the weights of ITU-R BT.601, as JPEG's Y, in the unit of its channels. It
 * is linear, so that sums of channels give the sum of the luma.
 */
export const lumaOf = (red: number, green: number, blue: number): number =>
  0.299 * red + 0.587 * green + 0.114 * blue;
