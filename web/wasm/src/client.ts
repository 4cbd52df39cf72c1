// SPDX-License-Identifier: Apache-2.0
// What a page sees of the core: one object, three methods. The core itself runs in a worker (worker.ts), in one tab
// of the browser at a time; the other tabs speak to that one and need not know it.
//
//   const core = connect<Api>({ worker: () => new Worker(new URL('…/worker.ts', import.meta.url), { type: 'module' }) });
//   const stop = core.on((event) => { if (event.type === 'changed') … });
//   const { threads, next } = await core.call('forum.feed', { limit: 20 });
//   const photo = await core.call('photos.add', { id, width, height }, bytes);
//
// `Api` is the generated list of operations (web/ui/src/api.gen.ts): { 'forum.feed': { args: …; result: … }; … }.

/** One entry an operation. `result` of an operation that gives bytes is Uint8Array. */
export type OperationMap = Record<string, { args: object; result: unknown }>;

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

/** What `call` throws. */
export class CoreError extends Error implements Problem {
  readonly code: string;
  readonly cause: string;
  readonly remedy: string;
  readonly word?: number;

  constructor(problem: Problem) {
    super(`${problem.cause} ${problem.remedy}`.trim());
    this.name = 'CoreError';
    this.code = problem.code;
    this.cause = problem.cause;
    this.remedy = problem.remedy;
    if (problem.word !== undefined) this.word = problem.word;
  }
}

export type Area = 'forum' | 'market' | 'people' | 'place' | 'personal' | 'outbox' | 'authority';

/** Events of the core. A `status` comes once after connect(), and whenever something of it changes. */
export type CoreEvent =
  | { type: 'changed'; what: Area[]; from: 'here' | 'outside' }
  | ({ type: 'status' } & Record<string, unknown>)
  | { type: 'progress'; state: string; entries: number; of: number | null }
  | { type: 'trouble'; problem: Problem };

export interface ConnectOptions {
  /** Makes the worker. The page does it, so that its bundler sees the URL and its Trusted Types policy is asked. */
  worker: () => Worker;
  /** The core's address; unless given, kith.wasm beside the worker's script. */
  wasm?: string;
}

export interface Core<Api extends OperationMap> {
  /** Bytes beside the arguments only where the operation wants them. Throws CoreError. */
  call<Name extends keyof Api & string>(name: Name, args: Api[Name]['args'], bytes?: Uint8Array): Promise<Api[Name]['result']>;
  /** Returns what ends it. */
  on(listener: (event: CoreEvent) => void): () => void;
  /** Ends this tab's part; the core goes on in another tab, if there is one. */
  close(): void;
}
