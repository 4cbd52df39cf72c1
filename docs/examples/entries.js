// SPDX-License-Identifier: Apache-2.0
// Entries: records to headers, ids, runs and payloads (docs/formats/record.md, entry.md, payload.md, changeset.md).
import { chacha, concat, equal, H, isSigned, K, Reader, refuse, u32, u64, unpad, u8, varint, zeros, zigzag } from './bytes.js'

export const headerOf = e => concat(
  Uint8Array.of(1, e.kind, e.share, e.refs.length), u32(e.plen), u64(e.seq), u64((e.ms << 16n) | e.counter), e.tag, e.space,
  e.device, e.prev, e.payloadHash, ...e.refs)
export const idOf = e => H('kith1 entry id', headerOf(e))

/** One stream of records: what a record leaves out is as in the one before of its log. */
export class RecordReader {
  constructor (space) { this.space = space; this.logs = []; this.current = null }

  window (bytes) {
    const reader = new Reader(bytes)
    const out = []
    while (reader.left > 0) out.push(this.record(reader))
    return out
  }

  record (reader) {
    const flags = reader.u8()
    if (flags & 1) {
      const index = reader.varint()
      refuse(index <= this.logs.length, 'a log without a number')
      if (index === this.logs.length) {
        this.logs.push({ device: reader.take(32), seq: -1n, id: null, kind: null, share: null, tag: zeros(8), ms: 0n })
      }
      this.current = this.logs[index]
    }
    const last = this.current
    refuse(last !== null && (last.id !== null || (flags & 6) === 6), 'a first record without its place')
    const e = { device: last.device, seq: last.seq + 1n, prev: last.id, kind: last.kind, share: last.share, tag: last.tag, refs: [] }
    if (flags & 2) { e.seq = reader.big(); e.prev = reader.take(32) }
    if (flags & 4) { e.kind = reader.u8(); e.share = reader.u8() }
    if (flags & 8) e.tag = reader.take(8)
    if (flags & 16) for (let n = reader.u8(); n > 0; n--) e.refs.push(reader.take(32))
    e.ms = last.ms + reader.zigzag()
    e.counter = flags & 32 ? reader.big() : 0n
    e.space = e.kind === 0 ? zeros(32) : this.space
    this.payload(reader, flags, e)
    if (flags & 128) e.signature = reader.take(64)
    e.id = idOf(e)
    Object.assign(last, { seq: e.seq, id: e.id, kind: e.kind, share: e.share, tag: e.tag, ms: e.ms })
    return e
  }

  payload (reader, flags, e) {
    e.plen = reader.varint()
    const isSealed = e.kind >= 64 && e.plen > 0
    const slen = isSealed ? reader.varint() : 0
    const partial = flags & 64 ? reader.u8() : 0
    if (partial === 2) { e.payloadHash = reader.take(32); return }
    if (!isSealed) {
      e.payload = reader.take(e.plen)
      e.payloadHash = e.plen > 0 ? H('kith1 payload', e.payload) : zeros(32)
      return
    }
    const [salt, T, S] = [reader.take(8), reader.take(32), reader.take(slen)]
    const V = partial === 1 ? null : reader.take(e.plen - 44 - slen)
    const valuesHash = V === null ? reader.take(32) : H('kith1 values', V)
    e.payloadHash = H('kith1 payload', salt, T, u32(slen), S, valuesHash)
    e.sealed = { salt, T, S, V, valuesHash }
  }
}

/** The first and only record of a stream: entry 0 of a log. */
export function firstRecord (e, signature) {
  return concat(u8(1 | 2 | 4 | 16 | 128), varint(0), e.device, varint(e.seq), e.prev, Uint8Array.of(e.kind, e.share, e.refs.length), ...e.refs,
    varint(zigzag(e.ms)), varint(e.plen), e.payload, signature)
}

/** What is held of each log: an interval of entries that are linked by `prev`, under at least one signature. */
export class Logs {
  constructor () { this.held = new Map() }

