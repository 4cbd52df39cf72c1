// SPDX-License-Identifier: Apache-2.0
// What the page reckons by itself, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendar } from '../../web/ui/src/parts/market.ts';

const handover = { uid: '0190', title: 'Handover: ladder; the long, good one', place: 'No. 7\nring twice', from_ms: Date.UTC(2026, 4, 19, 19, 0), made_ms: Date.UTC(2026, 4, 18, 7, 30) };

test('a handover is an event of RFC 5545', () => {
  assert.deepEqual(calendar(handover).split('\r\n'), [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Kith//Kith//EN', 'BEGIN:VEVENT', 'UID:0190@kith', 'DTSTAMP:20260518T073000Z', 'DTSTART:20260519T190000Z', 'DTEND:20260519T193000Z',
    'SUMMARY:Handover: ladder\\; the long\\, good one', 'LOCATION:No. 7\\nring twice', 'END:VEVENT', 'END:VCALENDAR', '',
  ]);
});

test('lines are folded at 75 bytes, between characters', () => {
  const title = 'ä'.repeat(100);
  const text = calendar({ ...handover, title });
  for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
  assert.ok(text.replaceAll('\r\n ', '').includes(`SUMMARY:${title}`));
});
