// SPDX-License-Identifier: Apache-2.0
// The few functions of WASI that libc++ and libsodium ask for in the core: time, randomness, standard error, the end.
// Everything else that the core needs comes in through its own imports (core.ts).

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const RANDOM_BYTES_MAX = 65536;

export function makeWasi(memory: () => WebAssembly.Memory, log: (line: string) => void): Record<string, CallableFunction> {
  const view = () => new DataView(memory().buffer);
  const decoder = new TextDecoder();
  let line = '';
  return {
    random_get(at: number, count: number): number {
      fillRandom(new Uint8Array(memory().buffer, at, count));
      return SUCCESS;
    },
    clock_time_get(_clock: number, _precision: bigint, out: number): number {
      view().setBigUint64(out, BigInt(Date.now()) * 1_000_000n, true);
      return SUCCESS;
    },
    fd_write(descriptor: number, vectors: number, count: number, out: number): number {
      if (descriptor !== 1 && descriptor !== 2) return BAD_DESCRIPTOR;
      let sum = 0;
      for (let i = 0; i < count; ++i) {
        const at = view().getUint32(vectors + 8 * i, true);
        const length = view().getUint32(vectors + 8 * i + 4, true);
        line += decoder.decode(new Uint8Array(memory().buffer, at, length).slice());
        sum += length;
      }
      for (let end = line.indexOf('\n'); end >= 0; end = line.indexOf('\n')) {
        log(line.slice(0, end));
        line = line.slice(end + 1);
      }
      view().setUint32(out, sum, true);
      return SUCCESS;
    },
    fd_close: () => BAD_DESCRIPTOR,
    fd_seek: () => BAD_DESCRIPTOR,
    fd_read: () => BAD_DESCRIPTOR,
    fd_fdstat_get: () => BAD_DESCRIPTOR,
    fd_fdstat_set_flags: () => BAD_DESCRIPTOR,
    fd_prestat_get: () => BAD_DESCRIPTOR,
    fd_prestat_dir_name: () => BAD_DESCRIPTOR,
    path_open: () => BAD_DESCRIPTOR,
    environ_get: () => SUCCESS,
    environ_sizes_get(count: number, size: number): number {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return SUCCESS;
    },
    proc_exit(code: number): never {
      throw new Error(`the core has ended (${code})`);
    },
  };
}

export function fillRandom(out: Uint8Array): void {
  for (let at = 0; at < out.length; at += RANDOM_BYTES_MAX) {
    // A view of WebAssembly's memory may not be filled in every browser.
    const piece = crypto.getRandomValues(new Uint8Array(Math.min(RANDOM_BYTES_MAX, out.length - at)));
    out.set(piece, at);
  }
}
