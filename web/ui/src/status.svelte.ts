// SPDX-License-Identifier: Apache-2.0
// How things stand (phase, freshness, storage), kept by the core's status events. `status.now` is empty until the first one.
import { call, on } from './core';
import type { Place, Status } from './api';
import { recall, remember } from './words';

class Standing {
  now = $state.raw<Status>();
  place = $state.raw<Place>();
  /** Entries that came so far while joining. */
  received = $state(0);
  /** Clock of the page for ages: moves every 20 seconds. */
  clock = $state(Date.now());

  /** Whether there is a neighbourhood (and not the personal space alone). */
  get member(): boolean {
    return this.now?.phase === 'member' || this.now?.phase === 'joining';
  }
  /** How many others this phone is in touch with. */
  get others(): number {
    return (this.now?.links ?? []).filter(({ state }) => !['dialing', 'hello', 'closing'].includes(state)).length;
  }
  get neighbours(): number {
    return this.place?.members ?? this.now?.members ?? 0;
  }
}

export const status = new Standing();

const HERE = 'here';
/** Whether somebody had begun in this browser when this page was last open: it counts before the core can say. */
export const wasHere = (): boolean => recall(HERE) !== null;
function note(phase: Status['phase']): void {
  if (wasHere() !== (phase !== 'empty')) remember(HERE, phase === 'empty' ? null : 'yes');
}

async function askPlace(): Promise<void> {
  try {
    status.place = await call('place.about', {});
  } catch {
    status.place = undefined; // alone: there is no place
  }
}

export function watchStatus(): void {
  on((event) => {
    if (event.type === 'status') {
      const before = status.now?.space;
      const { type: _, ...now } = event;
      status.now = now;
      note(now.phase);
      if (now.space !== before) void askPlace();
    } else if (event.type === 'progress') {
      status.received = event.entries;
    } else if (event.type === 'changed' && event.what.some((area) => area === 'place' || area === 'people' || area === 'authority')) {
      void askPlace();
    }
  });
  void call('replica.status', {}).then((now) => {
    status.now ??= now;
    if (now.space) void askPlace();
  }, () => undefined);
  setInterval(() => (status.clock = Date.now()), 20_000);
}
