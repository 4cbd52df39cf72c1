// SPDX-License-Identifier: Apache-2.0
// What the page knows of the shell that it runs from. Who finds it out (shell_watch.ts) comes after the first paint.

export interface Differs { door: string; other: string; [name: string]: string }

class ShellUpdate {
  /** A newer shell is complete on this device and waits. */
  ready = $state(false);
  /** This door and one that serves another shell. */
  differs = $state.raw<Differs | null>(null);
  /** By how much the clock of this device is ahead of that of the house which served the page, in ms; negative: behind; 0: not worth a word,
   *  or nobody says. */
  clockAhead = $state(0);

  async apply(): Promise<void> {
    const { active } = await navigator.serviceWorker.ready;
    navigator.serviceWorker.addEventListener('message', () => location.reload(), { once: true });
    active?.postMessage({ ask: 'update' });
  }
}

export const shellUpdate = new ShellUpdate();
