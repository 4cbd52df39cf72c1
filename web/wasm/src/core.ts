// SPDX-License-Identifier: Apache-2.0
// The core in this worker: loads the WebAssembly, gives it files, sockets, time and randomness, and lets out what it
// says only when what it relies on is on the medium.
import { NOT_FOUND, type CoreFiles } from './files.ts';
import type { Answer, Call, CoreEvent, Problem } from './messages.ts';
import { Sockets } from './sockets.ts';
import { fillRandom, makeWasi } from './wasi.ts';

/** bindings.cc */
interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  kith_allocate(size: number): number;
  kith_start(options: number, optionsSize: number, secret: number, secretSize: number): void;
  kith_call(id: number, name: number, nameSize: number, args: number, argsSize: number): void;
  kith_tick(): number;
  kith_socket_opened(handle: number): void;
  kith_socket_received(handle: number, bytes: number, size: number): void;
  kith_socket_closed(handle: number): void;
  kith_network_changed(): void;
}

export interface CoreOptions {
  wasm: WebAssembly.Module;
  files: CoreFiles;
  /** What the core is told of where it runs (bindings.cc names the members). */
  options: object;
  /** 32 bytes under which the keys lie; null: in clear. */
  secret: Uint8Array | null;
  event(event: CoreEvent): void;
  /** It has failed and does nothing any more. */
  stopped(problem: Problem): void;
}

const WAIT_MS_MAX = 60_000;

export class CoreHost {
  /** Names of the operations that change nothing, and may be asked twice. */
  queries: string[] = [];
  private exports!: Exports;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();
  private readonly sockets: Sockets;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private nextCall = 1;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private held: (() => void)[] = [];
  private releasing: Promise<void> | null = null;
  private problem: Problem | null = null;

  private constructor(private readonly setup: CoreOptions) {
    this.sockets = new Sockets({
      opened: (handle) => this.enter(() => this.exports.kith_socket_opened(handle)),
      received: (handle, bytes) =>
        this.enter(() => this.exports.kith_socket_received(handle, this.pass(bytes), bytes.length)),
      closed: (handle) => this.enter(() => this.exports.kith_socket_closed(handle)),
    });
  }

  static async start(setup: CoreOptions): Promise<CoreHost> {
    const host = new CoreHost(setup);
    const imports = {
      kith: host.imports(),
      wasi_snapshot_preview1: makeWasi(() => host.exports.memory, (line) => console.error(line)),
    } as unknown as WebAssembly.Imports;
    const instance = await WebAssembly.instantiate(setup.wasm, imports);
    host.exports = instance.exports as unknown as Exports;
    host.exports._initialize();
    host.enter(() => {
      const options = host.encoder.encode(JSON.stringify(setup.options));
      const secret = setup.secret ?? new Uint8Array();
      host.exports.kith_start(host.pass(options), options.length, host.pass(secret), secret.length);
    });
    setup.secret?.fill(0);
    return host;
  }

