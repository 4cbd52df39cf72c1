// SPDX-License-Identifier: Apache-2.0
// What the page, its worker and the workers of other tabs say to each other.
import type { StorageKind } from './files.ts';

/** Why a call failed, for people: `code` by the names of docs/cli.md. Codes made here, not in the core:
 *  `core_gone` (the tab that held the core was closed while this command ran: it may or may not have happened; look
 *  before trying again), `core_stopped` (the core has failed and must be started again: reload), `core_missing` (no
 *  WebAssembly, or the core could not be loaded). */
export interface Problem {
  code: string;
  cause: string;
  remedy: string;
  /** For `bad_words`: which word, from 0. */
  word?: number;
}

export type Area = 'forum' | 'market' | 'people' | 'place' | 'personal' | 'outbox' | 'authority';

/** Events of the core. A `status` comes once after connect(), and whenever something of it changes. */
export type CoreEvent =
  | { type: 'changed'; what: Area[]; from: 'here' | 'outside' }
  | ({ type: 'status' } & Record<string, unknown>)
  | { type: 'progress'; state: string; entries: number; of: number | null }
  | { type: 'trouble'; problem: Problem };

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
