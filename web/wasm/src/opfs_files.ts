// SPDX-License-Identifier: Apache-2.0
// Files in OPFS, by sync access handles. Opening such a handle is asynchronous and the core cannot wait, so a pool of
// slots is opened up front: which name a slot has stands in its first bytes, twice, so that a tab that is killed while
// a name is written leaves the other copy. A rename is one such write.
//
//   slot: header A (4,096 bytes) ‖ header B (4,096) ‖ content
//   header: "KITHSLOT" ‖ generation f64 ‖ bytes of the name u16 ‖ name ‖ FNV-1a of all before u32
import { BROKEN, FULL, NOT_FOUND, codeOf, type CoreFiles, type StorageKind } from './files.ts';

const DIRECTORY = 'kith';
const HEADER_BYTES = 4096;
const CONTENT_AT = 2 * HEADER_BYTES;
const FREE_SLOTS_WANTED = 8;
const SLOTS_MAX = 256;
const NAME_BYTES_MAX = 512;
const MAGIC = new TextEncoder().encode('KITHSLOT');
/** So much that is written one behind the other (pages of SQLite's log, in two writes each) goes to its file at once: each call of the browser
 *  costs as much as writing a hundred kilobytes. */
const RUN_BYTES_MAX = 256 << 10;
/** The tab that held the handles before may still be going. */
const TAKE_OVER_MS_MAX = 5000;
const TAKE_OVER_LOOK_MS = 50;

interface Slot {
  handle: FileSystemSyncAccessHandle;
  name: string; // empty: free
  generation: number;
  copy: 0 | 1; // which header holds it
}

/** What was written last, to one place of one file, and is not there yet. No sync, and no turn of the core, ends before it is. */
interface Run {
  slot: Slot | null;
  at: number;
  size: number;
}

export class OpfsFiles implements CoreFiles {
  readonly kind: StorageKind = 'opfs';
  private readonly slots: Slot[] = [];
  private readonly open_ = new Map<number, Slot>();
  private nextHandle = 0;
  private generation = 1;
  private growing: Promise<void> | null = null;
  private readonly run: Run = { slot: null, at: 0, size: 0 };
  private readonly runBytes = new Uint8Array(RUN_BYTES_MAX);

  private constructor(private readonly directory: FileSystemDirectoryHandle) {}

  static async open(): Promise<OpfsFiles> {
    const root = await navigator.storage.getDirectory();
    const files = new OpfsFiles(await root.getDirectoryHandle(DIRECTORY, { create: true }));
    await files.load();
    await files.grow();
    return files;
  }

  open(name: string, create: boolean): number {
    let slot = this.find(name);
    if (!slot) {
      if (!create) return NOT_FOUND;
      slot = this.find('');
      if (!slot) return BROKEN;
      const named = this.setName(slot, name);
      if (named < 0) return named;
    }
    this.open_.set(this.nextHandle, slot);
    return this.nextHandle++;
  }

  close(handle: number): void {
    this.open_.delete(handle);
  }

  read(handle: number, offset: number, out: Uint8Array): number {
    return this.with(handle, (slot) => this.overlay(slot, offset, out, slot.handle.read(out, { at: CONTENT_AT + offset })));
  }

  write(handle: number, offset: number, data: Uint8Array): number {
    return this.with(handle, (slot) => {
      const { run } = this;
      const follows = run.slot === slot && offset === run.at + run.size && run.size + data.length <= RUN_BYTES_MAX;
      if (!follows) {
        const written = this.writeOut();
        if (written < 0) return written;
        if (data.length > RUN_BYTES_MAX) return slot.handle.write(data, { at: CONTENT_AT + offset }) === data.length ? 0 : FULL;
        Object.assign(run, { slot, at: offset, size: 0 });
      }
      this.runBytes.set(data, run.size);
      run.size += data.length;
      return 0;
    });
  }

  truncate(handle: number, size: number): number {
    return this.with(handle, (slot) => {
      const written = this.writeOut();
      if (written < 0) return written;
      slot.handle.truncate(CONTENT_AT + size);
      return 0;
    });
  }

  sync(handle: number): number {
    return this.with(handle, (slot) => {
      const written = this.writeOut();
      if (written < 0) return written;
      slot.handle.flush();
      return 0;
    });
  }

  size(handle: number): number {
    return this.with(handle, (slot) => {
      const { run } = this;
      const end = run.slot === slot ? run.at + run.size : 0;
      return Math.max(0, slot.handle.getSize() - CONTENT_AT, end);
    });
  }

  remove(name: string): number {
    const slot = this.find(name);
    return slot ? this.free(slot) : NOT_FOUND;
  }

  rename(from: string, to: string): number {
    const slot = this.find(from);
    if (!slot) return NOT_FOUND;
    const old = this.find(to);
    const named = this.setName(slot, to);
    if (named < 0) return named;
    try {
      slot.handle.flush();
    } catch (error) {
      return codeOf(error);
    }
    return old ? this.free(old) : 0;
  }

