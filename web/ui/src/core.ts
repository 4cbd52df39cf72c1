// SPDX-License-Identifier: Apache-2.0
// The one door to the core. Pages use call() for commands and query() (query.svelte.ts) for whatever they show.
import type { Core } from '../../wasm/src/client';
import type { Api, Args, CoreEvent, Name, Result } from './api';

let open: (core: Core<Api>) => void;
const opened = new Promise<Core<Api>>((resolve) => (open = resolve));
const listeners = new Set<(event: CoreEvent) => void>();

export function attach(core: Core<Api>): void {
  core.on((event) => {
    // The latest first: what is being looked at asks before the frame around it, and is answered first.
    for (const listener of [...listeners].reverse()) listener(event as CoreEvent);
  });
  open(core);
}

/** Asks the core; waits until there is one. Throws CoreError ({code, cause, remedy}). */
export async function call<N extends Name>(name: N, args: Args<N>, bytes?: Uint8Array): Promise<Result<N>> {
  return (await opened).call(name, args, bytes);
}

/** Returns what ends it. */
export function on(listener: (event: CoreEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
