// SPDX-License-Identifier: Apache-2.0
// What a page shows of the core: asked when its arguments change and again on every `changed` event of its areas.
//   const feed = query('forum.feed', () => ({ limit: 20 }), ['forum', 'people']);
//   {#if feed.value} … {/if}      feed.problem is why it could not be asked; the last value stays.
import { isProblem, type Area, type Args, type Name, type Problem, type Result } from './api';
import { call, on } from './core';

export class Query<N extends Name> {
  value = $state.raw<Result<N>>();
  problem = $state.raw<Problem>();
  #name: N;
  #args: Args<N>;
  #asking = false;
  #again = false;

  constructor(name: N, args: Args<N>) {
    this.#name = name;
    this.#args = args;
  }

  with(args: Args<N>): void {
    this.#args = args;
    void this.ask();
  }

  /** Asks now. While one question is on its way, many wishes become one more question. */
  async ask(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    do {
      this.#again = false;
      try {
        const value = await call(this.#name, this.#args);
        if (this.#again) continue; // already old
        this.value = value;
        this.problem = undefined;
      } catch (e) {
        this.problem = isProblem(e) ? e : { code: 'page', cause: String(e), remedy: '' };
      }
    } while (this.#again);
    this.#asking = false;
  }
}

/** Call it while a component is being made; it ends with the component. */
export function query<N extends Name>(name: N, args: () => Args<N>, areas: Area[]): Query<N> {
  const asked = new Query(name, {} as Args<N>);
  $effect(() => asked.with(args()));
  $effect(() =>
    on((event) => {
      if (event.type === 'changed' && event.what.some((area) => areas.includes(area))) void asked.ask();
    }),
  );
  return asked;
}
