// SPDX-License-Identifier: Apache-2.0
// Files in memory, in blocks. Alone it is what a browser without any storage has; indexed_files.ts keeps its blocks.
import { BROKEN, NOT_FOUND, type CoreFiles, type StorageKind } from './files.ts';

export const BLOCK_BYTES = 16384;

export interface BlockFile {
  id: number;
  size: number;
  blocks: Uint8Array[];
  /** Numbers of blocks that changed since they were kept. */
  dirty: Set<number>;
}

export class BlockFiles implements CoreFiles {
  readonly kind: StorageKind = 'memory';
  protected readonly files = new Map<string, BlockFile>();
  protected nextId = 1;
  private readonly open_ = new Map<number, BlockFile>();
  private nextHandle = 0;

  open(name: string, create: boolean): number {
    let file = this.files.get(name);
    if (!file) {
      if (!create) return NOT_FOUND;
      file = { id: this.nextId++, size: 0, blocks: [], dirty: new Set() };
      this.files.set(name, file);
      this.namesChanged();
    }
    this.open_.set(this.nextHandle, file);
    return this.nextHandle++;
  }

  close(handle: number): void {
    this.open_.delete(handle);
  }

  read(handle: number, offset: number, out: Uint8Array): number {
    const file = this.open_.get(handle);
    if (!file) return BROKEN;
    const end = Math.min(file.size, offset + out.length);
    for (let at = offset; at < end; ) {
      const within = at % BLOCK_BYTES;
      const count = Math.min(BLOCK_BYTES - within, end - at);
      out.set(file.blocks[Math.floor(at / BLOCK_BYTES)]!.subarray(within, within + count), at - offset);
      at += count;
    }
    return Math.max(0, end - offset);
  }

  write(handle: number, offset: number, data: Uint8Array): number {
    const file = this.open_.get(handle);
    if (!file) return BROKEN;
    this.grow(file, offset + data.length);
    for (let at = 0; at < data.length; ) {
      const block = Math.floor((offset + at) / BLOCK_BYTES);
      const within = (offset + at) % BLOCK_BYTES;
      const count = Math.min(BLOCK_BYTES - within, data.length - at);
      file.blocks[block]!.set(data.subarray(at, at + count), within);
      file.dirty.add(block);
      at += count;
    }
    return 0;
  }

  truncate(handle: number, size: number): number {
    const file = this.open_.get(handle);
    if (!file) return BROKEN;
    if (size >= file.size) {
      this.grow(file, size);
      return 0;
    }
    const count = Math.ceil(size / BLOCK_BYTES);
    for (let block = count; block < file.blocks.length; ++block) file.dirty.add(block);
    file.blocks.length = count;
    // What lay behind the end reads as zeros if the file grows again.
    if (size % BLOCK_BYTES !== 0) {
      file.blocks[count - 1]!.fill(0, size % BLOCK_BYTES);
      file.dirty.add(count - 1);
    }
    file.size = size;
    this.namesChanged();
    return 0;
  }

  sync(handle: number): number {
    return this.open_.has(handle) ? 0 : BROKEN;
  }

  size(handle: number): number {
    return this.open_.get(handle)?.size ?? BROKEN;
  }

  remove(name: string): number {
    const file = this.files.get(name);
    if (!file) return NOT_FOUND;
    this.files.delete(name);
    this.forgotten(file);
    return 0;
  }

  rename(from: string, to: string): number {
    const file = this.files.get(from);
    if (!file) return NOT_FOUND;
    const old = this.files.get(to);
    if (old && old !== file) this.forgotten(old);
    this.files.delete(from);
    this.files.set(to, file);
    this.namesChanged();
    return 0;
  }

  exists(name: string): boolean {
    return this.files.has(name);
  }

  commit(): Promise<void> | null {
    return null;
  }

  bytes(): number {
    let sum = 0;
    for (const file of this.files.values()) sum += file.size;
    return sum;
  }

  dispose(): void {
    this.open_.clear();
  }

  /** For whoever keeps them: names or sizes are not what they were. */
  protected namesChanged(): void {}
  protected forgotten(_file: BlockFile): void {}

  private grow(file: BlockFile, size: number): void {
    if (size <= file.size) return;
    while (file.blocks.length * BLOCK_BYTES < size) {
      file.dirty.add(file.blocks.length);
      file.blocks.push(new Uint8Array(BLOCK_BYTES));
    }
    file.size = size;
    this.namesChanged();
  }
}
