// SPDX-License-Identifier: Apache-2.0
// Files in memory whose blocks lie in IndexedDB: for browsers without OPFS, and for pages that came over plain HTTP.
// One transaction with strict durability takes everything that changed; nothing leaves the core before it is through.
// The transaction also looks whether this tab still holds the core (election.ts), so that a tab that slept too long
// can overwrite nothing.
import { BLOCK_BYTES, BlockFiles, type BlockFile } from './block_files.ts';
import type { StorageKind } from './files.ts';
import { done, openDatabase, request } from './indexed_db.ts';

const DATABASE = 'kith-files';
const FILES = 'files'; // name -> {id, size}
const BLOCKS = 'blocks'; // [id, number] -> bytes
const HOLDER = 'holder'; // 0 -> token of the tab that holds the core
const LOAD_BLOCKS = 512; // at a time

interface Entry {
  id: number;
  size: number;
}

export class IndexedFiles extends BlockFiles {
  override readonly kind: StorageKind = 'indexeddb';
  private readonly gone = new Map<number, number>(); // id -> blocks it had
  private hasNews = false;
  private wantsSync = false;
  private pending: Promise<void> | null = null;

  private constructor(
    private readonly database: IDBDatabase,
    private readonly token: string,
  ) {
    super();
  }

  static async open(): Promise<IndexedFiles> {
    const database = await openDatabase(DATABASE, (fresh) => {
      fresh.createObjectStore(FILES);
      fresh.createObjectStore(BLOCKS);
      fresh.createObjectStore(HOLDER);
    });
    const token = crypto.getRandomValues(new Uint32Array(4)).join('-');
    const files = new IndexedFiles(database, token);
    await files.load();
    return files;
  }

  override sync(handle: number): number {
    this.wantsSync = true;
    return super.sync(handle);
  }

  override commit(): Promise<void> | null {
    if (this.wantsSync) {
      this.wantsSync = false;
      const mine: Promise<void> = this.keep().finally(() => {
        if (this.pending === mine) this.pending = null;
      });
      this.pending = mine;
    }
    return this.pending;
  }

  override dispose(): void {
    super.dispose();
    this.database.close();
  }

  protected override namesChanged(): void {
    this.hasNews = true;
  }

  protected override forgotten(file: BlockFile): void {
    this.gone.set(file.id, file.blocks.length);
    this.hasNews = true;
  }

  private async load(): Promise<void> {
    const transaction = this.database.transaction([FILES, BLOCKS, HOLDER], 'readwrite');
    transaction.objectStore(HOLDER).put(this.token, 0);
    const [names, entries] = await Promise.all([
      request(transaction.objectStore(FILES).getAllKeys()),
      request(transaction.objectStore(FILES).getAll() as IDBRequest<Entry[]>),
    ]);
    for (const [at, name] of names.entries()) {
      const { id, size } = entries[at]!;
      const file: BlockFile = { id, size, blocks: [], dirty: new Set() };
      await this.loadBlocks(transaction, file);
      this.files.set(String(name), file);
      this.nextId = Math.max(this.nextId, id + 1);
    }
    this.hasNews = false;
    await done(transaction);
  }

  private async loadBlocks(transaction: IDBTransaction, file: BlockFile): Promise<void> {
    const count = Math.ceil(file.size / BLOCK_BYTES);
    for (let from = 0; from < count; from += LOAD_BLOCKS) {
      const range = IDBKeyRange.bound([file.id, from], [file.id, Math.min(count, from + LOAD_BLOCKS) - 1]);
      file.blocks.push(...(await request(transaction.objectStore(BLOCKS).getAll(range) as IDBRequest<Uint8Array[]>)));
    }
    if (file.blocks.length !== count) throw new Error('a file of the core has lost blocks');
  }

  /** Puts copy what they are given: the core may go on writing at once. */
  private async keep(): Promise<void> {
    const transaction = this.database.transaction([FILES, BLOCKS, HOLDER], 'readwrite', { durability: 'strict' });
    const finished = done(transaction);
    const blocks = transaction.objectStore(BLOCKS);
    transaction.objectStore(HOLDER).get(0).onsuccess = (event) => {
      if ((event.target as IDBRequest<string>).result !== this.token) transaction.abort();
    };
    for (const file of this.files.values()) {
      for (const block of file.dirty) {
        if (block < file.blocks.length) blocks.put(file.blocks[block], [file.id, block]);
        else blocks.delete([file.id, block]);
      }
      file.dirty.clear();
    }
    for (const [id, count] of this.gone) blocks.delete(IDBKeyRange.bound([id, 0], [id, count]));
    this.gone.clear();
    if (this.hasNews) this.keepNames(transaction.objectStore(FILES));
    this.hasNews = false;
    await finished;
  }

  private keepNames(store: IDBObjectStore): void {
    store.clear();
    for (const [name, file] of this.files) store.put({ id: file.id, size: file.size } satisfies Entry, name);
  }
}