  exists(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** Handles are flushed as the core asks; what waits here is room for the names to come. */
  commit(): Promise<void> | null {
    // If there is no room, the next write or sync says so.
    this.writeOut();
    const free = this.slots.filter((slot) => slot.name === '').length;
    if (free < FREE_SLOTS_WANTED / 2) this.growing ??= this.grow().finally(() => (this.growing = null));
    return null;
  }

  bytes(): number {
    return this.slots.reduce((sum, slot) => sum + slot.handle.getSize(), 0);
  }

  dispose(): void {
    this.writeOut();
    this.open_.clear();
    for (const slot of this.slots) slot.handle.close();
  }

  private with(handle: number, use: (slot: Slot) => number): number {
    const slot = this.open_.get(handle);
    if (!slot) return BROKEN;
    try {
      return use(slot);
    } catch (error) {
      return codeOf(error);
    }
  }

  /** What could not be written stays, and is read and tried again. */
  private writeOut(): number {
    const { run } = this;
    if (!run.slot) return 0;
    try {
      if (run.slot.handle.write(this.runBytes.subarray(0, run.size), { at: CONTENT_AT + run.at }) !== run.size) return FULL;
    } catch (error) {
      return codeOf(error);
    }
    run.slot = null;
    return 0;
  }

  /** Over `count` bytes that were read from the file. How many there are then. */
  private overlay(slot: Slot, offset: number, out: Uint8Array, count: number): number {
    const { run } = this;
    const from = Math.max(offset, run.at);
    const to = Math.min(offset + out.length, run.at + run.size);
    if (run.slot !== slot || from >= to) return count;
    if (offset + count < from) out.fill(0, count, from - offset);
    out.set(this.runBytes.subarray(from - run.at, to - run.at), from - offset);
    return Math.max(count, to - offset);
  }

  private find(name: string): Slot | undefined {
    let found: Slot | undefined;
    for (const slot of this.slots) {
      if (slot.name === name && (!found || slot.generation > found.generation)) found = slot;
    }
    return found;
  }

  private setName(slot: Slot, name: string): number {
    const generation = ++this.generation;
    const copy = slot.copy === 0 ? 1 : 0;
    const header = encodeHeader(name, generation);
    if (!header) return BROKEN;
    try {
      if (slot.handle.write(header, { at: copy * HEADER_BYTES }) !== header.length) return FULL;
    } catch (error) {
      return codeOf(error);
    }
    Object.assign(slot, { name, generation, copy });
    return 0;
  }

  private free(slot: Slot): number {
    if (this.run.slot === slot) this.run.slot = null;
    const named = this.setName(slot, '');
    if (named < 0) return named;
    try {
      slot.handle.truncate(CONTENT_AT);
      slot.handle.flush();
    } catch (error) {
      return codeOf(error);
    }
    return 0;
  }

  private async load(): Promise<void> {
    const found: FileSystemFileHandle[] = [];
    for await (const entry of this.directory.values()) if (entry.kind === 'file') found.push(entry);
    // All at once: each takes a turn of the browser's own process.
    this.slots.push(...(await Promise.all(found.map(async (entry) => readSlot(await take(entry))))));
    for (const slot of this.slots) this.generation = Math.max(this.generation, slot.generation);
    for (const slot of this.slots) {
      // Killed between a rename and the end of what it replaced, or before a first header was whole.
      if (slot.name === '' ? slot.handle.getSize() > CONTENT_AT : this.find(slot.name) !== slot) this.free(slot);
    }
  }

  private async grow(): Promise<void> {
    const free = this.slots.filter((slot) => slot.name === '').length;
    const count = Math.min(FREE_SLOTS_WANTED - free, SLOTS_MAX - this.slots.length);
    const first = this.slots.length;
    const made = Array.from({ length: Math.max(0, count) }, async (_, at) => {
      const name = `slot-${first + at}-${Date.now().toString(36)}`;
      const handle = await take(await this.directory.getFileHandle(name, { create: true }));
      this.slots.push({ handle, name: '', generation: 0, copy: 0 });
    });
    await Promise.all(made);
  }
}

async function take(entry: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  const until = performance.now() + TAKE_OVER_MS_MAX;
  for (;;) {
    try {
      return await entry.createSyncAccessHandle();
    } catch (error) {
      const isTaken = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!isTaken || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, TAKE_OVER_LOOK_MS));
    }
  }
}

function readSlot(handle: FileSystemSyncAccessHandle): Slot {
  const slot: Slot = { handle, name: '', generation: 0, copy: 0 };
  for (const copy of [0, 1] as const) {
    const bytes = new Uint8Array(HEADER_BYTES);
    const count = handle.read(bytes, { at: copy * HEADER_BYTES });
    const header = decodeHeader(bytes.subarray(0, count));
    if (header && header.generation > slot.generation) Object.assign(slot, { ...header, copy });
  }
  return slot;
}

function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

export function encodeHeader(name: string, generation: number): Uint8Array | null {
  const text = new TextEncoder().encode(name);
  if (text.length > NAME_BYTES_MAX) return null;
  const bytes = new Uint8Array(MAGIC.length + 8 + 2 + text.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setFloat64(MAGIC.length, generation);
  view.setUint16(MAGIC.length + 8, text.length);
  bytes.set(text, MAGIC.length + 10);
  view.setUint32(bytes.length - 4, checksum(bytes.subarray(0, bytes.length - 4)));
  return bytes;
}

export function decodeHeader(bytes: Uint8Array): { name: string; generation: number } | null {
  const fixed = MAGIC.length + 10;
  if (bytes.length < fixed + 4 || MAGIC.some((byte, at) => bytes[at] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = fixed + view.getUint16(MAGIC.length + 8);
  if (end + 4 > bytes.length || view.getUint32(end) !== checksum(bytes.subarray(0, end))) return null;
  return { name: new TextDecoder().decode(bytes.subarray(fixed, end)), generation: view.getFloat64(MAGIC.length) };
}
