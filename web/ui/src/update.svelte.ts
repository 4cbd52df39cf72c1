// SPDX-License-Identifier: Apache-2.0
// The shell itself: kept on this device by the service worker, from whatever door it came. A newer one waits until the person
// wants it; a door that serves another one than the others do is told.

interface Differs { door: string; other: string; [name: string]: string }

class ShellUpdate {
  /** A newer shell is complete on this device and waits. */
  ready = $state(false);
  differs = $state.raw<Differs>();
  #waiting: ServiceWorker | undefined;

  /** Plain HTTP in a LAN has no service worker: then the page works while its host does. */
  async watch(worker: (path: string) => string): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    const registration = await navigator.serviceWorker.register(worker('/sw.js'), { type: 'module', updateViaCache: 'none' });
    const look = (found: ServiceWorker | null) => {
      if (found?.state === 'installed' && navigator.serviceWorker.controller) {
        this.#waiting = found;
        this.ready = true;
      }
    };
    look(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const found = registration.installing;
      found?.addEventListener('statechange', () => look(found));
    });
    addEventListener('online', () => void registration.update().catch(() => undefined));
    setInterval(() => void registration.update().catch(() => undefined), 3_600_000);
  }

  apply(): void {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    this.#waiting?.postMessage('update');
  }
}

export const shellUpdate = new ShellUpdate();
