// SPDX-License-Identifier: Apache-2.0
// Joins a neighbourhood with an invitation, reads what is written there and prints it: `node read-feed.js 'kith:…&a=/ip4/…/tcp/…/p2p/…'`.
// Everything below libp2p is stock js-libp2p; everything above is written from docs/protocol.md and docs/formats. It spends one use of the
// invitation, keeps nothing, and writes nothing but its own joining.
import { createLibp2p } from 'libp2p'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { equal, H, hex, refuse } from './bytes.js'
import { changes, open } from './entries.js'
import { Session } from './session.js'

function parseLink (link) {
  const [code, ...more] = link.trim().replace(/^kith:|^https?:\/\/[^#]*#/, '').split('&')
  const bytes = new Uint8Array(Buffer.from(code, 'base64url'))
  refuse(bytes.length === 36 && bytes[0] === 1, 'this is no invitation')
  refuse(equal(bytes.subarray(33), H('kith1 link check', bytes.subarray(0, 33)).subarray(0, 3)), 'the invitation is mistyped')
  const addresses = more.filter(part => part.startsWith('a=')).map(part => decodeURIComponent(part.slice(2)))
  return { secret: bytes.subarray(1, 17), prefix: bytes.subarray(17, 33), addresses: addresses.filter(address => /\/p2p\//.test(address)) }
}

/** Tables of the schema in their order, with their columns. */
function tablesOf (schema) {
  return [...schema.matchAll(/CREATE TABLE\s+"?(\w+)"?\s*\(([^)]*)\)/gi)].map(([, name, body]) =>
    ({ name, columns: body.split(',').map(column => column.trim().split(/\s+/)[0].replaceAll('"', '')) }))
}

/** Rows of one table: births, and later writes by the same person. (The whole rule, with revivals and second births: changeset.md.) */
function rowsOf (table, tables, transactions) {
  const rows = new Map()
  const inOrder = transactions.flatMap(t => t.ops.map(op => ({ ...op, person: t.person, ms: t.ms })))
    .filter(op => op.table === table).sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
  for (const op of inOrder) {
    const row = rows.get(op.key)
    const cells = Object.fromEntries(op.cells.map(([column, value]) => [tables[table].columns[column], value]))
    if (op.kind === 'birth' && row === undefined) rows.set(op.key, { ...cells, person: op.person, ms: op.ms })
    if (row === undefined || row.person !== op.person) continue
    if (op.kind === 'update') Object.assign(row, cells)
    if (op.kind === 'delete') rows.delete(op.key)
  }
  return rows
}

function feedOf ({ authority, content }) {
  const tables = tablesOf(authority.schema)
  const transactions = []
  for (const e of content) {
    const secret = authority.secretFor(e)
    if (secret === undefined) continue // written for others, or not to be read yet
    transactions.push({ ops: changes(e, open(e, secret)), person: authority.persons.get(hex(e.device)), ms: Number(e.ms) })
  }
  const rows = name => [...rowsOf(tables.findIndex(table => table.name === name), tables, transactions).values()]
  const names = new Map(rows('profiles').map(row => [row.person, row.name]))
  return rows('posts').sort((a, b) => a.ms - b.ms)
    .map(post => `${new Date(post.ms).toISOString()}  ${names.get(post.person) ?? post.person.slice(0, 8)}: ${post.body ?? '(erased)'}`)
}

const invitation = parseLink(process.argv[2] ?? '')
const node = await createLibp2p({
  transports: [tcp(), webSockets()], connectionEncrypters: [noise()], streamMuxers: [yamux()], services: { identify: identify() }
})
try {
  const connection = await node.dial(invitation.addresses.map(address => multiaddr(address)))
  const stream = await connection.newStream('/kith/sync/1')
  const session = new Session(stream, node.peerId.publicKey.raw, connection.remotePeer.publicKey.raw, invitation)
  await session.run()
  await stream.close()
  console.log(feedOf(session).join('\n'))
} catch (error) {
  console.error(`read-feed: ${error.message}`)
  process.exitCode = 1
}
await node.stop()
