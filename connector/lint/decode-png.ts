import { inflateSync } from 'node:zlib';

/** An image without transparency: three bytes for each pixel, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Eight bits a channel, colour type 2 (red, green, blue), no interlacing (W3C PNG, 11.2.2). */
const TRUE_COLOUR = Buffer.from([8, 2, 0, 0, 0]);

/**
 * Decodes a PNG without transparency, interlacing and row filters. `undefined`: the file has
 * another format.
 */
export function decodePng(png: Buffer): Picture | undefined {
  if (!png.subarray(0, 8).equals(SIGNATURE)) return undefined;
  const data: Buffer[] = [];
  let width = 0;
  let height = 0;
  for (let at = 8; at + 12 <= png.length;) {
    const length = png.readUInt32BE(at);
    const kind = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') {
      if (!body.subarray(8).equals(TRUE_COLOUR)) return undefined;
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
    }
    if (kind === 'IDAT') data.push(body);
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * 3 + 1;
  if (raw.length !== stride * height) return undefined;
  const rows = Array.from({ length: height }, (_, y) => raw.subarray(y * stride, (y + 1) * stride));
  if (rows.some((row) => row[0] !== 0)) return undefined;
  return { width, height, rgb: Buffer.concat(rows.map((row) => row.subarray(1))) };
}
