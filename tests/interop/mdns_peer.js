// SPDX-License-Identifier: Apache-2.0
// js-libp2p with mDNS, for tests/functional/lan_test.py: listens at the address given, prints its PeerId, then that of every peer that
// it discovers, one a line. Ends when its standard input does.
import { createLibp2p } from 'libp2p'
import { tcp } from '@libp2p/tcp'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'

const node = await createLibp2p({
  addresses: { listen: [process.argv[2]] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  peerDiscovery: [mdns()],
  services: { identify: identify() }
})
console.log(node.peerId.toString())
node.addEventListener('peer:discovery', ({ detail }) => console.log(detail.id.toString()))
process.stdin.on('end', () => process.exit(0)).resume()
