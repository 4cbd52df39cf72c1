// SPDX-License-Identifier: Apache-2.0
// A door's signed word on which shell it serves: /door.json of a node. The signature is the node's host key's, in a libp2p signed
// envelope (RFC 0002); whose key that is says the PeerId in the address by which this phone is in touch with the node.

export interface DoorWord { shell: string; core: string }

const DOMAIN = 'kith-shell';
const TYPE = '/kith/shell/1';
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const utf8 = new TextEncoder();
const MOST = 4_096; // bytes of an envelope

/** The fields of a protobuf message that are bytes, by number; others are passed over. Throws on anything else. */
function fields(message: Uint8Array): Map<number, Uint8Array<ArrayBuffer>> {
  const found = new Map<number, Uint8Array<ArrayBuffer>>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++];
      if (byte === undefined || shift > 128 ** 4) throw new RangeError('varint');
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if (tag % 8 === 0) varint();
    else if (tag % 8 === 2) {
      const length = varint();
      if (at + length > message.length) throw new RangeError('length');
      found.set(tag >> 3, new Uint8Array(message.subarray(at, (at += length))));
    } else throw new RangeError('wire type');
  }
  return found;
}

function base58(bytes: Uint8Array): string {
  let value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = '';
  for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)]! + text;
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = '1' + text;
  }
  return text;
}

/** The PeerId of a small key: the key itself as an identity multihash. */
const peerOf = (publicKey: Uint8Array): string => base58(Uint8Array.of(0, publicKey.length, ...publicKey));

function withLength(part: Uint8Array): number[] {
  return part.length < 128 ? [part.length, ...part] : [(part.length & 0x7f) | 0x80, part.length >> 7, ...part];
}

const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => !!a && a.length === b.length && a.every((byte, i) => byte === b[i]);
const fromBase64Url = (text: string) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));

/** What the node with this PeerId signed; null for whatever is not that, also where the browser cannot check it (no Ed25519). */
export async function wordOf(answer: unknown, peer: string): Promise<DoorWord | null> {
  try {
    const { envelope } = answer as { envelope: string };
    if (typeof envelope !== 'string' || envelope.length > MOST) return null;
    const parts = fields(fromBase64Url(envelope));
    const [publicKey, type, payload, signature] = [parts.get(1), parts.get(2), parts.get(3), parts.get(5)];
    const raw = publicKey && fields(publicKey).get(2);
    if (!publicKey || !raw || !payload || !signature || !same(type, utf8.encode(TYPE)) || peerOf(publicKey) !== peer) return null;
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
    const signed = Uint8Array.from([...withLength(utf8.encode(DOMAIN)), ...withLength(utf8.encode(TYPE)), ...withLength(payload)]);
    if (!(await crypto.subtle.verify('Ed25519', key, signature, signed))) return null;
    const [shell, core] = new TextDecoder().decode(payload).split('\n');
    return shell && core && /^[0-9a-f]{64}$/.test(shell) ? { shell, core } : null;
  } catch {
    return null; // malformed: nobody's word
  }
}

/** Whether version `a` (1.2.3) is later than `b`. */
export function isLater(a: string, b: string): boolean {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x![i] ?? 0) - (y![i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
