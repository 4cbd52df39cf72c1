// SPDX-License-Identifier: Apache-2.0
// What a page sees of the core: one object, three methods. The core itself runs in a worker (worker.ts), in one tab
// of the browser at a time; the other tabs speak to that one and need not know it.
//
//   const core = connect<Api>({ worker: () => new Worker(new URL('…/worker.ts', import.meta.url), { type: 'module' }) });
//   const stop = core.on((event) => { if (event.type === 'changed') … });
//   const { threads, next } = await core.call('forum.feed', { limit: 20 });
//   const photo = await core.call('photos.add', { id, width, height }, bytes);
//
// Calls may be made at once; they wait until there is a core. `Api` is the list of operations (web/ui/src/api.ts, printed by kith_types): { 'forum.feed': { args: …; result: … }; … }.

import type { StorageKind } from './files.ts';
import type { Answer, CoreEvent, FromWorker, Problem, ToWorker } from './messages.ts';

/** One entry an operation. `result` of an operation that gives bytes is Uint8Array. */
export type OperationMap = Record<string, { args: object; result: unknown }>;

/** What `call` throws. */
export class CoreError extends Error implements Problem {
  readonly code: string;
  override readonly cause: string;
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

export interface ConnectOptions {
  /** Makes the worker. The page does it, so that its bundler sees the URL and its Trusted Types policy is asked. */
  worker: () => Worker;
  /** The core's address; unless given, kith.wasm beside the worker's script. */
  wasm?: string;
}

export interface ConnectTestOptions extends ConnectOptions {
  /** A lesser storage than the browser's best, for tests. */
  storage?: StorageKind;
}

export interface Core<Api extends OperationMap> {
  /** Bytes beside the arguments only where the operation wants them. Throws CoreError. */
  call<Name extends keyof Api & string>(name: Name, args: Api[Name]['args'], bytes?: Uint8Array): Promise<Api[Name]['result']>;
  /** Returns what ends it. */
  on(listener: (event: CoreEvent) => void): () => void;
  /** Ends this tab's part; the core goes on in another tab, if there is one. */
  close(): void;
}

/** How often a core that failed is started again before the page hears of it for good. */
const RESTARTS_MAX = 3;
const STORAGE_ASKED_AFTER = new Set(['begin.alone', 'begin.join', 'begin.restore', 'begin.choose', 'begin.link']);

export function connect<Api extends OperationMap>(options: ConnectTestOptions): Core<Api> {
  return new WorkerCore(options) as Core<Api>;
}

type Settle = (answer: Answer) => void;

class WorkerCore implements Core<OperationMap> {
  private worker: Worker;
  private readonly waiting = new Map<number, Settle>();
  private readonly listeners = new Set<(event: CoreEvent) => void>();
  private lastStatus: CoreEvent | null = null;
  private nextId = 1;
  private restarts = 0;
  private stopped: Problem | null = null;
  private readonly onNetwork = () => this.post({ kind: 'network' });

  constructor(private readonly options: ConnectTestOptions) {
    this.worker = this.begin();
    addEventListener('online', this.onNetwork);
    document.addEventListener('visibilitychange', this.onNetwork);
  }

  async call(name: string, args: object, bytes?: Uint8Array): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve) => {
      if (this.stopped) return resolve({ problem: this.stopped });
      const id = this.nextId++;
      this.waiting.set(id, resolve);
      this.post({ kind: 'call', id, call: bytes ? { name, args, bytes } : { name, args } });
    });
    if ('problem' in answer) throw new CoreError(answer.problem);
    if (STORAGE_ASKED_AFTER.has(name)) void askForPersistence();
    return answer.result;
  }

  on(listener: (event: CoreEvent) => void): () => void {
    this.listeners.add(listener);
    if (this.lastStatus) listener(this.lastStatus);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    removeEventListener('online', this.onNetwork);
    document.removeEventListener('visibilitychange', this.onNetwork);
    this.worker.terminate();
    this.fail({ code: 'core_stopped', cause: 'This tab has ended its part.', remedy: 'Load the page again.' });
  }

  private begin(): Worker {
    const worker = this.options.worker();
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data);
    worker.onerror = (event) => this.end({ code: 'core_missing', cause: event.message || 'The app\'s core could not be loaded.', remedy: 'Load the page again.' });
    worker.postMessage({ kind: 'start', wasm: this.options.wasm ?? null, storage: this.options.storage ?? null } satisfies ToWorker);
    return worker;
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromWorker): void {
    switch (message.kind) {
      case 'answer': {
        const settle = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        settle?.(message.answer);
        break;
      }
      case 'event':
        this.tell(message.event);
        break;
      case 'stopped':
        this.end(message.problem);
        break;
    }
  }

  private tell(event: CoreEvent): void {
    if (event.type === 'status') this.lastStatus = event;
    for (const listener of this.listeners) listener(event);
  }

  /** Its files are whole: what was saved is there when it begins again. */
  private end(problem: Problem): void {
    this.worker.terminate();
    for (const settle of this.waiting.values()) settle({ problem });
    this.waiting.clear();
    if (problem.code === 'core_stopped' && this.restarts++ < RESTARTS_MAX) this.worker = this.begin();
    else this.fail(problem);
  }

  private fail(problem: Problem): void {
    this.stopped = problem;
    for (const settle of this.waiting.values()) settle({ problem });
    this.waiting.clear();
    this.tell({ type: 'trouble', problem });
  }
}

/** Without it browsers may throw away what they keep for a site. Some ask the person: so not before there is something. */
async function askForPersistence(): Promise<void> {
  try {
    await navigator.storage.persist();
  } catch {
    // Plain HTTP: the status says that nothing is persistent.
  }
}
