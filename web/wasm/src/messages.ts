// SPDX-License-Identifier: Apache-2.0
// What the page, its worker and the workers of other tabs say to each other.
import type { CoreEvent, Problem } from './client.ts';
import type { StorageKind } from './files.ts';

export interface Call {
  name: string;
  args: object;
  bytes?: Uint8Array;
}
export type Answer = { result: unknown } | { problem: Problem };

/** Page to its worker. */
export type ToWorker =
  | { kind: 'start'; wasm: string | null; storage: StorageKind | null }
  | { kind: 'call'; id: number; call: Call }
  | { kind: 'network' };
/** A worker to its page. */
export type FromWorker =
  | { kind: 'answer'; id: number; answer: Answer }
  | { kind: 'event'; event: CoreEvent }
  | { kind: 'stopped'; problem: Problem };

/** Between the workers of all tabs, over one BroadcastChannel. `term` names who holds the core, and since when. */
export type Between =
  | { kind: 'who-leads' }
  | { kind: 'leading'; term: string; queries: string[]; status: CoreEvent | null }
  | { kind: 'call'; term: string; from: string; id: number; call: Call }
  | { kind: 'answer'; to: string; id: number; answer: Answer }
  | { kind: 'event'; event: CoreEvent }
  | { kind: 'network' };

export const CHANNEL = 'kith-core-1';
