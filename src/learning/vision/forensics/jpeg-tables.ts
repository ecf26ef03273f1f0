import { isFrame, isJpeg, segmentsOf } from '../jpeg-segments.ts';

/** What the frame header of a JPEG file states. */
interface JpegFrame {
  /** Pixels of luma for one of chroma: 1, 2 or 4, and 1 for grey. */
  readonly subsampling: number;
  readonly progressive: boolean;
}

/** The compression of a JPEG file, as its head states it. */
export interface JpegTables extends JpegFrame {
  /**
   * The quantisation tables one after the other, in the file's own order; they differ between
   * encoders.
   */
  readonly tables: readonly (readonly number[])[];
  /**
   * The quality in the scale of libjpeg, 1 to 100, whose table of luma is as coarse; exact where
   * libjpeg made the file.
   */
  readonly quality: number;
}

/**
 * Reads the head of a JPEG file up to its first scan: the segments DQT and SOF (ITU-T T.81, annex
 * B). Undefined for bytes that are no JPEG, or that lack these segments.
 */
export function readJpegTables(bytes: Uint8Array): JpegTables | undefined {
  if (!isJpeg(bytes)) return undefined;
  const tables: (readonly number[])[] = [];
  let frame: JpegFrame | undefined;
  for (const { marker, body } of segmentsOf(bytes)) {
    if (marker === 0xdb) tables.push(...readTables(body));
    if (isFrame(marker)) {
      frame = {
        subsampling: readSubsampling(body),
        progressive: marker === 0xc2 || marker === 0xc6,
      };
    }
  }
  if (tables.length === 0 || frame === undefined) return undefined;
  return { tables, quality: qualityOf(tables[0]!), ...frame };
}

function readTables(body: Uint8Array): readonly (readonly number[])[] {
  const tables: number[][] = [];
  for (let at = 0; at < body.length; ) {
    const step = body[at]! >> 4 === 0 ? 1 : 2;
    const values = body.subarray(at + 1, at + 1 + 64 * step);
    if (values.length < 64 * step) break; // cut off
    tables.push(
      Array.from({ length: 64 }, (_, i) =>
        step === 1 ? values[i]! : values[2 * i]! * 256 + values[2 * i + 1]!,
      ),
    );
    at += 1 + 64 * step;
  }
  return tables;
}

/** Sampling factors stand in the second byte of a component's three. */
function readSubsampling(body: Uint8Array): number {
  const area = (component: number) => {
    const factors = body[6 + 3 * component + 1] ?? 0x11;
    return (factors >> 4) * (factors & 15);
  };
  return (body[5] ?? 1) < 3 ? 1 : area(0) / Math.max(1, area(1));
}

/**
 * The quality whose table has the nearest sum: libjpeg scales one table, so its sum falls with the
 * quality.
 */
function qualityOf(table: readonly number[]): number {
  const sum = table.reduce((total, step) => total + step, 0);
  let best = 1;
  for (let quality = 2; quality <= 100; quality++) {
    if (Math.abs(scaledSums[quality]! - sum) <= Math.abs(scaledSums[best]! - sum)) best = quality;
  }
  return best;
}

/** libjpeg's `jpeg_quality_scaling` and `jpeg_add_quant_table` (jcparam.c), for the baseline. */
function scaledSum(quality: number): number {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return lumaSteps.reduce(
    (sum, step) => sum + Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))),
    0,
  );
}

/** ITU-T T.81, table K.1. */
const lumaSteps = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
  92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
] as const;

const scaledSums: readonly number[] = Array.from({ length: 101 }, (_, quality) =>
  scaledSum(quality),
);
