// SPDX-License-Identifier: Apache-2.0
// Who lives here, for the names and doors beside everything that people write.
import { query, type Query } from './query.svelte';
import type { Member, Person } from './api';

class People {
  #asked = $state.raw<Query<'people.list'>>();
  #known = $derived(new Map((this.#asked?.value?.members ?? []).map((member) => [member.person, member])));

  /** Called once by the shell. */
  watch(): void {
    this.#asked = query('people.list', () => ({}), ['people', 'place', 'authority']);
  }
  get(person: Person): Member | undefined {
    return this.#known.get(person);
  }
  get all(): Member[] {
    return this.#asked?.value?.members ?? [];
  }
  /** The eight bytes that a person's door is drawn from. */
  door(person: Person): string {
    return this.#known.get(person)?.door ?? person.slice(0, 16);
  }
}

export const people = new People();