  /** Takes a window: records of one log ascend in runs. Returns the entries that were not here. */
  accept (records) {
    const fresh = []
    for (let begin = 0; begin < records.length;) {
      let end = begin + 1
      while (end < records.length && equal(records[end].device, records[begin].device) && records[end].seq === records[end - 1].seq + 1n) end++
      fresh.push(...this.run(records.slice(begin, end)))
      begin = end
    }
    return fresh
  }

  run (run) {
    for (let i = 1; i < run.length; i++) refuse(equal(run[i].prev, run[i - 1].id), 'a run that is not linked')
    for (const e of run) {
      refuse(e.signature === undefined || isSigned(e.device, e.signature, 'kith1 entry', e.id), 'a signature that does not hold')
      refuse(e.kind >= 64 || e.signature !== undefined, 'authority without its signature')
    }
    const key = Buffer.from(run[0].device).toString('hex')
    const [first, last] = [run[0], run.at(-1)]
    const held = this.held.get(key)
    const vouched = last.signature !== undefined || (held !== undefined && (equal(last.id, held.low.prev) || held.ids.has(Buffer.from(last.id).toString('hex'))))
    refuse(vouched, 'a run without a signature at its end')
    if (held === undefined) {
      this.held.set(key, { low: first, high: last, ids: new Set(run.map(e => Buffer.from(e.id).toString('hex'))) })
      return run
    }
    const fresh = run.filter(e => !held.ids.has(Buffer.from(e.id).toString('hex')))
    for (const e of fresh) held.ids.add(Buffer.from(e.id).toString('hex'))
    if (first.seq < held.low.seq) held.low = first
    if (last.seq > held.high.seq) held.high = last
    return fresh
  }
}

/** Shape and values of content, with the secret of its epoch; values are null if they were erased. */
export function open (e, secret) {
  const { salt, T, S, V, valuesHash } = e.sealed
  const key = K(secret, 'kith1 entry key', e.device, u64(e.seq), salt)
  refuse(equal(T, K(key, 'kith1 commit', S, valuesHash)), 'a payload that was not made with this key')
  const values = V === null ? null : V.length === 0 ? zeros(0) : unpad(chacha(K(key, 'kith1 value key', V.subarray(0, 8)), V.subarray(8)))
  return { shape: unpad(chacha(key, S)), values }
}

const decoder = new TextDecoder('utf-8', { fatal: true })
function value (reader) {
  const tag = reader.u8()
  if (tag >= 0x80) return BigInt(tag - 0x80)
  if (tag >= 0x40) return decoder.decode(reader.take(tag - 0x40))
  switch (tag) {
    case 0: return null
    case 1: return reader.zigzag()
    case 2: return reader.view(8).getFloat64(0)
    case 3: return decoder.decode(reader.take(reader.varint()))
    case 4: return reader.take(reader.varint())
    case 5: return Buffer.from(reader.take(16)).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    default: throw new Error('a value of no kind')
  }
}

/** What a transaction did: [{ table, kind, key, cells: [[column, value or undefined, stamp]] }]; columns counted without the key's place left out. */
export function changes (e, { shape, values }) {
  const reader = new Reader(shape)
  const head = reader.varint()
  if (head & 1) reader.take(head >> 2)
  const stamped = (head & 2) !== 0
  const stamp = stamped ? reader.u64() : (e.ms << 16n) | e.counter
  const source = values === null ? null : new Reader(values)
  const ops = []
  while (reader.left > 0) {
    const what = reader.varint()
    const op = { table: what >> 2, kind: ['birth', 'update', 'delete', 'revival'][what & 3], key: value(reader), cells: [] }
    const mask = op.kind === 'delete' ? 0n : reader.big()
    op.stamp = stamped ? stamp + reader.zigzag() : stamp
    for (let column = 0; mask >> BigInt(column) > 0n; column++) {
      if ((mask >> BigInt(column)) & 1n) op.cells.push([column, source === null ? undefined : value(source)])
    }
    ops.push(op)
  }
  return ops
}
