// SPDX-License-Identifier: Apache-2.0
// The shell itself, as the service worker keeps it: a newer one waits for a press on Update; the shells of the doors that this
// phone is in touch with are compared with the one that runs here, and a difference is told.
import { status } from './status.svelte';
import { script } from './trusted';

interface Which { current: string | null; ready: string | null }
interface Differs { door: string; other: string; [name: string]: string }

const HOUR = 3_600_000;
const PATIENCE = 5_000;

/** The web address of a node, of a libp2p multiaddr: /ip4/1.2.3.4/tcp/8443/tls/ws/... Nothing for one that serves no web. */
export function doorOf(address: string): string | null {
  const found = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)\/(tls\/(?:sni\/[^/]+\/)?ws|wss|ws)(?:\/|$)/.exec(address);
  if (!found) return null;
  const [, kind, host, port, wire] = found;
  return `${wire === 'ws' ? 'http' : 'https'}://${kind === 'ip6' ? `[${host}]` : host}:${port}`;
}

class ShellUpdate {
  /** A newer shell is complete on this device and waits. */
  ready = $state(false);
  /** This door and one that serves another shell. */
  differs = $state.raw<Differs | null>(null);
  /** How many other doors serve the shell that runs here. */
  same = $state(0);
  #current: string | null = null;
  #waiting: string | null = null;

  /** Plain HTTP in a LAN has no service worker: then the page works while its host does. */
  async watch(): Promise<void> {
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

  async apply(): Promise<void> {
    const { active } = await navigator.serviceWorker.ready;
    navigator.serviceWorker.addEventListener('message', () => location.reload(), { once: true });
    active?.postMessage({ ask: 'update' });
  }

  #heard({ current, ready }: Which): void {
    this.#current ??= current; // what this page was loaded from
    this.#waiting = ready;
    this.ready = ready !== null && ready !== this.#current;
  }

  async #compare(): Promise<void> {
    const doors = new Set((status.now?.links ?? []).flatMap(({ address }) => doorOf(address) ?? []));
    doors.delete(location.origin);
    let same = 0;
    let differs: Differs | null = null;
    for (const door of doors) {
      try {
        const response = await fetch(`${door}/door.json`, { cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(PATIENCE) });
        const { shell } = (await response.json()) as { shell: string };
        if (shell === this.#current) same++;
        else if (shell !== this.#waiting) differs = { door: location.host, other: new URL(door).host };
      } catch {
        // not in reach, or it serves no page
      }
    }
    this.same = same;
    this.differs = this.#current ? differs : null;
  }
}

export const shellUpdate = new ShellUpdate();
