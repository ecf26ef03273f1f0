/** Bytes of the types of numbers that are read as float32; little-endian. */
export const bytesOf = { float32: 4, float16: 2, bfloat16: 2 } as const;

export type NumberType = keyof typeof bytesOf;

/** `bytes` fill their buffer; float32 ones become the result without a copy. */
export function toFloat32(type: NumberType, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (type === 'float32') return new Float32Array(bytes.buffer);
  const halves = new Uint16Array(bytes.buffer);
  if (type === 'float16') return Float32Array.from(halves, float16);
  // Brain floating point is the upper half of a float32.
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
}

/** IEEE 754 binary16: a sign, five bits of exponent with a bias of 15, ten of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return (
    sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
  );
}
