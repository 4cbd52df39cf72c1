// SPDX-License-Identifier: Apache-2.0
// What the shell offers to pages: its words, the one toast, and what is said to screen readers.
import { locale, speaker, type Say } from './words';
import type en from './words/shell.en';

export interface Toast {
  text: string;
  /** One act, with the moment at which it is no longer possible. */
  act?: { label: (seconds: number) => string; run: () => void; until: number };
}

class Shell {
  t: Say<typeof en> = speaker({} as typeof en);
  readonly locale = locale;
  toast = $state.raw<Toast>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows it until its act has run out, or for six seconds. The next one takes its place. */
  say(toast: Toast): void {
    this.toast = toast;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.toast = undefined), toast.act ? Math.max(0, toast.act.until - Date.now()) : 6_000);
  }
  hush(): void {
    clearTimeout(this.#timer);
    this.toast = undefined;
  }
}

export const shell = new Shell();
