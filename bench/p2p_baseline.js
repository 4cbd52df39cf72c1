// SPDX-License-Identifier: Apache-2.0
// js-libp2p to js-libp2p in two processes over loopback TCP, for p2p_bench: dials a second from nothing to an open stream, and megabytes a
// second through one stream. Prints the two numbers. Run by the Node and from the packages of tests/interop (script/setup).
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const packages = createRequire(new URL('../tests/interop/package.json', import.meta.url))
const load = name => import(pathToFileURL(packages.resolve(name)))
const { createLibp2p } = await load('libp2p')
const { tcp } = await load('@libp2p/tcp')
const { noise } = await load('@libp2p/noise')
const { yamux } = await load('@libp2p/yamux')
const { multiaddr } = await load('@multiformats/multiaddr')

const openProtocol = '/kith/sync/1'
const sinkProtocol = '/kith/bench-sink/1'
const streams = { maxInboundStreams: 1000, maxOutboundStreams: 1000 }
const [seconds, megabytes] = [5, 64]

const make = listen => createLibp2p({
  addresses: { listen },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 1e6, maxConnections: 1e6 },
  connectionMonitor: { enabled: false }
})

async function listen () {
  const node = await make(['/ip4/127.0.0.1/tcp/0'])
  await node.handle(openProtocol, stream => stream.close(), streams)
  await node.handle(sinkProtocol, async stream => {
    let size = 0
    for await (const chunk of stream) size += chunk.byteLength
    stream.send(new TextEncoder().encode(String(size)))
    await stream.close()
  }, streams)
  process.on('disconnect', () => process.exit(0))
  process.send(String(node.getMultiaddrs()[0]))
}

async function dials (node, address) {
  const begin = performance.now()
  let count = 0
  while (performance.now() - begin < seconds * 1000) {
    const connection = await node.dial(address)
    await connection.newStream(openProtocol, streams)
    await connection.close()
    count++
  }
  return count * 1000 / (performance.now() - begin)
}

async function throughput (node, address) {
  const connection = await node.dial(address)
  const chunk = new Uint8Array(64 << 10)
  const stream = await connection.newStream(sinkProtocol, streams)
  const begin = performance.now()
  const answer = (async () => {
    let text = ''
    for await (const bytes of stream) text += new TextDecoder().decode(bytes.subarray())
    return Number(text)
  })()
  for (let at = 0; at < megabytes << 20; at += chunk.length) {
    if (!stream.send(chunk)) await stream.onDrain()
  }
  await stream.close()
  if (await answer !== megabytes << 20) throw new Error('not everything arrived')
  return megabytes * 1000 / (performance.now() - begin)
}

if (process.argv.includes('--listen')) {
  await listen()
} else {
  const child = fork(new URL(import.meta.url).pathname, ['--listen'])
  const address = multiaddr(await new Promise(resolve => child.once('message', resolve)))
  const node = await make([])
  await dials(node, address) // warm
  console.log(await dials(node, address), await throughput(node, address))
  child.disconnect()
  process.exit(0)
}
