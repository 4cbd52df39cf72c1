// SPDX-License-Identifier: Apache-2.0
// What is being typed, kept in the personal space: it survives a closed tab, a crash and a change of neighbourhood. One draft for each
// kind of thing and what it answers.
import type { Draft as Kept, Id } from '../api';
import { call } from '../core';

const PAUSE_MS = 400; // of the typing, until it is written down

export class Draft<Fields extends object> {
  fields: Fields = $state() as Fields;
  /** The draft of an earlier time was found and is in the fields. */
  found = $state(false);
  #empty: Fields;
  #kind: Kept['kind'];
  #to: Id | undefined;
  #id: Id | undefined;
  #written = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(kind: Kept['kind'], to: Id | undefined, empty: Fields) {
    this.#kind = kind;
    this.#to = to;
    this.#empty = empty;
    this.fields = { ...empty };
    this.#written = JSON.stringify(empty);
  }

  /** Takes up what was left; typing that has begun meanwhile wins. Call it once, while the component is made. */
  async takeUp(): Promise<void> {
    const { drafts } = await call('forum.drafts', {});
    const kept = drafts.find((draft) => draft.kind === this.#kind && (draft.to ?? undefined) === this.#to);
    if (!kept || this.#id) return;
    this.#id = kept.id;
    if (JSON.stringify(this.fields) !== this.#written) return;
    this.fields = { ...this.#empty, ...(kept.fields as Partial<Fields>) };
    this.#written = JSON.stringify(this.fields);
    this.found = true;
  }

  /** Writes it down when the typing pauses. For an $effect: reads all fields. */
  watch(): void {
    const now = JSON.stringify(this.fields);
    clearTimeout(this.#timer);
    if (now !== this.#written) this.#timer = setTimeout(() => this.keep(), PAUSE_MS);
  }

  /** Writes it down at once (the page goes away). One writing after the other, so that there is one draft. */
  keep(): void {
    clearTimeout(this.#timer);
    const now = JSON.stringify(this.fields);
    if (now === this.#written) return;
    this.#written = now;
    this.#last = this.#last.then(async () => {
      const fields = JSON.parse(now) as Fields;
      const { id } = await call('drafts.save', { ...(this.#id ? { id: this.#id } : {}), kind: this.#kind, ...(this.#to ? { to: this.#to } : {}), fields });
      this.#id = id;
    }).catch(() => (this.#written = '')); // the next pause tries again
  }

  /** It has been said: nothing is left of the draft. */
  async drop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#written = JSON.stringify(this.fields);
    await this.#last;
    if (this.#id) await call('drafts.drop', { id: this.#id });
    this.#id = undefined;
  }
}

/** Call it while a component is being made; it ends with the component, and keeps what is typed by then. */
export function draft<Fields extends object>(kind: Kept['kind'], to: Id | undefined, empty: Fields): Draft<Fields> {
  const kept = new Draft(kind, to, empty);
  $effect(() => kept.watch());
  $effect(() => {
    const away = () => document.visibilityState === 'hidden' && kept.keep();
    document.addEventListener('visibilitychange', away);
    return () => {
      document.removeEventListener('visibilitychange', away);
      kept.keep();
    };
  });
  void kept.takeUp().catch(() => undefined); // without drafts one begins with an empty sheet
  return kept;
}
