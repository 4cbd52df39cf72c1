// SPDX-License-Identifier: Apache-2.0
// Bytes in and out, hashes and signatures: docs/formats/encoding.md and keys.md.
import { blake2b } from '@noble/hashes/blake2.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { chacha20 } from '@noble/ciphers/chacha.js'
import { zstdDecompressSync } from 'node:zlib'

export const concat = (...parts) => new Uint8Array(Buffer.concat(parts))
export const equal = (a, b) => Buffer.compare(a, b) === 0
export const hex = bytes => Buffer.from(bytes).toString('hex')
export const text = string => new TextEncoder().encode(string)
export const random = size => crypto.getRandomValues(new Uint8Array(size))
export const zeros = size => new Uint8Array(size)

export function refuse (unless, why) {
  if (!unless) throw new Error(why)
}

export const u8 = value => Uint8Array.of(value)
export function u32 (value) {
  const out = zeros(4)
  new DataView(out.buffer).setUint32(0, value)
  return out
}
export function u64 (value) {
  const out = zeros(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(value))
  return out
}
export function varint (value) {
  const out = []
  for (value = BigInt(value); value >= 0x80n; value >>= 7n) out.push(Number(value & 0x7fn) | 0x80)
  return Uint8Array.from([...out, Number(value)])
}
export const zigzag = value => { value = BigInt(value); return value < 0n ? -2n * value - 1n : 2n * value }

/** Reads from the front; what is not there is an error. */
export class Reader {
  constructor (bytes) { this.bytes = bytes; this.at = 0 }
  get left () { return this.bytes.length - this.at }
  take (size) {
    refuse(size <= this.left, 'something is cut off')
    return this.bytes.subarray(this.at, this.at += size)
  }
  rest () { return this.take(this.left) }
  u8 () { return this.take(1)[0] }
  view (size) { const bytes = this.take(size); return new DataView(bytes.buffer, bytes.byteOffset, size) }
  u32 () { return this.view(4).getUint32(0) }
  u64 () { return this.view(8).getBigUint64(0) }
  big () {
    let value = 0n
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = this.u8()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        refuse(shift === 0n || byte !== 0, 'a varint that is longer than it need be')
        return value
      }
    }
    throw new Error('a varint of more than 64 bits')
  }
  varint () { return Number(this.big()) }
  zigzag () { const value = this.big(); return (value & 1n) === 1n ? -((value + 1n) >> 1n) : value >> 1n }
}

const label = name => { const out = zeros(16); out.set(text(name)); return out }
export const H = (name, ...parts) => blake2b(concat(label(name), ...parts), { dkLen: 32 })
export const K = (key, name, ...parts) => blake2b(concat(label(name), ...parts), { key, dkLen: 32 })
export const K64 = (key, name, ...parts) => blake2b(concat(label(name), ...parts), { key, dkLen: 64 })

export const signKey = seed => ({ seed, public: ed25519.getPublicKey(seed) })
export const boxKey = secret => ({ secret, public: x25519.getPublicKey(secret) })
export const sign = (key, name, ...parts) => ed25519.sign(concat(label(name), ...parts), key.seed)
// Strict, as all of Kith: canonical encodings, no points of small order, no cofactor.
export const isSigned = (publicKey, signature, name, ...parts) =>
  ed25519.verify(signature, concat(label(name), ...parts), publicKey, { zip215: false })

/** A stream cipher; every key is used once, so the nonce is zero. */
export const chacha = (key, bytes) => chacha20(key, zeros(12), bytes)

/** The 34-byte rows that wrap a secret for its readers: the one that opens with `box`, as `isRight` finds. */
export function unwrap (box, ephemeral, rows, binding, isRight) {
  const pad = K64(x25519.getSharedSecret(box.secret, ephemeral), 'kith1 wrap pad', ephemeral, box.public, binding)
  for (let at = 0; at < rows.length; at += 34) {
    if (!equal(rows.subarray(at, at + 2), pad.subarray(0, 2))) continue
    const secret = rows.slice(at + 2, at + 34).map((byte, i) => byte ^ pad[32 + i])
    if (isRight(secret)) return secret
  }
  return null
}

/** M(b) of payload.md, undone. */
export function unpad (padded) {
  let end = padded.length
  while (end > 0 && padded[end - 1] === 0) end--
  refuse(end >= 2 && padded[end - 1] === 0x80, 'padding that is none')
  const body = padded.subarray(1, end - 1)
  if (padded[0] === 0) return body
  refuse(padded[0] === 1, 'a method that is unknown')
  return new Uint8Array(zstdDecompressSync(concat(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), body), { maxOutputLength: 4 << 20 }))
}
