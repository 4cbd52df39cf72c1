// SPDX-License-Identifier: Apache-2.0
// How far coming in (or back) has got, from the core's progress events. Call it while a component is being made.
import { on } from '../core';

export class Coming {
  entries = $state(0);
  of = $state<number | null>(null);
}

export function coming(): Coming {
  const far = new Coming();
  $effect(() =>
    on((event) => {
      if (event.type !== 'progress') return;
      far.entries = event.entries;
      far.of = event.of;
    }),
  );
  return far;
}