  call(call: Call): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.problem) return resolve({ problem: this.problem });
      const id = this.nextCall++;
      this.waiting.set(id, resolve);
      const args = call.bytes ? { ...call.args, data: toBase64(call.bytes) } : call.args;
      this.enter(() => {
        const name = this.encoder.encode(call.name);
        const text = this.encoder.encode(JSON.stringify(args));
        this.exports.kith_call(id, this.pass(name), name.length, this.pass(text), text.length);
      });
    });
  }

  networkChanged(): void {
    this.enter(() => this.exports.kith_network_changed());
  }

  stop(problem: Problem): void {
    if (this.problem) return;
    this.problem = problem;
    if (this.timer !== null) clearTimeout(this.timer);
    this.sockets.closeAll();
    this.held = [];
    for (const answer of this.waiting.values()) answer({ problem });
    this.waiting.clear();
    this.setup.files.dispose();
    this.setup.stopped(problem);
  }

  /** One turn of the core: what happened, then whatever is due. */
  private enter(turn: () => void): void {
    if (this.problem) return;
    let next: number;
    try {
      turn();
      // What a question was answered need not wait for what is due besides.
      if (this.held.length > 0) this.release();
      next = this.exports.kith_tick();
    } catch (error) {
      return this.fail(error);
    }
    this.release();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.enter(() => {}), Math.min(WAIT_MS_MAX, Math.max(0, next - performance.now())));
  }

  private fail(error: unknown): void {
    console.error(error);
    this.stop({
      code: 'core_stopped',
      cause: `This app has run into an error of its own (${error instanceof Error ? error.message : String(error)}).`,
      remedy: 'Load the page again: what was saved is there.',
    });
  }

  /** In order, and nothing before the files are safe. */
  private release(): void {
    const safe = this.setup.files.commit();
    if (!safe && !this.releasing) return this.runHeld(this.held.splice(0));
    const batch = this.held.splice(0);
    const before = this.releasing ?? Promise.resolve();
    const mine: Promise<void> = before
      .then(() => safe)
      .then(
        () => this.runHeld(batch),
        (error: unknown) => this.stop(storageProblem(error)),
      )
      .finally(() => {
        if (this.releasing === mine) this.releasing = null;
      });
    this.releasing = mine;
  }

  private runHeld(batch: (() => void)[]): void {
    if (this.problem) return;
    for (const one of batch) one();
  }

  /** Copies bytes to where the core finds them; it frees them. */
  private pass(bytes: Uint8Array): number {
    const at = this.exports.kith_allocate(bytes.length);
    new Uint8Array(this.exports.memory.buffer, at, bytes.length).set(bytes);
    return at;
  }

  private bytes(at: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.exports.memory.buffer as ArrayBuffer, at, size);
  }

  private text(at: number, size: number): string {
    return this.decoder.decode(this.bytes(at, size));
  }

  private imports(): Record<string, CallableFunction> {
    const files = this.setup.files;
    return {
      wall_ms: () => Date.now(),
      steady_ms: () => performance.now(),
      random: (at: number, size: number) => fillRandom(this.bytes(at, size)),
      file_open: (name: number, size: number, create: number) => files.open(this.text(name, size), create !== 0),
      file_close: (handle: number) => files.close(handle),
      file_read: (handle: number, offset: number, at: number, size: number) => files.read(handle, offset, this.bytes(at, size)),
      file_write: (handle: number, offset: number, at: number, size: number) => files.write(handle, offset, this.bytes(at, size)),
      file_truncate: (handle: number, size: number) => files.truncate(handle, size),
      file_sync: (handle: number) => files.sync(handle),
      file_size: (handle: number) => files.size(handle),
      file_remove: (name: number, size: number) => Math.max(files.remove(this.text(name, size)), NOT_FOUND),
      file_rename: (from: number, fromSize: number, to: number, toSize: number) =>
        files.rename(this.text(from, fromSize), this.text(to, toSize)),
      file_exists: (name: number, size: number) => (files.exists(this.text(name, size)) ? 1 : 0),
      file_bytes: () => files.bytes(),
      socket_open: (url: number, size: number) => this.sockets.open(this.text(url, size)),
      socket_send: (handle: number, at: number, size: number) => {
        const copy = this.bytes(at, size).slice();
        this.held.push(() => this.sockets.send(handle, copy));
      },
      socket_unsent: (handle: number) => this.sockets.unsent(handle),
      socket_close: (handle: number) => this.held.push(() => this.sockets.close(handle)),
      answer: (id: number, isResult: number, at: number, size: number) => {
        const value: unknown = JSON.parse(this.text(at, size));
        const answer = this.waiting.get(id);
        this.waiting.delete(id);
        this.held.push(() => answer?.(isResult ? { result: value } : { problem: value as Problem }));
      },
      event: (at: number, size: number) => {
        const event = JSON.parse(this.text(at, size)) as CoreEvent;
        this.held.push(() => this.setup.event(event));
      },
      queries: (at: number, size: number) => {
        this.queries = JSON.parse(this.text(at, size)) as string[];
      },
    };
  }
}

function storageProblem(error: unknown): Problem {
  const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
  return {
    code: isFull ? 'disk_full' : 'io',
    cause: isFull ? 'The browser has no more room for this app.' : 'The browser did not keep what was written.',
    remedy: isFull
      ? 'Free some space on this device, then load the page again. What was saved before is there.'
      : 'Load the page again. If another tab with this app is open, go on there.',
  };
}

const BASE64_PIECE = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += BASE64_PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, at + BASE64_PIECE));
  }
  return btoa(text);
}
