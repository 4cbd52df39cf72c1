// SPDX-License-Identifier: Apache-2.0
// A session of /kith/sync/1 as a dialer who is new: docs/protocol.md.
import { boxKey, concat, equal, hex, isSigned, K, random, Reader, refuse, sign, signKey, u64, u8, varint, zeros } from './bytes.js'
import { Authority, newcomer } from './authority.js'
import { firstRecord, Logs, RecordReader } from './entries.js'

const type = {
  hello: 0x01, wanted: 0x02, answer: 0x03, proof: 0x04, refuse: 0x05, ping: 0x06, pong: 0x07, close: 0x08, state: 0x10, heads: 0x11,
  authority: 0x12, authorityDone: 0x13, live: 0x14, frontier: 0x20, since: 0x21, window: 0x30, backfillDone: 0x31, credit: 0x32, piece: 0x33
}
const nameOf = number => Object.keys(type).find(name => type[name] === number) ?? `unknown (${number})`
const frameBytesMax = 1_114_112
const reasons = ['', 'the invitation has expired', 'the invitation is spent', 'the invitation was withdrawn', 'not a member']

export class Session {
  /** `hosts`: the 32-byte Ed25519 keys of both libp2p peers, which Noise has proved. `invitation`: { secret, prefix }. */
  constructor (stream, own, other, invitation) {
    Object.assign(this, { stream, own, other, prefix: invitation.prefix })
    this.inviteKey = signKey(K(invitation.secret, 'kith1 inv sign'))
    this.inviteBox = boxKey(K(invitation.secret, 'kith1 inv box'))
    this.nonce = random(32)
    this.logs = new Logs()
    this.content = []
    this.question = null // heads that the listener asked with
    this.buffer = zeros(0)
    this.pieces = zeros(0) // of windows, since we open no stream for them
  }

  say (name, ...body) {
    const frame = concat(u8(type[name]), ...body)
    this.stream.send(concat(varint(frame.length), frame))
  }

  /** Until everything is here. Returns the space's schema and its entries of content, opened as far as we can read them. */
  async run () {
    this.say('hello', u8(1), this.nonce)
    for await (const chunk of this.stream) {
      if (this.feed('buffer', chunk.subarray())) return this
    }
    throw new Error('the other side has hung up')
  }

  /** True: that was all. */
  feed (queue, bytes) {
    this[queue] = concat(this[queue], bytes)
    for (let frame; (frame = this.next(queue)) !== null;) {
      if (this.receive(frame.name, frame.body)) return true
    }
  }

  next (queue) {
    if (this[queue].length === 0 || (this[queue].length < 4 && this[queue].at(-1) >= 0x80)) return null
    const reader = new Reader(this[queue])
    const length = reader.varint()
    refuse(length > 0 && length <= frameBytesMax, 'a frame that is too long')
    if (reader.left < length) return null
    const [number, body] = [reader.u8(), reader.take(length - 1)]
    this[queue] = reader.rest()
    return { name: nameOf(number), body: new Reader(body) }
  }

  /** True: that was all. */
  receive (name, body) {
    switch (name) {
      case 'hello': return this.want(body)
      case 'answer': return this.check(body)
      case 'proof': return this.prove(body)
      case 'refuse': body.u8(); throw new Error(reasons[body.u8()] ?? 'the other side could not go on')
      case 'ping': return this.say('pong')
      case 'close': throw new Error(`the other side has closed the session, reason ${body.u8()}`)
      case 'heads': this.slotOf(body); this.question = body.rest(); return
      case 'authority': this.slotOf(body); this.learn(body.rest()); return
      case 'authorityDone': return this.authorityDone(body)
      case 'live': case 'window': return this.window(name, body)
      case 'piece': return this.feed('pieces', body.rest())
      case 'frontier': this.slotOf(body); return (body.u8() & 1) === 0 ? this.say('backfillDone', this.slot, u64(0), varint(0)) : undefined
      case 'backfillDone': this.say('close', u8(0)); return true
      case 'pong': case 'credit': case 'state': return
      default: throw new Error(`a frame that is out of place: ${name}`)
    }
  }

  slotOf (body) { refuse(body.u8() === this.slot?.[0], 'a slot that was not agreed on') }

  // --- hello

  want (body) {
    refuse(body.u8() === 1, 'another version of the protocol')
    this.otherNonce = body.take(32)
    refuse(!equal(this.nonce, this.otherNonce), 'a mirror')
    const both = concat(this.nonce, this.otherNonce, this.own, this.other)
    this.gate = K(this.inviteKey.public, 'kith1 gate', both, u8(1))
    const values = Array.from({ length: 4 }, () => random(16))
    this.slot = u8(random(1)[0] % 4)
    values[this.slot[0]] = this.gate.subarray(0, 16)
    this.say('wanted', ...values)
  }

  check (body) {
    const answer = body.rest().subarray(16 * this.slot[0], 16 * this.slot[0] + 16)
    refuse(equal(answer, this.gate.subarray(16)), 'the invitation is not known there')
  }

  statement (isOurs) {
    const [hosts, nonces] = [[this.own, this.other], [this.nonce, this.otherNonce]]
    return isOurs ? concat(this.space, ...hosts, ...nonces) : concat(this.space, ...hosts.reverse(), ...nonces.reverse())
  }

  prove (body) {
    this.slotOf(body)
    const [key, signature] = [body.take(32), body.take(64)]
    this.space = body.take(32)
    refuse(equal(this.space.subarray(0, 16), this.prefix), 'another space than that of the invitation')
    refuse(isSigned(key, signature, 'kith1 hello', this.statement(false)), 'a proof that does not hold')
    this.sayProof(this.inviteKey)
    this.authority = new Authority(this.space, [this.inviteBox])
    this.streams = { authority: new RecordReader(this.space), live: new RecordReader(this.space), window: new RecordReader(this.space) }
    this.say('heads', this.slot)
  }

  sayProof (key) { this.say('proof', this.slot, key.public, sign(key, 'kith1 hello', this.statement(true))) }

  // --- authority, and joining

  learn (records) {
    for (const e of this.streams.authority.window(records)) {
      refuse(e.kind < 64 && e.signature !== undefined && isSigned(e.device, e.signature, 'kith1 entry', e.id), 'authority that is not signed')
      this.authority.add(e)
    }
  }

  authorityDone (body) {
    this.slotOf(body)
    if (body.u8() !== 1) return
    const me = newcomer(this.authority, this.inviteKey)
    this.authority.boxes.push(me.wrap, me.box)
    this.authority.add(me.entry)
    this.sayProof(me.log)
    this.say('authority', this.slot, firstRecord(me.entry, me.signature))
    this.say('authorityDone', this.slot, u8(1), me.entry.id)
    this.say('frontier', this.slot, u8(0))
  }

  // --- content

  window (name, body) {
    this.slotOf(body)
    body.varint() // authority frames before it: on one stream they have come
    body.varint() // entries still to come, or a cursor
    for (const e of this.logs.accept(this.streams[name].window(body.rest()))) {
      refuse(this.authority.persons.has(hex(e.device)), 'an entry of a log that nobody certified')
      if (e.kind >= 64 && e.sealed !== undefined) this.content.push(e)
    }
    if (name === 'window') this.say('credit', this.slot, varint(1))
  }
}
