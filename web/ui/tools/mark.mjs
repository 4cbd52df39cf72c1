// SPDX-License-Identifier: Apache-2.0
// The mark (a K of a door and the light of a lamp) as PNG, for systems that take no SVG: drawn here, so that no picture needs to be kept.
import { crc32, deflateSync } from 'node:zlib';

const GREEN = [0x17, 0x58, 0x3f];
const SUN = [0xf0, 0xae, 0x2e];
const WALL = [0xee, 0xf0, 0xe9];

const inside = (x, y, cx, cy, rx, ry) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;

/** The colour at a point of the 24 by 24 units that icon.svg is drawn in. */
function colour(x, y) {
  if (x >= 2 && x <= 10.5 && y <= 22 && (y >= 6.25 || inside(x, y, 6.25, 6.25, 4.25, 4.25))) return GREEN;
  if (x >= 12 && x <= 22 && y >= 2 && y <= 11.3 && inside(x, y, 12, 2, 10, 9.3)) return SUN;
  if (x >= 12 && x <= 22 && y >= 12.7 && y <= 22 && inside(x, y, 12, 22, 10, 9.3)) return GREEN;
  return WALL;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** `margin`: how much of each side is left free, 0 to 0.5. */
export function mark(pixels, margin) {
  const rows = Buffer.alloc(pixels * (1 + 3 * pixels));
  const unit = 24 / (pixels * (1 - 2 * margin));
  const at = (pixel, part) => (pixel + (part + 0.5) / 4 - pixels * margin) * unit;
  for (let y = 0, to = 0; y < pixels; y++) {
    rows[to++] = 0; // no filter
    for (let x = 0; x < pixels; x++) {
      const sum = [0, 0, 0];
      for (let part = 0; part < 16; part++) {
        const seen = colour(at(x, part % 4), at(y, part >> 2));
        for (let i = 0; i < 3; i++) sum[i] += seen[i];
      }
      for (let i = 0; i < 3; i++) rows[to++] = Math.round(sum[i] / 16);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  header.set([8, 2, 0, 0, 0], 8); // eight bits, RGB
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
