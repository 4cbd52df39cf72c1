// SPDX-License-Identifier: Apache-2.0
// What the page reckons by itself, without a browser.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { diff } from '../../web/ui/src/diff.ts';
import { isLater, wordOf } from '../../web/ui/src/door_word.ts';
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

test('what went and what came, in runs and not in single words', () => {
  assert.deepEqual(diff('And scooters? They are always in the way.', 'And scooters? The ones of the children fall over.'), [
    { kind: 'same', text: 'And scooters? ' }, { kind: 'went', text: 'They are always in the way.' }, { kind: 'came', text: 'The ones of the children fall over.' },
  ]);
  assert.deepEqual(diff('The rail in the passage is mended.', 'The rail in the long passage is mended.'), [
    { kind: 'same', text: 'The rail in the ' }, { kind: 'came', text: 'long ' }, { kind: 'same', text: 'passage is mended.' },
  ]);
  for (const [before, after] of [['', 'a'], ['a', ''], ['a b c', 'c b a'], ['x '.repeat(2_000), 'y '.repeat(2_000)]]) {
    const pieces = diff(before, after);
    assert.equal(pieces.filter(({ kind }) => kind !== 'came').map(({ text }) => text).join(''), before);
    assert.equal(pieces.filter(({ kind }) => kind !== 'went').map(({ text }) => text).join(''), after);
  }
});

/** A door's word as a node makes it: libp2p's signed envelope, written out by hand. */
function door({ domain = 'kith-shell', type = '/kith/shell/1', shell = 'a'.repeat(64) } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const long = (bytes) => Buffer.concat([Buffer.from(bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7]), bytes]);
  const field = (number, bytes) => Buffer.concat([Buffer.from([number * 8 + 2]), long(bytes)]);
  const key = Buffer.concat([Buffer.from([8, 1]), field(2, publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))]);
  const payload = Buffer.from(`${shell}\n0.3.1\n1\n2\n`);
  const signature = sign(null, Buffer.concat([Buffer.from(domain), Buffer.from(type), payload].map(long)), privateKey);
  const envelope = Buffer.concat([field(1, key), field(2, Buffer.from(type)), field(3, payload), field(5, signature)]);
  const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  let peer = '';
  for (let value = BigInt(`0x0024${key.toString('hex')}`); value > 0n; value /= 58n) peer = letters[Number(value % 58n)] + peer;
  return { peer: `1${peer}`, bytes: envelope, answer: { envelope: envelope.toString('base64url') } };
}

test('a door is believed in what its own host key signed, and in nothing else', async () => {
  const good = door();
  assert.match(good.peer, /^12D3KooW/);
  assert.deepEqual(await wordOf(good.answer, good.peer), { shell: 'a'.repeat(64), core: '0.3.1' });
  assert.equal(await wordOf(good.answer, door().peer), null, 'of another node');
  for (const other of [door({ domain: 'libp2p-peer-record' }), door({ type: '/kith/other' }), door({ shell: 'not a hash' })]) assert.equal(await wordOf(other.answer, other.peer), null);
  for (let at = 0; at < good.bytes.length; at++) {
    const bytes = Buffer.from(good.bytes);
    bytes[at] ^= 1;
    assert.equal(await wordOf({ envelope: bytes.toString('base64url') }, good.peer), null, `byte ${at}`);
  }
  for (const answer of [null, {}, { envelope: 5 }, { envelope: '' }, { envelope: '%' }, { envelope: good.bytes.subarray(0, 40).toString('base64url') }]) assert.equal(await wordOf(answer, good.peer), null);
});

test('versions are compared by number', () => {
  assert.equal(isLater('0.10.0', '0.9.5'), true);
  assert.equal(isLater('0.9.5', '0.10.0'), false);
  assert.equal(isLater('1.0.0', '1.0.0'), false);
});
