// SPDX-License-Identifier: Apache-2.0
// The files in OPFS (web/wasm/src/opfs_files.ts) over a disk of memory: what is gathered before it is written is there for whoever reads, is
// out when it must be, and is not lost where there is no room: node --experimental-transform-types --test opfs_test.mjs
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FULL } from '../../web/wasm/src/files.ts';
import { OpfsFiles } from '../../web/wasm/src/opfs_files.ts';

/** One file on the disk. What was not flushed is there too, unless the machine stops: only `bytes` counts here. */
class Handle {
  bytes = new Uint8Array();
  writes = 0;
  constructor(disk) { this.disk = disk; }
  read(out, { at }) {
    const piece = this.bytes.subarray(at, at + out.length);
    out.set(piece);
    return piece.length;
  }
  write(data, { at }) {
    this.writes++;
    if (this.disk.isFull) throw new DOMException('no room', 'QuotaExceededError');
    this.truncate(Math.max(this.bytes.length, at + data.length));
    this.bytes.set(data, at);
    return data.length;
  }
  truncate(size) {
    const resized = new Uint8Array(size);
    resized.set(this.bytes.subarray(0, size));
    this.bytes = resized;
  }
  getSize() { return this.bytes.length; }
  flush() { this.flushed = this.bytes.slice(); }
  close() {}
}

let disk;
beforeEach(() => {
  disk = { isFull: false, handles: new Map() };
  const directory = {
    getDirectoryHandle: async () => directory,
    getFileHandle: async (name) => {
      if (!disk.handles.has(name)) disk.handles.set(name, new Handle(disk));
      return { kind: 'file', createSyncAccessHandle: async () => disk.handles.get(name) };
    },
    async *values() { for (const name of disk.handles.keys()) yield await directory.getFileHandle(name); },
  };
  Object.defineProperty(globalThis.navigator, 'storage', { configurable: true, value: { getDirectory: async () => directory } });
});

const bytes = (text) => new TextEncoder().encode(text);
const read = (files, file, at, size) => {
  const out = new Uint8Array(size).fill(0x2e); // dots: what was there before
  const count = files.read(file, at, out);
  return new TextDecoder().decode(out.subarray(0, count)).replaceAll('\0', '0');
};
const writes = () => [...disk.handles.values()].reduce((sum, handle) => sum + handle.writes, 0);

test('what follows goes to the disk as one, and is read before it is there', async () => {
  const files = await OpfsFiles.open();
  const log = files.open('log', true);
  const before = writes();
  for (const [at, text] of [[0, 'abc'], [3, 'def'], [6, 'ghi']]) assert.equal(files.write(log, at, bytes(text)), 0);
  assert.equal(writes(), before);
  assert.equal(files.size(log), 9);
  assert.equal(read(files, log, 2, 4), 'cdef');
  assert.equal(read(files, log, 7, 10), 'hi');
  assert.equal(files.sync(log), 0);
  assert.equal(writes(), before + 1);
  assert.equal(read(files, log, 0, 20), 'abcdefghi');
});

test('a read takes from the file what lies around, and nothing where nothing was written', async () => {
  const files = await OpfsFiles.open();
  const log = files.open('log', true);
  files.write(log, 0, bytes('0123456789'));
  assert.equal(files.commit(), null);
  files.write(log, 4, bytes('xy'));
  assert.equal(read(files, log, 2, 6), '23xy67');
  files.write(log, 14, bytes('z'));
  assert.equal(read(files, log, 8, 10), '890000z');
  assert.equal(files.truncate(log, 5), 0);
  assert.equal(read(files, log, 0, 20), '0123x');
});

test('another file is another run, and a turn leaves nothing behind', async () => {
  const files = await OpfsFiles.open();
  const [one, two] = [files.open('one', true), files.open('two', true)];
  files.write(one, 0, bytes('first'));
  files.write(two, 0, bytes('second'));
  files.commit();
  const again = await OpfsFiles.open(); // as after a tab that was killed
  assert.equal(read(again, again.open('one', false), 0, 9), 'first');
  assert.equal(read(again, again.open('two', false), 0, 9), 'second');
});

test('where there is no room a sync says so, what was written is read on, and is kept when there is room again', async () => {
  const files = await OpfsFiles.open();
  const log = files.open('log', true);
  disk.isFull = true;
  assert.equal(files.write(log, 0, bytes('kept')), 0);
  assert.equal(files.sync(log), FULL);
  assert.equal(files.commit(), null);
  assert.equal(files.write(log, 100, bytes('elsewhere')), FULL);
  assert.equal(read(files, log, 0, 9), 'kept');
  disk.isFull = false;
  assert.equal(files.sync(log), 0);
  const again = await OpfsFiles.open();
  assert.equal(read(again, again.open('log', false), 0, 9), 'kept');
});

test('a file that is taken away takes what waits for it along', async () => {
  const files = await OpfsFiles.open();
  files.write(files.open('gone', true), 0, bytes('secret'));
  assert.equal(files.remove('gone'), 0);
  files.commit();
  for (const handle of disk.handles.values()) assert.ok(!new TextDecoder().decode(handle.bytes).includes('secret'));
});
