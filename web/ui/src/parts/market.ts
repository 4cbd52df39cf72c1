// SPDX-License-Identifier: Apache-2.0
// The kinds of the market, and the file that a handover leaves in one's calendar.
import type { ListingKind } from '../api';

export const KINDS = ['give', 'lend', 'sell', 'swap', 'wanted'] as const satisfies readonly ListingKind[];

const CHIPS: Record<ListingKind, string> = { give: 'go', lend: 'far', sell: '', swap: '', wanted: 'sun' };
export const chipOf = (kind: ListingKind): string => CHIPS[kind];

export interface Handover { uid: string; title: string; place: string | null; from_ms: number; made_ms: number }

const HANDOVER_MS = 30 * 60_000;
const LINE_BYTES = 75; // RFC 5545, 3.1, without the line's end

/** 20260519T190000Z */
const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');

/** Lines longer than 75 bytes go on in the next one, after a space; never in the middle of a character. */
function folded(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  let bytes = 0;
  for (const character of line) {
    const size = new TextEncoder().encode(character).length;
    if (bytes + size > LINE_BYTES) {
      pieces.push(piece);
      piece = '';
      bytes = 1;
    }
    piece += character;
    bytes += size;
  }
  return [...pieces, piece].join('\r\n ');
}

/** The promise as an event of half an hour (RFC 5545). */
export function calendar(handover: Handover): string {
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kith//Kith//EN', 'BEGIN:VEVENT', `UID:${handover.uid}@kith`, `DTSTAMP:${stamp(handover.made_ms)}`,
    `DTSTART:${stamp(handover.from_ms)}`, `DTEND:${stamp(handover.from_ms + HANDOVER_MS)}`, `SUMMARY:${escaped(handover.title)}`,
    ...(handover.place ? [`LOCATION:${escaped(handover.place)}`] : []), 'END:VEVENT', 'END:VCALENDAR', '',
  ];
  return lines.map(folded).join('\r\n');
}
