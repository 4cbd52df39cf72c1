// SPDX-License-Identifier: Apache-2.0
// Authority: who writes here, and with which secrets one reads (docs/formats/authority.md). This client checks every signature; which
// members a vote would throw out, it leaves to others.
import { decode, encode } from 'cborg'
import { boxKey, chacha, equal, H, hex, isSigned, K, refuse, sign, signKey, random, u32, u64, u8, unpad, unwrap, zeros } from './bytes.js'
import { headerOf } from './entries.js'

export class Authority {
  constructor (space, boxes) {
    this.space = space
    this.boxes = boxes // key pairs that something may be wrapped for
    this.entries = new Map() // id -> entry
    this.persons = new Map() // log -> person id
    this.invites = new Set()
    this.secrets = new Map() // epoch id -> secret
  }

  /** An entry whose signature has been checked; refs come before what cites them. */
  add (e) {
    if (this.entries.has(hex(e.id))) return
    for (const ref of e.refs) refuse(this.entries.has(hex(ref)), 'authority before what it cites')
    this.entries.set(hex(e.id), e)
    const body = e.payload.length > 0 ? decode(e.payload) : null
    switch (e.kind) {
      case 0: return this.genesis(e, body)
      case 1: return this.device(e, body)
      case 5: this.invites.add(hex(body[0])); return
      case 6: return this.join(e, body)
      case 7: return this.epoch(body[0], body[2], body[3], body[4])
      case 8: return this.epoch(body[0], body[1], body[2], null)
    }
  }

  heads () {
    const cited = new Set([...this.entries.values()].flatMap(e => e.refs.map(hex)))
    return [...this.entries.values()].map(e => e.id).filter(id => !cited.has(hex(id))).sort(Buffer.compare)
  }

  genesis (e, body) {
    refuse(equal(e.id, this.space), 'another space than the one that was meant')
    const lists = body[body.length - 3]
    const [constitution, schema] = [lists[5], lists[2]]
    refuse(constitution.length > 0, 'a genesis without a constitution')
    this.lineage = body[0]
    this.schema = new TextDecoder().decode(schema)
    this.device(e, body[1])
  }

  device (e, [identity, log, box, rights, notAfter, signature]) {
    refuse(equal(log, e.device), 'a certificate for another log')
    const space = e.kind === 0 ? zeros(32) : this.space
    refuse(isSigned(identity, signature, 'kith1 device', space, identity, log, box, u8(rights), u64(notAfter)), 'a certificate that is not signed')
    this.persons.set(hex(log), hex(identity))
  }

  join (e, [certificate, wrap, vote, wrapSignature, invite, joined, accepted]) {
    this.device(e, certificate)
    const [identity, log] = certificate
    refuse(this.invites.has(hex(invite)), 'a join without an invitation')
    refuse(isSigned(identity, joined, 'kith1 join', this.space, identity, invite), 'a join that its person did not sign')
    refuse(isSigned(invite, accepted, 'kith1 accept', this.space, identity, log), 'a join that the invitation did not sign')
    refuse(isSigned(identity, wrapSignature, 'kith1 wrap key', this.space, identity, u32(0), wrap, vote), 'a wrap key that is not signed')
  }

  epoch (eid, ephemeral, rows, about) {
    const isRight = secret => equal(eid, H('kith1 epoch id', this.space, secret))
    const secret = this.secrets.get(hex(eid)) ??
      this.boxes.map(box => unwrap(box, ephemeral, rows, eid, isRight)).find(found => found !== null)
    if (secret === undefined) return
    this.learn(eid, secret)
    if (about === null) return
    const key = K(secret, 'kith1 about', eid, about.subarray(0, 8))
    const sealed = about.subarray(40)
    refuse(equal(about.subarray(8, 40), K(key, 'kith1 commit', sealed)), 'an epoch that was not made with its secret')
    for (const older of decode(unpad(chacha(key, sealed)))[2]) this.learn(H('kith1 epoch id', this.space, older), older)
  }

  learn (eid, secret) { this.secrets.set(hex(eid), secret) }

  secretFor (e) {
    return [...this.secrets.values()].find(secret => equal(e.tag, K(secret, 'kith1 epoch tag', e.device).subarray(0, 8)))
  }
}

/** Somebody new: keys for one visit, and entry 0 of a log, which says that she joins by this invitation. */
export function newcomer (authority, inviteKey) {
  const [identity, log, vote] = [signKey(random(32)), signKey(random(32)), signKey(random(32))]
  const [box, wrap] = [boxKey(random(32)), boxKey(random(32))]
  const space = authority.space
  const rights = 1 // to post; a device that may also invite has 3
  const certificate = [identity.public, log.public, box.public, rights, 0,
    sign(identity, 'kith1 device', space, identity.public, log.public, box.public, u8(rights), u64(0))]
  const payload = encode([certificate, wrap.public, vote.public,
    sign(identity, 'kith1 wrap key', space, identity.public, u32(0), wrap.public, vote.public), inviteKey.public,
    sign(identity, 'kith1 join', space, identity.public, inviteKey.public), sign(inviteKey, 'kith1 accept', space, identity.public, log.public)])
  const entry = {
    kind: 6, share: 0, seq: 0n, ms: BigInt(Date.now()), counter: 0n, tag: zeros(8), space, device: log.public, prev: zeros(32), refs: authority.heads(),
    payload, plen: payload.length, payloadHash: H('kith1 payload', payload)
  }
  entry.id = H('kith1 entry id', headerOf(entry))
  return { log, wrap, box, entry, signature: sign(log, 'kith1 entry', entry.id) }
}
