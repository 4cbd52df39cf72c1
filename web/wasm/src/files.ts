// SPDX-License-Identifier: Apache-2.0
// Where the core keeps its files: what C++ calls kith::FileSystem, as a browser can offer it. Everything is synchronous
// but commit(), which the host of the core waits for before it lets anything out.

/** Of a call that failed, in place of a number that is at least 0. */
export const NOT_FOUND = -1;
export const FULL = -2;
export const BROKEN = -3;

export type StorageKind = 'opfs' | 'indexeddb' | 'memory';

export interface CoreFiles {
  readonly kind: StorageKind;
  /** A handle, or an error. */
  open(name: string, create: boolean): number;
  close(handle: number): void;
  /** How many bytes there were. */
  read(handle: number, offset: number, out: Uint8Array): number;
  write(handle: number, offset: number, data: Uint8Array): number;
  truncate(handle: number, size: number): number;
  /** What was written is safe when this has returned and commit() has come to its end. */
  sync(handle: number): number;
  size(handle: number): number;
  remove(name: string): number;
  /** In one step. */
  rename(from: string, to: string): number;
  exists(name: string): boolean;
  /** Null: everything that was synced is safe. Otherwise it is when the promise resolves; if it rejects, it never is. */
  commit(): Promise<void> | null;
  /** What all files take, in bytes. */
  bytes(): number;
  dispose(): void;
}

/** The code for what a browser throws. */
export function codeOf(error: unknown): number {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  return name === 'QuotaExceededError' ? FULL : BROKEN;
}
