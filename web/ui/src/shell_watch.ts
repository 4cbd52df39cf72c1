// SPDX-License-Identifier: Apache-2.0
// The shell itself, as the service worker keeps it: a newer one waits for a press on Update; the shells of the doors that this
// phone is in touch with are compared with the one that runs here, and a difference is told. A chunk of its own: nothing waits for it.
import { isLater, wordOf } from './door_word';
import { status } from './status.svelte';
import { script } from './trusted';
import { shellUpdate, type Differs } from './update.svelte';

interface Which { current: string | null; ready: string | null }

const HOUR = 3_600_000;
const PATIENCE = 5_000;
const CLOCK_OFF = 600_000; // what neighbours still take in (docs/protocol.md)

/** The web address of a node, of a libp2p multiaddr: /ip4/1.2.3.4/tcp/8443/tls/ws/... Nothing for one that serves no web. */
function doorOf(address: string): string | null {
  const found = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)\/(tls\/(?:sni\/[^/]+\/)?ws|wss|ws)(?:\/|$)/.exec(address);
  if (!found) return null;
  const [, kind, host, port, wire] = found;
  return `${wire === 'ws' ? 'http' : 'https'}://${kind === 'ip6' ? `[${host}]` : host}:${port}`;
}

class ShellWatch {
  #current: string | null = null;
  #waiting: string | null = null;

  /** Plain HTTP in a LAN has no service worker: then the page works while its host does. */
  async watch(): Promise<void> {
    void this.#compareClocks();
    addEventListener('online', () => void this.#compareClocks());
    if (!('serviceWorker' in navigator)) return;
    const workers = navigator.serviceWorker;
    workers.addEventListener('message', (event) => this.#heard(event.data as Which));
    const registration = await workers.register(script('/sw.js'), { updateViaCache: 'none' });
    (await workers.ready).active?.postMessage({ ask: 'which' });
    const look = () => {
      void registration.update().catch(() => undefined); // the host may be gone for good
      void this.#compare();
    };
    addEventListener('online', look);
    setInterval(look, HOUR);
    setTimeout(() => void this.#compare(), PATIENCE); // after what the person came for
  }

  #heard({ current, ready }: Which): void {
    this.#current ??= current; // what this page was loaded from
    this.#waiting = ready;
    shellUpdate.ready = ready !== null && ready !== this.#current;
  }

  /** Neighbours take in nothing that is far ahead of their clocks, until it is due. */
  async #compareClocks(): Promise<void> {
    try {
      const asked = Date.now();
      const { now_ms } = (await askDoor('')) as { now_ms?: unknown };
      const ahead = typeof now_ms === 'number' ? (asked + Date.now()) / 2 - now_ms : 0;
      shellUpdate.clockAhead = Math.abs(ahead) > CLOCK_OFF ? ahead : 0;
    } catch {
      // nobody there who could say
    }
  }

  async #compare(): Promise<void> {
    if (!this.#current) return;
    let differs: Differs | null = null;
    for (const { address } of status.now?.links ?? []) {
      const door = doorOf(address);
      if (!door || door === location.origin) continue;
      try {
        const word = await wordOf(await askDoor(door), address.split('/p2p/').at(-1) ?? '');
        if (!word) continue;
        if (word.shell !== this.#current && word.shell !== this.#waiting) {
          differs ??= { door: location.host, other: new URL(door).host };
          await this.#takeFrom(door, word.shell, word.core);
        }
      } catch {
        // not in reach, or it serves no page
      }
    }
    shellUpdate.differs = differs;
  }

  /** Only when the door that this page came from is gone, and only what is later: as long as it lives, it brings the updates. */
  async #takeFrom(door: string, shell: string, core: string): Promise<void> {
    if (!isLater(core, status.now?.version.core ?? core)) return;
    const alive = await askDoor('').then(() => true, () => false);
    if (!alive) (await navigator.serviceWorker.ready).active?.postMessage({ ask: 'take', shell, door });
  }
}

async function askDoor(door: string): Promise<unknown> {
  const response = await fetch(`${door}/door.json`, { cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(PATIENCE) });
  return response.json();
}

export const watchShell = (): Promise<void> => new ShellWatch().watch();
