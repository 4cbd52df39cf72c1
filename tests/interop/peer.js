// SPDX-License-Identifier: Apache-2.0
// js-libp2p as the other side of interop_test.cc. Writes its addresses as the first line, then does what it is told, one JSON command
// a line on standard input, and answers each with one JSON line. Ends when its standard input does.
import { createInterface } from 'node:readline'
import { createLibp2p } from 'libp2p'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify, identifyPush } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'

const echoProtocol = '/kith/test/1'
const options = { maxInboundStreams: 1000, maxOutboundStreams: 1000 }
const monitored = process.argv.includes('--monitor')
const isOnWeb = process.argv.includes('--web-socket')
// Without early muxer negotiation js has to be told not to name its muxers in the handshake.
const lateMuxer = process.argv.includes('--late-muxer')
// An impostor: what it signs is not its static key.
const isImpostor = process.argv.includes('--bad-signature')
const replacing = (object, name, value) => new Proxy(object, { get: (all, asked) => asked === name ? value : all[asked] })
const encrypter = components => {
  const key = components.privateKey
  const signer = isImpostor ? replacing(key, 'sign', async () => key.sign(new Uint8Array(32))) : key
  const connection = noise()(replacing(components, 'privateKey', signer))
  if (!lateMuxer) return connection
  for (const side of ['secureInbound', 'secureOutbound']) {
    const secure = connection[side].bind(connection)
    connection[side] = (stream, how) => secure(stream, { ...how, skipStreamMuxerNegotiation: true })
  }
  return connection
}

const node = await createLibp2p({
  privateKey: await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(0x22)),
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0', ...(isOnWeb ? ['/ip4/127.0.0.1/tcp/0/ws'] : [])] },
  transports: [tcp(), ...(isOnWeb ? [webSockets()] : [])],
  connectionEncrypters: [encrypter],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 1000 },
  connectionMonitor: { enabled: monitored, pingInterval: 500 },
  services: { identify: identify(), push: identifyPush(), ping: ping() }
})

await node.handle(echoProtocol, async stream => {
  for await (const chunk of stream) {
    if (!stream.send(chunk)) await stream.onDrain()
  }
  await stream.close()
}, options)
// Answers only after the other side has half-closed.
await node.handle('/kith/late/1', async stream => {
  let size = 0
  for await (const chunk of stream) size += chunk.byteLength
  stream.send(new TextEncoder().encode(`${size} bytes`))
  await stream.close()
}, options)
await node.handle('/kith/reset/1', stream => stream.abort(new Error('as asked')), options)
// Byte i of every stream that is looked at is i % 251, so that nothing can be lost, doubled or moved unnoticed.
const period = 251
const pattern = new Uint8Array(period * 400).map((_, i) => i % period)
// Sends much, whatever the reader does.
async function flood (stream, size) {
  for (let at = 0; at < size; at += pattern.length) {
    if (!stream.send(pattern.subarray(0, Math.min(pattern.length, size - at)))) await stream.onDrain()
  }
  await stream.close()
}
await node.handle('/kith/source/1', stream => flood(stream, 3_000_000), options)
await node.handle('/kith/long-source/1', stream => flood(stream, 100_000_000), options)
// Reads late: pauses at every megabyte. Answers how many bytes came as they should. (Not by `for await`, which ends with the other side's
// half-close although a paused stream still holds bytes.)
await node.handle('/kith/slow/1', stream => {
  let right = 0
  let rest = 1_000_000
  stream.addEventListener('message', event => {
    for (const byte of event.data.subarray()) {
      if (byte === right % period) right++
    }
    rest -= event.data.byteLength
    if (rest > 0) return
    rest = 1_000_000
    stream.pause()
    setTimeout(() => stream.resume(), 5)
  })
  stream.addEventListener('end', async () => {
    stream.send(new TextEncoder().encode(`${right} right`))
    await stream.close()
  })
}, options)

async function echo (peer, size) {
  const stream = await peer.newStream(echoProtocol, options)
  const sent = new Uint8Array(size).map((_, i) => i * 31 + (i >> 8))
  const received = []
  const reading = (async () => { for await (const chunk of stream) received.push(chunk.subarray()) })()
  for (let at = 0; at < size; at += 50_000) {
    if (!stream.send(sent.subarray(at, at + 50_000))) await stream.onDrain()
  }
  await stream.close()
  await reading
  return Buffer.concat(received).equals(Buffer.from(sent))
}

let connection
const commands = {
  dial: async ({ address }) => {
    connection = await node.dial(multiaddr(address))
    return { peer: connection.remotePeer.toString() }
  },
  identify: async () => {
    const { agentVersion, protocols, listenAddrs, observedAddr } = await node.services.identify.identify(connection)
    return { agentVersion, protocols, listenAddrs: listenAddrs.map(String), observedAddr: String(observedAddr) }
  },
  ping: async () => ({ ms: await node.services.ping.ping(connection.remotePeer) }),
  echo: async ({ size }) => ({ same: await echo(connection, size) }),
  many: async ({ count }) => {
    const all = await Promise.all(Array.from({ length: count }, (_, i) => echo(connection, 1000 + i)))
    return { same: all.filter(Boolean).length }
  },
  choose: async ({ protocols }) => ({ protocol: (await connection.newStream(protocols, options)).protocol }),
  close: async () => { await connection.close(); return {} },
  connections: async () => ({ count: node.getConnections().length })
}

console.log(JSON.stringify(node.getMultiaddrs().map(String)))
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  try {
    console.log(JSON.stringify(await commands[command.do](command)))
  } catch (error) {
    console.log(JSON.stringify({ error: `${error.name}: ${error.message}` }))
  }
}
process.exit(0)
